/**
 * Takes a capture into a fresh telemetry store as the hub does, judging left out:
 * `node bench/take-capture.ts DATA FILE`.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { loadAddressTables } from '../src/attribution/address-tables.ts';
import { createAttributor } from '../src/attribution/attributor.ts';
import pcap from '../src/collectors/pcap/index.ts';
import { createLog } from '../src/engine/log.ts';
import { createPipeline } from '../src/engine/pipeline.ts';
import { openTelemetry } from '../src/store/telemetry/index.ts';
import { noFindings, noLedger } from './without-state.ts';

const [data = '', file = ''] = process.argv.slice(2);
const log = createLog('warn');
const telemetry = await openTelemetry({ path: join(data, 'telemetry'), spoolDirectory: join(data, 'spool'), log });
const attributor = createAttributor(loadAddressTables(join(import.meta.dirname, '..', '.cache')), []);
const pipeline = createPipeline({
  telemetry,
  findings: noFindings,
  ledger: noLedger(null),
  attributor: () => attributor,
  collectors: [{ module: pcap, settings: pcap.settings.parse({}) }],
  detectors: [],
  clock: { now: () => Date.now() },
  log,
  announce: () => undefined,
});
const report = await pipeline.ingest({ tenant: 'main', path: file, sensor: 'bench' });
const { totals } = await telemetry.traffic({ tenant: 'main', ...(await rangeOf()), stepSeconds: 3600, countSources: false });
if (totals.packets !== report.accepted) throw new Error(`${report.accepted} packets went in, ${totals.packets} can be found`);
await telemetry.close();
process.stdout.write(`${JSON.stringify({ ...report, bytes: statSync(file).size })}\n`);

async function rangeOf(): Promise<{ from: number; to: number }> {
  const { firstAt, lastAt } = await telemetry.dataRange('main');
  return { from: firstAt ?? 0, to: (lastAt ?? 0) + 60_000 };
}
