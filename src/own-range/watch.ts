/**
 * Watches for hosts of registered ranges among what comes in, and has their hours judged.
 *
 * Every stored batch is looked through for sources that are somebody's; which of them were
 * seen in which hour is remembered until the next look a few seconds later, when the
 * stored cells of just these are asked for. What a crash forgets is caught up from the
 * last look on when the hub starts again: asking twice changes nothing.
 */
import { formatAddress } from '../domain/address.ts';
import type { Attributor, Constituent } from '../domain/constituent.ts';
import type { HostHour, OwnRangeClass, OwnRangeShare } from '../domain/own-range.ts';
import type { ColumnBatch } from '../domain/telemetry-table.ts';
import type { Log } from '../engine/log.ts';
import { type RangeTable, rangesOf, toRangeTable } from './ranges.ts';

const HOUR = 3_600_000;
const LOOK_BACK = 24 * HOUR;
/** Cells of minutes before the last look may have been stored just after it. */
const OVERLAP = HOUR;
/** How far the written mark may lag behind the last look. */
const MARK_EVERY = HOUR / 6;

export interface HoursQuestion {
  readonly tenant: string;
  readonly sensor?: string;
  readonly from: number;
  readonly to: number;
  readonly hosts?: readonly string[];
  readonly ranges?: RangeTable['ranges'];
}

export interface WatchParts {
  readonly tenant: string;
  /** Stored cells; waits for what was accepted before. */
  readHours(question: HoursQuestion): Promise<readonly HostHour[]>;
  readonly attributor: () => Attributor;
  readonly constituents: () => Promise<readonly Constituent[]>;
  /** Constituents that do not want alerts. */
  readonly switchedOff: () => Promise<ReadonlySet<string>>;
  /** Sensor to the constituent whose unused addresses it watches. */
  readonly ownSensors: () => Promise<ReadonlyMap<string, string>>;
  readonly apply: (shares: readonly OwnRangeShare[]) => Promise<{ readonly raised: number; readonly changed: number }>;
  readonly announce: () => void;
  readonly now: () => number;
  readonly readMark: () => Promise<number | null>;
  readonly writeMark: (at: number) => Promise<void>;
  readonly log: Log;
}

