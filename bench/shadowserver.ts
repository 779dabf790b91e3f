/**
 * Reports end to end: `yagura ingest` of a Shadowserver file into fresh stores, that is
 * parse, attribution, fold into findings and cases, store; then memory as input grows.
 *
 * The yardstick is IntelMQ's published full pipeline: 184 events per CPU-second.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { measure } from './measure.ts';

const ROOT = join(import.meta.dirname, '..');
const INTELMQ_EVENTS_PER_CPU_SECOND = 184;
const COLUMNS = 'timestamp,severity,ip,protocol,port,hostname,tag,asn,geo,region,city,naics,hostname_source,sector,banner';

export async function benchShadowserver(out: string, sizes: readonly number[]): Promise<void> {
  mkdirSync(out, { recursive: true });
  process.stdout.write('\n## Shadowserver reports, end to end (scan_telnet, every row another host)\n\n');
  process.stdout.write(
    '| rows | wall s | CPU s | rows per CPU-second | × IntelMQ (184) | peak memory of the tree, MB | beyond an empty hub, MB |\n|---|---|---|---|---|---|---|\n',
  );
  const floor = await ingest(out, 1);
  for (const rows of sizes) {
    const cost = await ingest(out, rows);
    const perCpu = rows / cost.cpuSeconds;
    const cells = [
      rows.toLocaleString('en'),
      cost.wallSeconds.toFixed(1),
      cost.cpuSeconds.toFixed(1),
      Math.round(perCpu).toLocaleString('en'),
    ];
    const memory = [(cost.peakBytes / 1e6).toFixed(0), ((cost.peakBytes - floor.peakBytes) / 1e6).toFixed(0)];
    process.stdout.write(`| ${[...cells, (perCpu / INTELMQ_EVENTS_PER_CPU_SECOND).toFixed(0), ...memory].join(' | ')} |\n`);
  }
}

async function ingest(out: string, rows: number) {
  const file = join(out, `2026-06-18-scan_telnet-${rows}.csv`);
  writeReport(file, rows);
  const data = join(out, `data-${rows}`);
  rmSync(data, { recursive: true, force: true });
  const constituents = join(out, 'constituents.yaml');
  writeFileSync(constituents, constituentsYaml());
  const imported = await measure([join(ROOT, 'yagura'), 'constituents', '--import', constituents, '--data', data]);
  if (imported.status !== 0) throw new Error(`the constituents were refused: ${imported.output}`);
  const cost = await measure([join(ROOT, 'yagura'), 'ingest', file, '--data', data, '--json'], { samplesMemory: true });
  const report = JSON.parse(cost.output) as { accepted: number };
  if (cost.status !== 0 || report.accepted !== rows) throw new Error(`only ${report.accepted} of ${rows} rows were accepted`);
  rmSync(data, { recursive: true, force: true });
  rmSync(file);
  return cost;
}

function writeReport(file: string, rows: number): void {
  const handle = openSync(file, 'w');
  writeSync(handle, `${COLUMNS}\n`);
  for (let start = 0; start < rows; start += 10_000) {
    const lines: string[] = [];
    for (let i = start; i < Math.min(rows, start + 10_000); i++) lines.push(toLine(i));
    writeSync(handle, `${lines.join('\n')}\n`);
  }
  closeSync(handle);
}

/** Every row is another host of 100.64.0.0/10, spread over sixteen providers. */
function toLine(i: number): string {
  const address = `100.${64 + ((i >>> 16) & 63)}.${(i >>> 8) & 255}.${i & 255}`;
  const time = `2026-06-18 ${String(i % 24).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}:00`;
  return `"${time}","high","${address}","tcp",23,"host-${i}.isp.example","telnet",64496,"JP","TOKYO","CHIYODA",517311,"ptr","Communications","login: ${i}"`;
}

function constituentsYaml(): string {
  const entries = Array.from({ length: 16 }, (_, i) => {
    const name = `{ ja: 例示プロバイダー${i}, en: Example Provider ${i} }`;
    return `  - { id: provider-${i}, name: ${name}, kind: isp, language: ja, mail: [abuse@provider-${i}.example], resources: [{ prefix: 100.${64 + i * 4}.0.0/14 }] }`;
  });
  return `constituents:\n${entries.join('\n')}\n`;
}
