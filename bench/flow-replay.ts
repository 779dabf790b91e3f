/**
 * NetFlow v9 over loopback to what is stored: the hub beside nfcapd, the same sender.
 *
 * First a steady rate for a minute, then steps upwards until something is lost. Sender and
 * receiver share the machine, so the rates are those of both together.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCapture } from './capture.ts';
import { hasProgram } from './measure.ts';

const ROOT = join(import.meta.dirname, '..');
const STEADY = 100_000;
const STEPS = [200_000, 400_000, 600_000, 800_000, 1_000_000, 1_500_000, 2_000_000];
const STEP_SECONDS = 10;
const FLOW_PORT = 9995;
const HUB_PORT = 8699;

interface Receiver {
  readonly name: string;
  start(folder: string): Promise<ChildProcess>;
  /** Flows that can be asked for after it has ended. */
  count(folder: string): number;
}

const yagura: Receiver = {
  name: 'yagura start',
  async start(folder) {
    const command = ['start', '--data', folder, '--port', String(HUB_PORT), '--listen', `netflow:${FLOW_PORT}`];
    const hub = spawn(process.execPath, [join(ROOT, 'src/cli/main.ts'), ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
    const messages: string[] = [];
    hub.stderr.on('data', (chunk: Buffer) => messages.push(chunk.toString()));
    for (let i = 0; i < 300 && hub.exitCode === null; i++) {
      await sleep(200);
      if (
        await fetch(`http://127.0.0.1:${HUB_PORT}/api/v1/status`).then(
          (answer) => answer.ok,
          () => false,
        )
      )
        return hub;
    }
    throw new Error(`the hub did not start: ${messages.join('').slice(-500)}`);
  },
  count(folder) {
    const script = join(import.meta.dirname, 'count-flows.ts');
    return Number(spawnSync(process.execPath, [script, folder], { encoding: 'utf8' }).stdout);
  },
};

const nfcapd: Receiver = {
  name: 'nfcapd',
  async start(folder) {
    const child = spawn('nfcapd', ['-b', '127.0.0.1', '-p', String(FLOW_PORT), '-B', String(8 << 20), '-w', folder], { stdio: 'ignore' });
    await sleep(1000);
    return child;
  },
  count(folder) {
    const answer = spawnSync('nfdump', ['-R', folder, '-I'], { encoding: 'utf8' }).stdout;
    return Number(/^Flows: (\d+)/m.exec(answer)?.[1] ?? Number.NaN);
  },
};

export async function benchFlowReplay(out: string, steadySeconds: number): Promise<void> {
  const capture = makeCapture(out, 3_000_000);
  if (capture === undefined) return;
  process.stdout.write(
    '\n## NetFlow v9 over loopback, stored\n\n| receiver | flows/s sent | seconds | flows sent | lost |\n|---|---|---|---|---|\n',
  );
  for (const receiver of [yagura, nfcapd]) {
    if (receiver === nfcapd && !hasProgram('nfcapd')) continue;
    await run(out, capture, receiver, STEADY, steadySeconds);
    for (const rate of STEPS) if ((await run(out, capture, receiver, rate, STEP_SECONDS)) > 0) break;
  }
}

/** Flows lost. */
async function run(out: string, capture: string, receiver: Receiver, rate: number, seconds: number): Promise<number> {
  const folder = join(out, 'replay');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const child = await receiver.start(folder);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const sender = spawn(process.execPath, [
    join(import.meta.dirname, 'flow-sender.ts'),
    capture,
    String(FLOW_PORT),
    String(rate),
    String(seconds),
  ]);
  const answer: Buffer[] = [];
  sender.stdout.on('data', (chunk: Buffer) => answer.push(chunk));
  await new Promise((resolve) => sender.once('close', resolve));
  await sleep(3000);
  child.kill('SIGTERM');
  await ended;
  const sent = JSON.parse(Buffer.concat(answer).toString()) as { flows: number; seconds: number };
  const lost = sent.flows - receiver.count(folder);
  const reached = Math.round(sent.flows / sent.seconds);
  const cells = [reached.toLocaleString('en'), sent.seconds.toFixed(0), sent.flows.toLocaleString('en'), lost.toLocaleString('en')];
  process.stdout.write(`| ${receiver.name} | ${cells.join(' | ')} |\n`);
  rmSync(folder, { recursive: true, force: true });
  return lost;
}
