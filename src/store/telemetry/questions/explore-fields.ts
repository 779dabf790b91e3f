/**
 * Where the fields of the filter language live: columns by source, and how their values
 * come out of the engine. This is the allow-list: no other name reaches a question.
 */
import type { ExploreSource } from '../../../domain/explore.ts';
import type { FieldId } from '../../../domain/filter/fields.ts';
import { DIRECTION_WORDS, MARK_WORDS, toFlagLetters, toProtocolName } from '../../../domain/filter/values.ts';
import { joinSql, type Sql, sql, trusted } from '../sql.ts';
import { toAddressText, toTrafficClassId } from './values.ts';

export type Shown = string | number;

export interface ExploreColumn {
  /** The value itself: for comparing, grouping and ordering. */
  readonly value: Sql;
  /** How it is written into an answer. */
  readonly shown: Sql;
  /** From the answer to what people read. */
  readonly toShown: (value: unknown) => Shown;
  /** From the answer back to a literal. */
  readonly toLiteral: (value: unknown) => Sql;
}

const numberColumn = (value: Sql, toShown: (value: unknown) => Shown = Number): ExploreColumn => ({
  value,
  shown: value,
  toShown,
  toLiteral: (found) => sql`${BigInt(String(found))}`,
});
const wordColumn = (name: string): ExploreColumn => ({
  value: trusted(name),
  shown: trusted(name),
  toShown: String,
  toLiteral: (found) => sql`${String(found)}`,
});
const addressColumn = (name: string): ExploreColumn => ({
  value: trusted(name),
  shown: trusted(`hex(${name})`),
  toShown: toAddressText,
  toLiteral: (found) => sql`${Uint8Array.fromHex(String(found))}`,
});
const numbers = (name: string): ExploreColumn => numberColumn(trusted(name));

/** Translated addresses are :: when nothing was translated: that is no address to show. */
const translated = (name: string): ExploreColumn => ({
  ...addressColumn(name),
  toShown: (value) => (/^0*$/.test(String(value)) ? '' : toAddressText(value)),
});

const protocol = numberColumn(trusted('protocol'), (value) => toProtocolName(Number(value)));

export const TELESCOPE_COLUMNS: Partial<Readonly<Record<FieldId, ExploreColumn>>> = {
  source: addressColumn('source'),
  port: numbers('port'),
  'source-port': numbers('source_port'),
  protocol,
  asn: numbers('asn'),
  country: wordColumn('country'),
  class: numberColumn(trusted('class'), toTrafficClassId),
  packets: numbers('packets'),
  bytes: numbers('bytes'),
  targets: numbers('targets'),
  ttl: numbers('ttl_min'),
  window: numbers('window'),
  sensor: wordColumn('sensor'),
};

export const FLOW_COLUMNS: Partial<Readonly<Record<FieldId, ExploreColumn>>> = {
  source: addressColumn('source'),
  destination: addressColumn('destination'),
  'source-port': numbers('source_port'),
  'destination-port': numbers('destination_port'),
  protocol,
  flags: numberColumn(trusted('tcp_flags'), (value) => toFlagLetters(Number(value))),
  'source-asn': numbers('source_asn'),
  'destination-asn': numbers('destination_asn'),
  'source-country': wordColumn('source_country'),
  'destination-country': wordColumn('destination_country'),
  packets: numbers('packets'),
  bytes: numbers('bytes'),
  duration: numbers('duration_ms'),
  tos: numbers('tos'),
  sensor: wordColumn('sensor'),
  exporter: wordColumn('exporter'),
  domain: numbers('domain'),
  direction: numberColumn(trusted('direction'), (value) => DIRECTION_WORDS[Number(value)] ?? 'unknown'),
  input: numbers('input'),
  output: numbers('output'),
  sampling: numbers('sampling'),
  'nat-source': translated('nat_source'),
  'nat-destination': translated('nat_destination'),
  'nat-source-port': numbers('nat_source_port'),
  'nat-destination-port': numbers('nat_destination_port'),
};

/** Fields that stand for either end, and a telescope's one end. */
const ENDS: Readonly<Record<ExploreSource, Partial<Record<FieldId, readonly FieldId[]>>>> = {
  telescope: { address: ['source'] },
  flow: {
    address: ['source', 'destination'],
    port: ['source-port', 'destination-port'],
    asn: ['source-asn', 'destination-asn'],
    country: ['source-country', 'destination-country'],
    interface: ['input', 'output'],
  },
};

const SAMPLED: ReadonlySet<FieldId> = new Set(['packets', 'bytes']);

/** The column of a field; counters of flows are multiplied by their sampling interval unless raw ones are wanted. */
export function columnOf(source: ExploreSource, id: FieldId, raw: boolean): ExploreColumn | undefined {
  const column = source === 'flow' ? FLOW_COLUMNS[id] : TELESCOPE_COLUMNS[id];
  if (!column || source !== 'flow' || raw || !SAMPLED.has(id)) return column;
  // An unknown interval (0) counts as one: the figure is then too small, and the data quality says so.
  return numberColumn(sql`(${column.value} * greatest(sampling, 1))`);
}

/** The columns a field filters by. */
export function columnsOf(source: ExploreSource, id: FieldId, raw: boolean): ExploreColumn[] {
  const ids = ENDS[source][id] ?? [id];
  return ids.map((end) => columnOf(source, end, raw)).filter((column) => column !== undefined);
}

/** Condition that a cell carries the mark. */
export const markCondition = (mark: (typeof MARK_WORDS)[number]): Sql => sql`${trusted(`fp_${mark}`)} > 0`;

/** The marks of a cell as words with spaces between. */
export const marksShown: Sql = sql`concat(${joinSql(
  MARK_WORDS.map((mark) => sql`if(${markCondition(mark)}, ${`${mark} `}, '')`),
  ', ',
)})`;
