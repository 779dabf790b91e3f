/**
 * The busiest ports, sources, networks or countries of a period.
 *
 * Of whole hours packets come from an hourly rollup; distinct sources are then counted for
 * the few keys that are shown, because counting them for every key costs far more than all
 * the rest.
 */
import type { TrafficClassId } from '../../../domain/traffic-class.ts';
import type { Engine, Row } from '../engine.ts';
import { type Sql, sql, trusted } from '../sql.ts';
import { inPeriod, type Period } from './conditions.ts';
import { toAddressText, toProtocolName, toTrafficClassId } from './values.ts';

type TopBy = 'port' | 'source' | 'network' | 'country';

export interface TrafficTopQuestion extends Period {
  readonly by: TopBy;
  readonly limit: number;
}

export interface TrafficTopRow {
  /** 'tcp/23', an address, an AS number or a country code; '0' and '' stand for an unknown network or country. */
  readonly key: string;
  readonly packets: number;
  readonly sources: number;
  /** The class most of the packets are of. */
  readonly class: TrafficClassId;
}

interface Recipe {
  readonly key: Sql;
  /** How the key is written into an answer. */
  readonly shown: Sql;
  /** From the engine's key to the key people see. */
  readonly toKey: (value: unknown) => string;
  /** From the engine's key back to a literal. */
  readonly toLiteral: (value: unknown) => Sql;
  readonly rollup: 'telescope_hour' | 'telescope_source_hour';
}

const PORT_RANGE = 65_536;
const MOST_ROWS = 1000;
const HOUR = 3_600_000;

const topKey = trusted('top_key');

const RECIPES: Readonly<Record<TopBy, Recipe>> = {
  port: {
    key: trusted(`toUInt32(protocol) * ${PORT_RANGE} + port`),
    shown: topKey,
    toKey: toPortKey,
    toLiteral: toNumberLiteral,
    rollup: 'telescope_hour',
  },
  source: {
    key: trusted('source'),
    shown: trusted('hex(top_key)'),
    toKey: toAddressText,
    toLiteral: (hex) => sql`${Uint8Array.fromHex(String(hex))}`,
    rollup: 'telescope_source_hour',
  },
  network: { key: trusted('asn'), shown: topKey, toKey: String, toLiteral: toNumberLiteral, rollup: 'telescope_hour' },
  country: { key: trusted('country'), shown: topKey, toKey: String, toLiteral: (code) => sql`${String(code)}`, rollup: 'telescope_hour' },
};

export async function readTrafficTop(engine: Engine, question: TrafficTopQuestion): Promise<TrafficTopRow[]> {
  const recipe = RECIPES[question.by];
  const top = await readBusiest(engine, question, recipe);
  if (top.length === 0) return [];
  const sources = question.by === 'source' ? new Map<string, number>() : await readSources(engine, question, recipe, top);
  return top.map((row) => toTopRow(row, recipe, sources));
}

function toPortKey(value: unknown): string {
  const key = Number(value);
  return `${toProtocolName(Math.floor(key / PORT_RANGE))}/${key % PORT_RANGE}`;
}

function toNumberLiteral(value: unknown): Sql {
  return sql`${Number(value)}`;
}

function toTopRow([key, packets, code]: Row, recipe: Recipe, sources: ReadonlyMap<string, number>): TrafficTopRow {
  return {
    key: recipe.toKey(key),
    packets: Number(packets),
    sources: sources.get(String(key)) ?? 1,
    class: toTrafficClassId(code),
  };
}

/** Cells where an hourly rollup cannot tell the period exactly. */
function tableFor({ from, to }: Period, rollup: Recipe['rollup']): { readonly table: string; readonly time: 'minute' | 'hour' } {
  const isWhole = from % HOUR === 0 && to % HOUR === 0;
  return isWhole ? { table: rollup, time: 'hour' } : { table: 'telescope_minute', time: 'minute' };
}

async function readBusiest(engine: Engine, question: TrafficTopQuestion, recipe: Recipe): Promise<readonly Row[]> {
  const { table, time } = tableFor(question, recipe.rollup);
  const limit = Math.min(Math.max(Math.floor(question.limit), 1), MOST_ROWS);
  return engine.query(sql`SELECT ${recipe.shown}, sum(class_packets) AS top_packets, argMax(class, class_packets)
    FROM (
      SELECT ${recipe.key} AS top_key, class, sum(packets) AS class_packets
      FROM ${trusted(table)} WHERE ${inPeriod(question, time)} GROUP BY top_key, class)
    GROUP BY top_key ORDER BY top_packets DESC, top_key LIMIT ${limit}`);
}

async function readSources(engine: Engine, period: Period, recipe: Recipe, top: readonly Row[]): Promise<Map<string, number>> {
  const keys = top.map(([key]) => recipe.toLiteral(key));
  const { table, time } = tableFor(period, 'telescope_source_hour');
  const rows = await engine.query(sql`SELECT ${recipe.key} AS top_key, uniq(source)
    FROM ${trusted(table)} WHERE ${inPeriod(period, time)} AND ${recipe.key} IN ${keys} GROUP BY top_key`);
  return new Map(rows.map(([key, count]) => [String(key), Number(count)]));
}
