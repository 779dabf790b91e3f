/**
 * A day of a national telescope: the generator's capture laid end to end ten times.
 *
 * Decoding and counting beside `tcpdump --count`, which only walks the records; and the
 * way into queryable tables beside `nfpcapd`, which makes flow files of the same packets.
 * Whole processes, starts included; judging is not part of either and is left out.
 */
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeCapture } from './capture.ts';
import { type Cost, hasProgram, measure, median } from './measure.ts';

const ROOT = join(import.meta.dirname, '..');
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const HOUR = 3600;
const ROUNDS = 3;

export async function benchTelescope(out: string, packets: number, times: number): Promise<void> {
  const hour = makeCapture(out, packets);
  if (hour === undefined) return;
  const long = makeLong(out, hour, times);
  const total = packets * times;
  process.stdout.write(`\n## Telescope: ${total.toLocaleString('en')} packets, ${(statSync(long).size / 1e6).toFixed(0)} MB\n\n`);
  await benchDecoding(long, total);
  await benchStoring(out, hour, packets, long, total);
}

async function benchDecoding(file: string, packets: number): Promise<void> {
  const ours = [join(ROOT, 'yagura'), 'inspect', '--json', file];
  const theirs = ['tcpdump', '-r', file, '--count'];
  await measure(ours); // warms the page cache for both
  const walls = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    walls.ours.push(passed(await measure(ours)).wallSeconds);
    if (hasProgram('tcpdump')) walls.theirs.push(passed(await measure(theirs)).wallSeconds);
  }
  const base = median(walls.theirs);
  process.stdout.write('| decode, classify, fingerprint | wall s | M packets/s | × tcpdump |\n|---|---|---|---|\n');
  for (const [name, wall] of [
    ['yagura inspect', median(walls.ours)],
    ['tcpdump --count', base],
  ] as const) {
    process.stdout.write(`| ${name} | ${wall.toFixed(2)} | ${(packets / wall / 1e6).toFixed(1)} | ${(base / wall).toFixed(2)} |\n`);
  }
}

async function benchStoring(out: string, hour: string, packets: number, long: string, total: number): Promise<void> {
  process.stdout.write(
    '\n| capture to queryable tables | packets | wall s | CPU s | M packets/s | × nfpcapd | peak memory, MB |\n|---|---|---|---|---|---|---|\n',
  );
  const flows = join(out, 'nfpcapd');
  let base = Number.NaN;
  if (hasProgram('nfpcapd')) {
    mkdirSync(flows, { recursive: true });
    const cost = passed(await measure(['nfpcapd', '-r', hour, '-l', flows], { samplesMemory: true }));
    base = packets / cost.wallSeconds;
    storingLine('nfpcapd (one tenth)', packets, cost, base);
  }
  rmSync(flows, { recursive: true, force: true });
  let curve: Cost | undefined;
  for (const [file, count] of [
    [hour, packets],
    [long, total],
  ] as const) {
    const data = join(out, 'telescope-data');
    rmSync(data, { recursive: true, force: true });
    const cost = passed(
      await measure([process.execPath, join(import.meta.dirname, 'take-capture.ts'), data, file], { samplesMemory: true }),
    );
    storingLine('yagura, without judging', count, cost, base);
    if (file === long) curve = cost;
    rmSync(data, { recursive: true, force: true });
  }
  if (curve) printCurve(curve);
}

const TENTHS = 10;

/** Resident memory while the long capture is taken: the highest within each tenth of the time. */
function printCurve({ curve, wallSeconds }: Cost): void {
  const highest = Array.from({ length: TENTHS }, (_, tenth) => {
    const within = curve.filter(({ seconds }) => Math.min(TENTHS - 1, Math.floor((seconds / wallSeconds) * TENTHS)) === tenth);
    return (Math.max(0, ...within.map(({ bytes }) => bytes)) / 1e6).toFixed(0);
  });
  process.stdout.write(`\nMemory of all processes by tenths of the long run, MB: ${highest.join(', ')}\n`);
}

function storingLine(name: string, packets: number, cost: Cost, base: number): void {
  const rate = packets / cost.wallSeconds;
  const cells = [packets.toLocaleString('en'), cost.wallSeconds.toFixed(2), cost.cpuSeconds.toFixed(2), (rate / 1e6).toFixed(2)];
  process.stdout.write(`| ${[name, ...cells, (rate / base).toFixed(1), (cost.peakBytes / 1e6).toFixed(0)].join(' | ')} |\n`);
}

function passed(cost: Cost): Cost {
  if (cost.status !== 0) throw new Error(`a command of the benchmark ended with ${cost.status}: ${cost.output.slice(0, 500)}`);
  return cost;
}

/** The same hour again and again, each an hour later. */
function makeLong(out: string, hour: string, times: number): string {
  const target = join(out, `${statSync(hour).size}-${times}.pcap`);
  if (existsSync(target)) return target;
  const bytes = new Uint8Array(statSync(hour).size);
  const view = new DataView(bytes.buffer);
  const source = openSync(hour, 'r');
  for (let at = 0; at < bytes.length; ) at += readSync(source, bytes, at, bytes.length - at, at);
  closeSync(source);
  const file = openSync(`${target}.part`, 'w');
  for (let copy = 0; copy < times; copy++) {
    for (let at = 0, from = copy === 0 ? 0 : FILE_HEADER; at < bytes.length; from = at) {
      at = Math.min(bytes.length, from + (64 << 20));
      writeSync(file, bytes, from, at - from);
    }
    for (let at = FILE_HEADER; at < bytes.length; at += RECORD_HEADER + view.getUint32(at + 8, true)) {
      view.setUint32(at, view.getUint32(at, true) + HOUR, true);
    }
  }
  closeSync(file);
  renameSync(`${target}.part`, target);
  return target;
}
