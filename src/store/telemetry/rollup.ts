/**
 * How a rollup is declared: its key, what it sums, and which table feeds it.
 *
 * The declaration becomes a table that adds up rows of one key while it merges and the
 * view that fills it with every insert. Everything is in the key but the sums, so no
 * column is left to chance when rows are merged.
 */

/** The column with the start of the minute, hour or day, UTC. */
type RollupTime = 'minute' | 'hour' | 'day';

export interface Rollup {
  readonly name: string;
  readonly time: RollupTime;
  /** Day tables are small: a partition of a month each keeps their number low. */
  readonly partition: 'day' | 'month';
  /** The table that feeds it; no subquery, an old engine's views ignore those. */
  readonly from: string;
  /** Columns and types in sorting order, `time` among them. */
  readonly key: Readonly<Record<string, string>>;
  /** Column to the aggregate that fills it. */
  readonly sums: Readonly<Record<string, string>>;
  /** Aggregate states: column to its type and the aggregate that fills it. */
  readonly states?: Readonly<Record<string, { readonly type: string; readonly from: string }>>;
  /** A finer rollup that has everything in it: feeding from that costs a fraction, where the engine can. */
  readonly coarsens?: Rollup;
}

const SECONDS: Readonly<Record<RollupTime, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** Columns and their types. */
export function rollupColumns({ key, sums, states = {} }: Rollup): Readonly<Record<string, string>> {
  return {
    ...key,
    ...Object.fromEntries(Object.keys(sums).map((column) => [column, 'UInt64'])),
    ...Object.fromEntries(Object.entries(states).map(([column, { type }]) => [column, type])),
  };
}

export function createRollup(rollup: Rollup): string {
  const { name, time, partition, key } = rollup;
  const columns = Object.entries(rollupColumns(rollup)).map(([column, type]) => `${column} ${type}`);
  const cut = partition === 'day' ? 'toYYYYMMDD' : 'toYYYYMM';
  return `CREATE TABLE IF NOT EXISTS ${name} (${columns.join(', ')}) ENGINE = SummingMergeTree
    PARTITION BY ${cut}(${time}, 'UTC') ORDER BY (${Object.keys(key).join(', ')})`;
}

/** The view that fills the rollup from its raw table. */
export function createView(rollup: Rollup): string {
  return viewOf(rollup, rollup.from, 'minute', rollup.sums);
}

/** The view that fills it from the finer rollup when there is one. */
export function createChainedView(rollup: Rollup): string {
  const { coarsens, sums } = rollup;
  if (!coarsens) return createView(rollup);
  return viewOf(rollup, coarsens.name, coarsens.time, Object.fromEntries(Object.keys(sums).map((column) => [column, `sum(${column})`])));
}

/**
 * As `createChainedView`, several times cheaper for an engine that has a fast path for keys
 * of up to 32 fixed bytes: words and AS numbers enter the key as one hash. They may only
 * be told apart wrongly if two such sets within one insert share 64 bits of hash and all
 * the rest of the key, address included.
 */
export function createHashedView(rollup: Rollup): string {
  const { name, time, key, sums, states = {}, coarsens } = rollup;
  const from = coarsens?.name ?? rollup.from;
  const fromTime = coarsens?.time ?? 'minute';
  const isHashed = (column: string): boolean => key[column] === 'LowCardinality(String)' || column.endsWith('asn');
  const keys = Object.keys(key);
  const hashed = keys.filter(isHashed);
  const selected = keys.map((column) => {
    if (isHashed(column)) return `any(f.${column}) AS ${column}`;
    return column === time && time !== fromTime ? startOf(time, fromTime) : column;
  });
  const aggregates = coarsens ? Object.keys(sums).map((column) => `sum(f.${column}) AS ${column}`) : aliased(sums);
  const stateList = Object.entries(states).map(([column, state]) => `${state.from} AS ${column}`);
  const group = [...keys.filter((column) => !isHashed(column)), `cityHash64(${hashed.map((column) => `f.${column}`).join(', ')})`];
  return `CREATE MATERIALIZED VIEW IF NOT EXISTS ${name}_view TO ${name} AS
    SELECT ${[...selected, ...aggregates, ...stateList].join(', ')} FROM ${from} AS f GROUP BY ${group.join(', ')}`;
}

const aliased = (sums: Rollup['sums']): string[] => Object.entries(sums).map(([column, aggregate]) => `${aggregate} AS ${column}`);

/** Sums up what is stored already, for a rollup that came later than its data. Its own table must be empty. */
export function fillRollup(rollup: Rollup, from: { readonly name: string; readonly time: RollupTime }): string {
  const isRaw = from.name === rollup.from;
  const sums = isRaw ? rollup.sums : Object.fromEntries(Object.keys(rollup.sums).map((column) => [column, `sum(${column})`]));
  return `INSERT INTO ${rollup.name} (${Object.keys(rollupColumns(rollup)).join(', ')}) ${selectOf(rollup, from.name, from.time, sums)}`;
}

function viewOf(rollup: Rollup, from: string, fromTime: RollupTime, sums: Rollup['sums']): string {
  return `CREATE MATERIALIZED VIEW IF NOT EXISTS ${rollup.name}_view TO ${rollup.name} AS
    ${selectOf(rollup, from, fromTime, sums)}`;
}

function selectOf({ time, key, states = {} }: Rollup, from: string, fromTime: RollupTime, sums: Rollup['sums']): string {
  const keys = Object.keys(key);
  const selected = [
    ...keys.map((column) => (column === time && time !== fromTime ? startOf(time, fromTime) : column)),
    ...aliased(sums),
    ...Object.entries(states).map(([column, state]) => `${state.from} AS ${column}`),
  ];
  return `SELECT ${selected.join(', ')} FROM ${from} GROUP BY ${keys.join(', ')}`;
}

/** Cut from Unix seconds: a server in another time zone cuts the same hours and days. */
function startOf(time: RollupTime, fromTime: RollupTime): string {
  return `toDateTime(intDiv(toUInt32(${fromTime}), ${SECONDS[time]}) * ${SECONDS[time]}) AS ${time}`;
}
