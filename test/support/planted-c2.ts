/**
 * A botnet in flow records: infected hosts that were found elsewhere call one server every
 * five minutes, among ordinary clients that read web pages and set their clocks.
 */
import { join } from 'node:path';
import { casePolicy } from '../../src/cases/policy.ts';
import { createLog } from '../../src/engine/log.ts';
import { createFindingStore } from '../../src/store/state/fold.ts';
import { openState } from '../../src/store/state/open.ts';
import { sighting } from '../../src/store/state/test-support-findings.ts';
import { type FlowRow, flows } from '../../src/store/telemetry/fixtures/flows.ts';
import { openTelemetry } from '../../src/store/telemetry/index.ts';

export const C2_SERVER = { address: '203.0.113.50', port: 8443 } as const;
export const BOTS: readonly string[] = Array.from({ length: 8 }, (_, i) => `198.51.100.${10 + i}`);
const CLIENTS = Array.from({ length: 80 }, (_, i) => `198.51.100.${100 + i}`);

const DAY = 86_400_000;
const PERIOD = 300_000;
const SYN_ACK_PSH_FIN = 0x1b;

/** Writes flows and findings of the day that ends at `until` into a data folder that nobody has open. */
export async function plantC2(data: string, until: number): Promise<void> {
  const log = createLog('silent');
  const store = await openTelemetry({ path: join(data, 'telemetry'), spoolDirectory: join(data, 'spool'), log });
  await store.insert([flows(rowsOf(until))], `planted-${until}`);
  await store.close();
  const state = await openState({ path: join(data, 'state'), log });
  const seen = { firstSeenAt: until - DAY, lastSeenAt: until - 60_000 };
  const findings = BOTS.map((address) => sighting({ tenant: 'main', address, constituent: null, finding: seen }));
  await createFindingStore(state.db, casePolicy).fold(findings, `planted-${until}`, until);
  await state.close();
}

function rowsOf(until: number): FlowRow[] {
  const from = until - DAY;
  const rows: FlowRow[] = [];
  const talk = (at: number, source: string, destination: string, port: number, protocol = 6, bytes = 600n): void => {
    const sourcePort = 32_768 + ((rows.length * 7919) % 28_000);
    const common = { at: Math.round(at), protocol, flags: protocol === 6 ? SYN_ACK_PSH_FIN : 0, packets: 6n, bytes };
    rows.push({ ...common, source, destination, sourcePort, port });
    rows.push({ ...common, source: destination, destination: source, sourcePort: port, port: sourcePort });
  };
  const ordinary = [...BOTS, ...CLIENTS];
  for (const [i, bot] of BOTS.entries()) {
    for (let at = from + i * 37_000; at < until; at += PERIOD) talk(at + ((i * 13 + at) % 900), bot, C2_SERVER.address, C2_SERVER.port);
  }
  for (const [i, client] of ordinary.entries()) {
    for (let n = 0; n < 24; n++) {
      const at = from + ((i * 977 + n * n * 3571) % 86_000) * 1000;
      talk(at, client, `203.0.113.${100 + ((i * 7 + n * 5) % 30)}`, 443, 6, BigInt(800 + ((i * n * 31) % 9000)));
      if (n % 6 === 0) talk(at + 500, client, '203.0.113.200', 123, 17, 76n);
    }
  }
  return rows.toSorted((a, b) => a.at - b.at);
}
