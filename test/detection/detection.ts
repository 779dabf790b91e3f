/**
 * The way from a capture to findings as the hub has it, without the hub around it: both
 * stores, the pipeline, every collector and detector with the settings they come with.
 *
 * Each judgement belongs to a tenant of its own, so that many can be made side by side in
 * one pair of stores. The sensor has the same name everywhere and files come again for other
 * tenants: none may see, or miss, another's packets.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAddressTables } from '../../src/attribution/address-tables.ts';
import { createAttributor } from '../../src/attribution/attributor.ts';
import { casePolicy } from '../../src/cases/policy.ts';
import { collectors } from '../../src/collectors/index.ts';
import { detectors } from '../../src/detectors/index.ts';
import { fixedClock } from '../../src/engine/clock.ts';
import { createLog } from '../../src/engine/log.ts';
import { createPipeline } from '../../src/engine/pipeline.ts';
import { iterateFindings } from '../../src/store/state/findings.ts';
import { createFindingStore } from '../../src/store/state/fold.ts';
import { createIntakeLedger } from '../../src/store/state/intakes.ts';
import { openState } from '../../src/store/state/open.ts';
import { setSensor } from '../../src/store/state/sensors.ts';
import { createSuppressionStore } from '../../src/store/state/suppressions.ts';
import { openTelemetry, type TelemetryStore } from '../../src/store/telemetry/index.ts';
import { emptyData } from '../support/empty-data.ts';

const CACHE = join(import.meta.dirname, '..', '..', '.cache');
const MEMORY = 800 << 20;
const SENSOR = 'telescope';

/** What a finding is, and how much it rests on. */
export interface Judged {
  readonly kind: string;
  readonly identifier: string;
  readonly asset: string;
  readonly port: number | null;
  readonly transport: string | null;
  readonly severity: string;
  readonly count: number;
}

export interface Detection {
  readonly telemetry: TelemetryStore;
  /** A folder for files of the test. */
  readonly folder: string;
  /** Takes the files one after the other, as one sensor that watches so many addresses, and judges. */
  judge(files: readonly string[], addresses: number): Promise<readonly Judged[]>;
  close(): Promise<void>;
}

export async function openDetection(): Promise<Detection> {
  const folder = mkdtempSync(join(tmpdir(), 'yagura-detection-'));
  const data = emptyData(join(folder, 'data'));
  const log = createLog('silent');
  const state = await openState({ path: join(data, 'state'), templateDirectory: CACHE, log });
  const { db } = state;
  const telemetry = await openTelemetry({ path: join(data, 'telemetry'), spoolDirectory: join(data, 'spool'), memoryBytes: MEMORY, log });
  const attributor = createAttributor(loadAddressTables(CACHE), []);
  const pipeline = createPipeline({
    telemetry,
    findings: createFindingStore(db, casePolicy),
    suppressions: createSuppressionStore(db),
    ledger: createIntakeLedger(db),
    attributor: () => attributor,
    collectors: collectors.map((module) => ({ module, settings: module.settings.parse({}) })),
    detectors: detectors.map((module) => ({ module, settings: module.settings.parse({}) })),
    clock: fixedClock(Date.now()),
    log,
    announce: () => undefined,
  });
  let judgements = 0;

  async function findingsOf(tenant: string): Promise<Judged[]> {
    const found: Judged[] = [];
    for await (const page of iterateFindings(db, tenant)) {
      for (const { kind, identifier, asset, port, transport, severity, count, retractedAt } of page) {
        if (retractedAt === null) found.push({ kind, identifier, asset: asset.value, port, transport, severity, count });
      }
    }
    return found.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  return {
    telemetry,
    folder,
    async judge(files, addresses) {
      const tenant = `tenant-${judgements++}`;
      await setSensor(db, tenant, { id: SENSOR, title: SENSOR, addresses });
      for (const path of files) await pipeline.ingest({ path, tenant, sensor: SENSOR });
      return findingsOf(tenant);
    },
    async close() {
      await telemetry.close();
      await state.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What makes two findings the same one. */
export const keyOf = ({ kind, identifier, asset, port, transport }: Judged): string =>
  [kind, identifier, asset, port ?? '', transport ?? ''].join(' ');
