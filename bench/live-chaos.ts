/**
 * Kills hub, engine and edge collector for as long as you like, and says what that cost.
 *
 * node bench/live-chaos.ts [minutes]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChaos } from '../test/support/live-chaos.ts';

const minutes = Number(process.argv[2] ?? 10);
const folder = mkdtempSync(join(tmpdir(), 'yagura-chaos-'));
const say = (text: string): void => void process.stderr.write(`${text}\n`);
try {
  const report = await runChaos({ folder, seconds: minutes * 60, packets: 1000, datagrams: 50, say });
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  const isExact = Object.values(report.captures).every(({ sent, stored, distinct }) => sent === stored && sent === distinct);
  const isSingle = Object.values(report.flows).every(({ stored, distinct }) => stored === distinct);
  process.exitCode = isExact && isSingle ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
