/**
 * Runs a whole command and says what it cost: wall time, CPU time of the whole process
 * tree, peak and curve of its resident memory.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';

export interface Cost {
  readonly wallSeconds: number;
  /** User and system time of the process and all its descendants. */
  readonly cpuSeconds: number;
  /** Resident memory of the whole tree, bytes, sampled. */
  readonly peakBytes: number;
  readonly curve: readonly { readonly seconds: number; readonly bytes: number }[];
  readonly output: string;
  readonly status: number;
}

const SAMPLE_MS = 50;

/** Linux only: memory is read from /proc. */
export async function measure(command: readonly string[], options: { readonly samplesMemory?: boolean } = {}): Promise<Cost> {
  const [program = '', ...rest] = command;
  const script = 'TIMEFORMAT="%U %S"; time "$0" "$@"';
  const child = spawn('bash', ['-c', script, program, ...rest], { stdio: ['ignore', 'pipe', 'pipe'] });
  const started = performance.now();
  const output: Buffer[] = [];
  const messages: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => messages.push(chunk));
  const curve: { seconds: number; bytes: number }[] = [];
  const sampler = options.samplesMemory
    ? setInterval(() => curve.push({ seconds: (performance.now() - started) / 1000, bytes: treeBytes(child.pid ?? 0) }), SAMPLE_MS)
    : undefined;
  const status = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
  const wallSeconds = (performance.now() - started) / 1000;
  clearInterval(sampler);
  const times = /(\d+\.\d+) (\d+\.\d+)\s*$/.exec(Buffer.concat(messages).toString());
  return {
    wallSeconds,
    cpuSeconds: Number(times?.[1] ?? Number.NaN) + Number(times?.[2] ?? Number.NaN),
    peakBytes: Math.max(0, ...curve.map((point) => point.bytes)),
    curve,
    output: Buffer.concat(output).toString(),
    status,
  };
}

/** Resident bytes of a process and all its descendants. */
function treeBytes(root: number): number {
  const parents = new Map<number, number>();
  const sizes = new Map<number, number>();
  for (const file of globSync('/proc/[0-9]*/stat')) {
    const stat = readProc(file);
    if (stat === undefined) continue;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const pid = Number(stat.slice(0, stat.indexOf(' ')));
    parents.set(pid, Number(fields[1]));
    sizes.set(pid, Number(fields[21]) * 4096);
  }
  let total = 0;
  for (const [pid, bytes] of sizes) {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) {
      if (at === root) {
        total += bytes;
        break;
      }
    }
  }
  return total;
}

function readProc(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // the process has just ended
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Says so when a peer is not installed. */
export function hasProgram(program: string): boolean {
  if (program.includes('/')) return existsSync(program);
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  if (!found) process.stderr.write(`${program} is not installed: left out.\n`);
  return found;
}
