/**
 * The live picture's figures: what was stored in the last second, by country and class.
 *
 * Nobody watching costs nothing: batches are only counted while a screen listens. A batch
 * is told over the time it took to gather (a sensor that reports once a minute is not a
 * burst and 59 seconds of silence), exactly once each packet. Addresses never enter here.
 * When nothing comes in, the last stored hour is told again, a minute in a second, and
 * every message says so. Totals are exact; only `marks` are a sample.
 */

import type { ColumnBatch, DictionaryColumn } from '../domain/telemetry-table.ts';
import { TRAFFIC_CLASSES, type TrafficClassId } from '../domain/traffic-class.ts';
import type { Arrivals } from './contract.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
/** A stored minute this old is no longer live but a file from the past. */
const LIVE_AGE = 10 * MINUTE;
const SHORTEST_QUIET = 5 * SECOND;
const LONGEST_SPREAD = MINUTE;
/** Told in one message; the rest is summed up. */
const MOST_ROWS = 300;
const MOST_MARKS = 300;
const MOST_CELLS = 20_000;
const SPEED = 60;

/** The place the arcs lead to: no sensor says yet where it stands, so it is the capital of the country the map is centred on. */
const PLACE = { longitude: 139.69, latitude: 35.69 } as const;

type Row = Arrivals['rows'][number];
/** What came from one country in one class, most of it to one port. */
export type ArrivedRow = Omit<Row, 'marks'>;
interface StoredMinute extends ArrivedRow {
  readonly minute: number;
}
type Listener = (message: Arrivals) => void;

export interface ArrivalsFeed {
  /** Told of every stored batch. */
  observe(tenant: string, batches: readonly ColumnBatch[]): void;
  /** A message at once and then every second, until the returned function is called. */
  listen(tenant: string, listener: Listener): () => void;
}

export interface ArrivalsParts {
  readonly now: () => number;
  /** Start of the last stored minute, null without data. */
  readonly lastStoredAt: (tenant: string) => Promise<number | null>;
  /** Everything stored in the period. */
  readonly read: (period: { readonly tenant: string; readonly from: number; readonly to: number }) => Promise<readonly StoredMinute[]>;
}

export function createArrivalsFeed(parts: ArrivalsParts): ArrivalsFeed {
  const tenants = new Map<string, TenantFeed>();
  const feedOf = (tenant: string): TenantFeed => {
    const known = tenants.get(tenant) ?? new TenantFeed(tenant, parts);
    tenants.set(tenant, known);
    return known;
  };
  return {
    observe: (tenant, batches) => feedOf(tenant).observe(batches),
    listen: (tenant, listener) => feedOf(tenant).listen(listener),
  };
}

/** A batch being told: its rows, in how many messages, and how many are out. */
interface Spread {
  readonly rows: readonly ArrivedRow[];
  readonly messages: number;
  told: number;
}

interface Replay {
  readonly from: number;
  readonly to: number;
  readonly minutes: ReadonlyMap<number, readonly ArrivedRow[]>;
  next: number;
}

class TenantFeed {
  readonly #tenant: string;
  readonly #parts: ArrivalsParts;
  readonly #listeners = new Set<Listener>();
  #spreads: Spread[] = [];
  #storedAt: number | null = null; // monotonic, of the last batch
  #cadence = SECOND; // between batches
  #newestMinute: number | null = null;
  #replay: Replay | null = null;
  #timer: NodeJS.Timeout | undefined;
  #count = 0;

  constructor(tenant: string, parts: ArrivalsParts) {
    this.#tenant = tenant;
    this.#parts = parts;
  }

