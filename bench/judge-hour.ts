/**
 * Judges one day of a sensor in a telemetry store as the hub does, findings only counted:
 * `node bench/judge-hour.ts FOLDER SENSOR DAY ADDRESSES`.
 */
import { join } from 'node:path';
import { loadAddressTables } from '../src/attribution/address-tables.ts';
import { createAttributor } from '../src/attribution/attributor.ts';
import { detectors } from '../src/detectors/index.ts';
import { createLog } from '../src/engine/log.ts';
import { createPipeline } from '../src/engine/pipeline.ts';
import { openTelemetry } from '../src/store/telemetry/index.ts';
import { noFindings, noLedger } from './without-state.ts';

export interface JudgedHour {
  readonly seconds: number;
  readonly packets: number;
  readonly cells: number;
  readonly found: Readonly<Record<string, number>>;
}

const [folder = '', sensor = '', day = '', addresses = ''] = process.argv.slice(2);
const log = createLog('warn');
const telemetry = await openTelemetry({ path: join(folder, 'telemetry'), spoolDirectory: join(folder, 'spool'), log });
const attributor = createAttributor(loadAddressTables(join(import.meta.dirname, '..', '.cache')), []);
const found: Record<string, number> = {};
const add = (name: string, count: number): void => {
  found[name] = (found[name] ?? 0) + count;
};
const pipeline = createPipeline({
  telemetry,
  findings: {
    fold: async (findings) => {
      for (const { finding } of findings) add(finding.kind, 1);
      return noFindings.fold(findings, '', 0);
    },
    retract: async () => undefined,
  },
  suppressions: {
    replace: async (_tenant, _of, rows) => {
      for (const { reason, sources } of rows) add(`${reason} put aside`, sources);
    },
  },
  ledger: noLedger(Number(addresses)),
  attributor: () => attributor,
  collectors: [],
  detectors: detectors.map((module) => ({ module, settings: module.settings.parse({}) })),
  clock: { now: () => Date.now() },
  log,
  announce: () => undefined,
});
const started = performance.now();
await pipeline.judge('main', sensor, [Number(day)], 'bench');
const seconds = (performance.now() - started) / 1000;
const { packets } = await telemetry.dataRange('main');
const cells = await telemetry.countRows('telescope_minute');
await telemetry.close();
process.stdout.write(JSON.stringify({ seconds, packets, cells, found } satisfies JudgedHour));
