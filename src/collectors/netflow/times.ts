/**
 * When flows began and how long they took, from whichever clock the exporter writes.
 *
 * Routers count milliseconds since they started, in 32 bits that wrap after 49 days, so
 * only the distance to the header's own reading of that clock is used. Times that cannot
 * be right are replaced by the time of the export: a wrong clock must not spread rows over
 * a century of daily partitions.
 */
import type { FlowColumns } from '../../flow/flow-columns.ts';
import { type Block, readUnsigned } from './fill.ts';
import type { Place, Plan } from './plan.ts';

/** What the header of a datagram says about time, and what we know besides. */
export interface Moment {
  receivedAt: number; // Unix ms
  exportedAt: number; // Unix ms, the exporter's own clock
  /** The exporter's milliseconds since its start, at export; NaN when unknown. */
  uptime: number;
}

const DAY = 86_400_000;
const LONGEST_PAST = 30 * DAY;
/** Earlier, nobody exported flows. */
const FIRST_EXPORT = Date.UTC(1996, 0);
const LARGEST_WORD = 0xffff_ffff;
/** Between the eras of NTP time and of Unix time. */
const NTP_OFFSET = 2_208_988_800;
const NTP_ERA = 0x1_0000_0000;

export class Times {
  #ends = new Float64Array(64);
  readonly #isLive: boolean;

  /** `isLive`: receipt is now, so that the exporter's clock can be held against ours. */
  constructor(isLive: boolean) {
    this.#isLive = isLive;
  }

  /** Fills start and duration of the block's rows. */
  fill(columns: FlowColumns, plan: Plan, block: Block, moment: Moment): void {
    const { count, row } = block;
    const { places } = plan;
    const start = places.get('start');
    const end = places.get('end');
    const duration = places.get('duration');
    if (this.#ends.length < count) this.#ends = new Float64Array(2 * count);
    const ends = this.#ends;
    const starts = columns.start;
    const initialised = places.get('initialised');
    if (start) fillTimes(starts, row, block, start, initialised, moment);
    else starts.fill(Number.NaN, row, row + count);
    if (end) fillTimes(ends, 0, block, end, initialised, moment);
    else ends.fill(Number.NaN, 0, count);
    if (duration) completeByDuration(starts, ends, block, duration);
    this.#settle(columns, block, moment);
  }

  #settle({ start: starts, durationMs }: FlowColumns, { count, row }: Block, moment: Moment): void {
    const { earliest, latest, shift, fallback } = this.#bounds(moment);
    for (let i = 0; i < count; i++) {
      const end = this.#ends[i] as number;
      const stated = starts[row + i] as number;
      const start = Number.isNaN(stated) ? end : stated;
      // The comparison is false for NaN.
      durationMs[row + i] = end > start ? Math.min(LARGEST_WORD, Math.round(end - start)) : 0;
      if (start >= earliest && start <= latest) starts[row + i] = start;
      else {
        const shifted = start + shift;
        starts[row + i] = shifted >= earliest && shifted <= latest ? shifted : fallback;
      }
    }
  }

  /**
   * `shift` brings times of a wrong clock to ours. Files may tell of a past long gone, when
   * somebody exports an old capture; what arrives now may not.
   */
  #bounds({ receivedAt, exportedAt }: Moment): { earliest: number; latest: number; shift: number; fallback: number } {
    const isSane = exportedAt >= FIRST_EXPORT && exportedAt < LARGEST_WORD * 1000;
    const reference = this.#isLive || !isSane ? Math.max(0, receivedAt) : exportedAt;
    const latest = Math.min(reference + DAY, LARGEST_WORD * 1000);
    const earliest = this.#isLive ? Math.max(0, reference - LONGEST_PAST) : Math.min(FIRST_EXPORT, reference);
    return { earliest, latest, shift: receivedAt - exportedAt, fallback: Math.min(reference, LARGEST_WORD * 1000) };
  }
}

function fillTimes(
  target: Float64Array,
  row: number,
  block: Block,
  place: Place,
  initialised: Place | undefined,
  { exportedAt, uptime }: Moment,
): void {
  const { view, at, stride, count } = block;
  let p = at + place.at;
  switch (place.clock) {
    case 'uptime':
      if (initialised) fillSinceStart(target, row, block, place, initialised, exportedAt);
      else for (let i = 0; i < count; i++, p += stride) target[row + i] = exportedAt - wrapped(uptime, view.getUint32(p));
      break;
    case 'seconds':
      for (let i = 0; i < count; i++, p += stride) target[row + i] = view.getUint32(p) * 1000;
      break;
    case 'ntp':
      for (let i = 0; i < count; i++, p += stride) target[row + i] = fromNtp(view.getUint32(p), view.getUint32(p + 4));
      break;
    case 'delta-microseconds':
      for (let i = 0; i < count; i++, p += stride) target[row + i] = exportedAt - view.getUint32(p) / 1000;
      break;
    case 'milliseconds':
    case 'microseconds':
      for (let i = 0; i < count; i++, p += stride) target[row + i] = view.getUint32(p) * 0x1_0000_0000 + view.getUint32(p + 4);
      break;
  }
  // Zero stands for "not known" with every clock but the router's own.
  if (place.clock === 'uptime' || place.clock === 'delta-microseconds') return;
  for (let i = row; i < row + count; i++) if (target[i] === 0) target[i] = Number.NaN;
}

/** Milliseconds from `then` to `now` on a clock of 32 bits; a little may be negative, since headers and records race. */
const wrapped = (now: number, then: number): number => (Number.isNaN(now) ? Number.NaN : (now - then) | 0);

/** Each record says when the exporter started. */
function fillSinceStart(target: Float64Array, row: number, block: Block, place: Place, initialised: Place, exportedAt: number): void {
  const { view, at, stride, count } = block;
  for (let i = 0, p = at; i < count; i++, p += stride) {
    const startedAt = readUnsigned(view, p + initialised.at, 8);
    const then = view.getUint32(p + place.at);
    target[row + i] = startedAt === 0 ? Number.NaN : exportedAt - wrapped(exportedAt - startedAt, then);
  }
}

function fromNtp(seconds: number, fraction: number): number {
  if (seconds === 0 && fraction === 0) return 0;
  const since1900 = seconds < NTP_OFFSET ? seconds + NTP_ERA : seconds;
  return (since1900 - NTP_OFFSET) * 1000 + (fraction / NTP_ERA) * 1000;
}

/** A duration stands in for whichever of the two times is missing. */
function completeByDuration(starts: Float64Array, ends: Float64Array, { view, at, stride, count, row }: Block, place: Place): void {
  const perMilli = place.clock === 'microseconds' ? 1000 : 1;
  for (let i = 0, p = at + place.at; i < count; i++, p += stride) {
    const duration = readUnsigned(view, p, place.length) / perMilli;
    const start = starts[row + i] as number;
    const end = ends[i] as number;
    if (Number.isNaN(end)) ends[i] = start + duration;
    else if (Number.isNaN(start)) starts[row + i] = end - duration;
  }
}
