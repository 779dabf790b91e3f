/**
 * `yagura inspect` beside the tools of the field, whole processes, same file, same run.
 *
 * tcpdump and capinfos only walk the records; tshark dissects; Yagura decodes, counts
 * and fingerprints every packet.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hasProgram, measure, median } from './measure.ts';

const ROOT = join(import.meta.dirname, '..');
const GENERATOR = join(ROOT, '..', 'shared', 'bench', 'gen_darknet.py');
const ROUNDS = 5;

export async function benchCapture(out: string, packets: number): Promise<void> {
  const file = makeCapture(out, packets);
  if (file === undefined) return;
  const size = statSync(file).size;
  process.stdout.write(`\n## Captures: ${packets.toLocaleString('en')} packets, ${(size / 1e6).toFixed(0)} MB\n\n`);
  const rows = [
    { name: 'yagura inspect', command: [join(ROOT, 'yagura'), 'inspect', '--json', file], packets },
    { name: 'tcpdump --count', command: ['tcpdump', '-r', file, '--count'], packets },
    { name: 'capinfos -c -u', command: ['capinfos', '-c', '-u', file], packets },
  ].filter((row) => hasProgram(row.command[0] ?? ''));
  await measure(rows[0]?.command ?? []); // warms the page cache and the compile cache for all
  const walls = new Map<string, number[]>(rows.map((row) => [row.name, []]));
  const cpus = new Map<string, number[]>(rows.map((row) => [row.name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const row of rows) {
      const cost = await measure(row.command);
      if (cost.status !== 0) throw new Error(`${row.name} ended with ${cost.status}`);
      walls.get(row.name)?.push(cost.wallSeconds);
      cpus.get(row.name)?.push(cost.cpuSeconds);
    }
  }
  const base = median(walls.get('tcpdump --count') ?? []);
  process.stdout.write('| whole process | wall s | CPU s | M packets/s | × tcpdump |\n|---|---|---|---|---|\n');
  for (const row of rows) line(row.name, median(walls.get(row.name) ?? []), median(cpus.get(row.name) ?? []), packets, base);
  await benchTshark(file, out, base, packets);
}

async function benchTshark(file: string, out: string, base: number, packets: number): Promise<void> {
  if (!hasProgram('tshark') || !hasProgram('editcap')) return;
  const part = join(out, 'first-100k.pcap');
  const partPackets = Math.min(100_000, packets);
  spawnSync('editcap', ['-r', file, part, `1-${partPackets}`]);
  const fields = ['ip.src', 'ip.dst', 'ip.proto', 'ip.id', 'tcp.dstport', 'udp.dstport', 'tcp.seq_raw'].flatMap((field) => ['-e', field]);
  const cost = await measure(['tshark', '-n', '-r', part, '-T', 'fields', ...fields]);
  const scale = packets / partPackets;
  line(
    `tshark -T fields (first ${partPackets.toLocaleString('en')}, scaled)`,
    cost.wallSeconds * scale,
    cost.cpuSeconds * scale,
    packets,
    base,
  );
}

function line(name: string, wall: number, cpu: number, packets: number, base: number): void {
  const rate = packets / wall / 1e6;
  process.stdout.write(`| ${name} | ${wall.toFixed(3)} | ${cpu.toFixed(3)} | ${rate.toFixed(2)} | ${(base / wall).toFixed(2)} |\n`);
}

export function makeCapture(out: string, packets: number): string | undefined {
  const file = join(out, `darknet-${packets}.pcap`);
  if (existsSync(file)) return file;
  if (!existsSync(GENERATOR)) {
    process.stderr.write('The capture generator is absent: the capture benchmark is skipped.\n');
    return undefined;
  }
  mkdirSync(out, { recursive: true });
  process.stderr.write(`Making ${packets.toLocaleString('en')} packets ...\n`);
  const made = spawnSync('python3', [GENERATOR, '--packets', String(packets), '--seed', '7', '--out', `${file}.part`], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (made.status !== 0) throw new Error('the capture generator failed');
  spawnSync('mv', [`${file}.part`, file]);
  return file;
}