export class OwnRangeWatch {
  readonly #parts: WatchParts;
  #table: RangeTable = toRangeTable([]);
  /** By sensor, then by hour (Unix ms): the sources seen, as text. */
  #seen = new Map<string, Map<number, Set<string>>>();
  #last: Promise<unknown> = Promise.resolve();
  #markedAt = -Infinity;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Takes over who holds what; call again whenever that has changed. */
  async refresh(): Promise<void> {
    const [constituents, off] = await Promise.all([this.#parts.constituents(), this.#parts.switchedOff()]);
    this.#table = toRangeTable(constituents.filter(({ id }) => !off.has(id)).flatMap(rangesOf));
  }

  /** Shown every batch once it is stored or safe. Never throws. */
  observe(tenant: string, batches: readonly ColumnBatch[]): void {
    if (tenant !== this.#parts.tenant || this.#table.ranges.length === 0) return;
    for (const batch of batches) if (batch.table === 'telescope_minute') this.#note(batch);
  }

  #note({ columns, rows }: ColumnBatch): void {
    const { source, minute, sensor } = columns;
    if (!(source instanceof Uint8Array) || !(minute instanceof Uint32Array) || !sensor || !('dictionary' in sensor)) return;
    for (let row = 0; row < rows; row++) {
      if (!this.#table.has(source, row * 16)) continue;
      const at = (minute[row] ?? 0) * 1000;
      const hours = getOrMake(this.#seen, sensor.dictionary[sensor.codes[row] ?? 0] ?? '', () => new Map<number, Set<string>>());
      getOrMake(hours, at - (at % HOUR), () => new Set<string>()).add(formatAddress(source.subarray(row * 16, row * 16 + 16)));
    }
  }

  /** Has everything judged that was seen until now. What fails is seen again at the next look. */
  look(): Promise<void> {
    return this.#inTurn(async () => {
      const startedAt = this.#parts.now();
      const seen = this.#seen;
      if (seen.size > 0) {
        this.#seen = new Map();
        try {
          await this.#judgeSeen(seen);
        } catch (error) {
          this.#putBack(seen);
          throw error;
        }
      }
      if (startedAt - this.#markedAt < MARK_EVERY) return;
      await this.#parts.writeMark(startedAt);
      this.#markedAt = startedAt;
    });
  }

  /** After a start: what was stored since the last look before it. */
  catchUp(): Promise<void> {
    return this.#inTurn(async () => {
      await this.refresh();
      const now = this.#parts.now();
      const mark = await this.#parts.readMark();
      await this.#judgeRanges(mark === null ? now - LOOK_BACK : mark - OVERLAP, now);
      await this.#parts.writeMark(now);
    });
  }

  /** After ranges, switches or sensors have changed: the last day is looked through again. */
  lookAgain(): Promise<void> {
    return this.#inTurn(async () => {
      await this.refresh();
      const now = this.#parts.now();
      await this.#judgeRanges(now - LOOK_BACK, now);
    });
  }

  /** Until what was begun is done. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async #judgeSeen(seen: ReadonlyMap<string, ReadonlyMap<number, ReadonlySet<string>>>): Promise<void> {
    for (const [sensor, hours] of seen) {
      for (const [hour, hosts] of hours) {
        await this.#judge(
          await this.#parts.readHours({ tenant: this.#parts.tenant, sensor, from: hour, to: hour + HOUR, hosts: [...hosts] }),
        );
      }
    }
  }

  async #judgeRanges(from: number, to: number): Promise<void> {
    const { ranges } = this.#table;
    if (ranges.length > 0) await this.#judge(await this.#parts.readHours({ tenant: this.#parts.tenant, from, to, ranges }));
  }

  async #judge(hours: readonly HostHour[]): Promise<void> {
    if (hours.length === 0) return;
    const [off, sensors] = await Promise.all([this.#parts.switchedOff(), this.#parts.ownSensors()]);
    const shares = toShares(hours, this.#parts.attributor(), sensors).filter(({ constituentId }) => !off.has(constituentId));
    if (shares.length === 0) return;
    const { raised, changed } = await this.#parts.apply(shares);
    if (raised > 0) this.#parts.log.info({ raised }, 'own-range alerts raised');
    if (changed > 0) this.#parts.announce();
  }

  #putBack(seen: ReadonlyMap<string, ReadonlyMap<number, ReadonlySet<string>>>): void {
    for (const [sensor, hours] of seen) {
      const own = getOrMake(this.#seen, sensor, () => new Map<number, Set<string>>());
      for (const [hour, hosts] of hours) own.set(hour, new Set([...hosts, ...(own.get(hour) ?? [])]));
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** Whose each host was when it was seen last in its hour, and what its doing means for them. */
export function toShares(hours: readonly HostHour[], attributor: Attributor, ownSensors: ReadonlyMap<string, string>): OwnRangeShare[] {
  return hours.flatMap((hour) => {
    const { constituentId, via } = attributor.attribute({ kind: 'ip', value: hour.host }, hour.lastSeenAt);
    // An AS number alone registers no range: the network may be a customer's.
    if (constituentId === null || via !== 'constituent-prefix') return [];
    return [{ ...hour, constituentId, class: classOf(hour, ownSensors.get(hour.sensor) === constituentId) }];
  });
}

function classOf({ isBackscatter }: HostHour, isOwnSensor: boolean): OwnRangeClass {
  if (isBackscatter) return 'UNDER_ATTACK';
  return isOwnSensor ? 'INTERNAL_SPREAD' : 'OUTBOUND_INFECTION';
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
