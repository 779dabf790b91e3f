/**
 * Searches the flows of one capture for C&C servers, as a carrier would see them: among
 * the flows of other people.
 *
 * The scorer compares where infected hosts go with where everybody goes, so a capture of
 * one host alone says nothing to it. Sixty ordinary people are set beside it, who browse and
 * use the same resolvers, for as long as the capture lasts. Captures put together from
 * several days are searched day by day, as the hub does it. Periods begin with a minute, so
 * the flows are moved to begin with theirs.
 */
import { isAllowListed } from '../../src/c2/judge.ts';
import { loadPopular } from '../../src/c2/popular.ts';
import { scoreC2 } from '../../src/c2/score.ts';
import { DEFAULT_C2_SETTINGS } from '../../src/c2/settings.ts';
import { FlowFixture, type FlowRow } from '../../src/store/telemetry/fixtures/flow-columns.ts';
import type { TelemetryStore } from '../../src/store/telemetry/index.ts';
import { createRandom } from '../support/c2-world.ts';

export interface CommandChannel {
  readonly server: string; // address:port
  readonly score: number;
  readonly isAllowListed: boolean;
}

const DAY = 86_400_000;
const MINUTE = 60_000;
const popular = loadPopular();
let searches = 0;

/** `infected`: the hosts taken to be infected; 'all' takes every one that appears. `named`: servers that a list names. */
export async function commandChannels(
  { c2, insert }: Pick<TelemetryStore, 'c2' | 'insert'>,
  rows: readonly FlowRow[],
  infected: readonly string[] | 'all',
  named: readonly string[] = [],
): Promise<CommandChannel[]> {
  const found: CommandChannel[] = [];
  for (const own of Map.groupBy(rows, ({ at }) => Math.floor(at / DAY)).values()) {
    const tenant = `flows-${searches++}`;
    const first = Math.min(...own.map(({ at }) => at));
    const from = first - (first % MINUTE);
    const day = own.map((row) => ({ ...row, at: row.at - first + from }));
    const to = Math.max(from + MINUTE, ...day.map(({ at, durationMs = 0 }) => at + durationMs + 1));
    await insert([amongOthers(day, from, to).take(tenant)], tenant);
    const addresses = infected === 'all' ? [...new Set(day.map(({ source }) => source))] : infected;
    const seeds = {
      hosts: addresses.map((address) => ({ address, family: null })),
      servers: named.map((address) => ({ address, port: null, transport: null, family: null })),
    };
    const candidates = await scoreC2({ tenant, from, to, seeds, allow: popular, settings: DEFAULT_C2_SETTINGS }, c2);
    for (const one of candidates) {
      found.push({ server: `${one.address}:${one.port}`, score: one.score, isAllowListed: isAllowListed(one) });
    }
  }
  return found;
}

const PEOPLE = 60;
const VISITS = 12;
const SITES = 40;
const DNS = 53;

function amongOthers(rows: readonly FlowRow[], from: number, to: number): FlowFixture {
  const flows = new FlowFixture();
  for (const row of rows) flows.add(row);
  const asked = rows.filter(({ destinationPort }) => destinationPort === DNS).map(({ destination }) => destination);
  const resolvers = asked.length > 0 ? [...new Set(asked)] : ['192.0.2.53'];
  const random = createRandom(1);
  for (let person = 0; person < PEOPLE; person++) {
    const source = `198.18.200.${person}`;
    for (let visit = 0; visit < VISITS; visit++) {
      const at = from + Math.floor(random() * (to - from));
      const sourcePort = 1024 + Math.floor(random() * 60_000);
      const destination = `198.19.200.${Math.floor(SITES * random() ** 2)}`;
      converse(flows, { at, source, destination, sourcePort });
      for (const resolver of resolvers) {
        converse(flows, { at, source, destination: resolver, sourcePort, destinationPort: DNS, protocol: 17, packets: 1, bytes: 70 });
      }
    }
  }
  return flows;
}

function converse(flows: FlowFixture, row: FlowRow): void {
  const { source, destination, sourcePort = 40_000, destinationPort = 443 } = row;
  flows.add(row);
  flows.add({ ...row, source: destination, destination: source, sourcePort: destinationPort, destinationPort: sourcePort });
}