  observe(batches: readonly ColumnBatch[]): void {
    const cells = batches.filter((batch) => batch.table === 'telescope_minute' && batch.rows > 0);
    if (cells.length === 0) return;
    const at = performance.now();
    if (this.#storedAt !== null) this.#cadence = Math.min(LONGEST_SPREAD, Math.max(SECOND, at - this.#storedAt));
    this.#storedAt = at;
    this.#newestMinute = cells.reduce((newest, batch) => Math.max(newest, newestMinuteOf(batch)), 0);
    this.#replay = null;
    if (this.#listeners.size === 0) return;
    this.#spreads.push({ rows: cells.flatMap(summarise), messages: Math.round(this.#cadence / SECOND), told: 0 });
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    void this.#next().then((message) => this.#listeners.has(listener) && listener(message));
    this.#timer ??= setInterval(() => void this.#tell(), SECOND).unref();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#spreads = [];
    };
  }

  async #tell(): Promise<void> {
    const message = await this.#next();
    for (const listener of this.#listeners) listener(message);
  }

  /** A store that does not answer leaves the picture still, and the next second asks again. */
  async #next(): Promise<Arrivals> {
    if (this.#isFlowing()) return this.#stored();
    return this.#replayed().catch(() => toMessage(this.#head('empty'), [], 0));
  }

  #isFlowing(): boolean {
    if (this.#spreads.length > 0) return true;
    const quiet = Math.max(SHORTEST_QUIET, 1.5 * this.#cadence);
    return this.#storedAt !== null && performance.now() - this.#storedAt < quiet;
  }

  #stored(): Arrivals {
    const rows: ArrivedRow[] = [];
    for (const spread of this.#spreads) rows.push(...take(spread));
    this.#spreads = this.#spreads.filter((spread) => spread.told < spread.messages);
    const isLive = this.#newestMinute !== null && this.#parts.now() - this.#newestMinute < LIVE_AGE;
    return toMessage(this.#head(isLive ? 'live' : 'import'), rows, this.#count++);
  }

  async #replayed(): Promise<Arrivals> {
    const replay = this.#replay ?? (await this.#load());
    if (replay === null) return toMessage(this.#head('empty'), [], 0);
    this.#replay = replay;
    const minute = replay.next;
    replay.next = minute + MINUTE < replay.to ? minute + MINUTE : replay.from;
    const head = { ...this.#head('replay'), replay: { from: replay.from, to: replay.to, at: minute, speed: SPEED } };
    return toMessage(head, replay.minutes.get(minute) ?? [], this.#count++);
  }

  async #load(): Promise<Replay | null> {
    const last = await this.#parts.lastStoredAt(this.#tenant);
    if (last === null) return null;
    const to = last + MINUTE;
    const from = to - HOUR;
    const rows = await this.#parts.read({ tenant: this.#tenant, from, to });
    this.#newestMinute ??= last;
    return { from, to, minutes: Map.groupBy(rows, (row) => row.minute), next: from };
  }

  #head(mode: Arrivals['mode']): Head {
    return { mode, at: this.#parts.now(), newest: this.#newestMinute, place: PLACE, replay: null };
  }
}

type Head = Pick<Arrivals, 'mode' | 'at' | 'newest' | 'place' | 'replay'>;

/** One message: exact totals by class, the busiest rows, and marks in proportion to packets. */
export function toMessage(head: Head, all: readonly ArrivedRow[], turn: number): Arrivals {
  const joined = join(all);
  const packets = joined.reduce((sum, row) => sum + row.packets, 0);
  const shown = joined.slice(0, MOST_ROWS);
  const packetsPerMark = Math.max(1, packets / MOST_MARKS);
  const marks = sampleMarks(shown, packetsPerMark, goldenFraction(turn));
  return {
    ...head,
    packets,
    classes: Object.fromEntries(TRAFFIC_CLASSES.map(({ id }) => [id, sumOf(joined, id)])),
    packetsPerMark,
    rows: shown.map(({ country, class: id, protocol, port, packets: count }, i) => ({
      country,
      class: id,
      protocol,
      port,
      packets: count,
      marks: marks[i] ?? 0,
    })),
    rest: joined.slice(MOST_ROWS).reduce((sum, row) => sum + row.packets, 0),
  };
}

const sumOf = (rows: readonly ArrivedRow[], id: TrafficClassId): number =>
  rows.reduce((sum, row) => (row.class === id ? sum + row.packets : sum), 0);

/** Rows of one country and class as one, busiest first; its port is that of its busiest part. */
function join(rows: readonly ArrivedRow[]): ArrivedRow[] {
  const busiest = rows.toSorted((a, b) => b.packets - a.packets);
  const joined = new Map<string, ArrivedRow>();
  for (const row of busiest) {
    const key = `${row.class}\u001f${row.country}`;
    const known = joined.get(key);
    joined.set(key, known ? { ...known, packets: known.packets + row.packets } : row);
  }
  return [...joined.values()].sort((a, b) => b.packets - a.packets);
}

/**
 * Systematic sampling: one mark for every so many packets, counted on across the rows, so
 * that a row gets marks in proportion and the sum is right. `phase` moves the first one.
 */
export function sampleMarks(rows: readonly { readonly packets: number }[], packetsPerMark: number, phase: number): number[] {
  let before = 0;
  return rows.map(({ packets }) => {
    const from = Math.floor(before / packetsPerMark + phase);
    before += packets;
    return Math.floor(before / packetsPerMark + phase) - from;
  });
}

/** Fractions that fill 0..1 evenly, whatever many are taken. */
function goldenFraction(n: number): number {
  return (n * 0.618_033_988_749_895) % 1;
}

/** The share of a batch that belongs into its next message. */
function take(spread: Spread): ArrivedRow[] {
  const turn = spread.told++;
  return spread.rows.flatMap((row, i) => {
    const packets = shareOf(row.packets, spread.messages, turn, goldenFraction(i));
    return packets > 0 ? [{ ...row, packets }] : [];
  });
}

/** Packets of the n-th of `turns` shares: all shares add up to the whole, and `phase` scatters small counts. */
export function shareOf(packets: number, turns: number, turn: number, phase: number): number {
  const until = (share: number): number => Math.floor(share + phase);
  return until((packets * (turn + 1)) / turns) - until((packets * turn) / turns);
}

function newestMinuteOf(batch: ColumnBatch): number {
  const minutes = batch.columns['minute'];
  let newest = 0;
  if (minutes instanceof Uint32Array) for (let i = 0; i < batch.rows; i++) newest = Math.max(newest, minutes[i] ?? 0);
  return newest * SECOND;
}

interface CellColumns {
  readonly packets: Uint32Array;
  readonly class: Uint8Array;
  readonly protocol: Uint8Array;
  readonly port: Uint16Array;
  readonly country: DictionaryColumn;
}

/** A batch as rows of country, class and port. Beyond a bound, ports are no longer told apart. */
export function summarise(batch: ColumnBatch): ArrivedRow[] {
  const columns = batch.columns as unknown as CellColumns; // the columns of telescope_minute, networks filled in
  const sums = new Map<number, number>();
  for (let i = 0; i < batch.rows; i++) {
    const kind = (columns.country.codes[i] ?? 0) * 8 + (columns.class[i] ?? 0);
    const place = (columns.protocol[i] ?? 0) * 65_536 + (columns.port[i] ?? 0);
    const key = kind * 2 ** 24 + place;
    const kept = sums.size < MOST_CELLS || sums.has(key) ? key : kind * 2 ** 24;
    sums.set(kept, (sums.get(kept) ?? 0) + (columns.packets[i] ?? 0));
  }
  return [...sums].map(([key, packets]) => {
    const kind = Math.floor(key / 2 ** 24);
    const place = key % 2 ** 24;
    return {
      country: columns.country.dictionary[kind >> 3] ?? '',
      class: TRAFFIC_CLASSES.find(({ code }) => code === (kind & 7))?.id ?? 'other',
      protocol: place >>> 16,
      port: place & 0xffff,
      packets,
    };
  });
}
