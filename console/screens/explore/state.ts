/**
 * What the Explore screen shows, as it stands in its link.
 *
 * The whole state is in the address, so that a view can be sent to a colleague and the
 * back button undoes every step. Without a period the newest 24 hours with data are meant.
 */
import type { ExploreSource, Measure } from '../../../src/domain/explore.ts';
import type { EXPLORE_ORDERS } from '../../../src/server/explore-contract.ts';

type ExploreOrder = (typeof EXPLORE_ORDERS)[number];

export const SOURCES = ['telescope', 'flow'] as const satisfies readonly ExploreSource[];
const MEASURES = ['packets', 'bytes', 'flows', 'sources', 'destinations'] as const satisfies readonly Measure[];
export const ORDERS = ['time', 'packets', 'bytes'] as const satisfies readonly ExploreOrder[];

export interface ExploreSearch {
  readonly source?: ExploreSource;
  readonly filter?: string;
  readonly from?: number;
  readonly to?: number;
  readonly by?: string;
  readonly measure?: Measure;
  readonly order?: ExploreOrder;
}

/** Reads the address; whatever is not ours or makes no sense is dropped. */
export function toExploreSearch(search: Readonly<Record<string, unknown>>): ExploreSearch {
  const from = time(search['from']);
  const to = time(search['to']);
  const isPeriod = from !== undefined && to !== undefined && from < to;
  return withoutEmpty({
    source: known(SOURCES, search['source']),
    filter: words(search['filter']),
    from: isPeriod ? from : undefined,
    to: isPeriod ? to : undefined,
    by: words(search['by']),
    measure: known(MEASURES, search['measure']),
    order: known(ORDERS, search['order']),
  });
}

type Loose = { readonly [K in keyof ExploreSearch]: ExploreSearch[K] | undefined };

export const withoutEmpty = (search: Loose): ExploreSearch =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined && value !== '')) as ExploreSearch;

function time(value: unknown): number | undefined {
  const ms = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
  return Number.isSafeInteger(ms) && ms > 0 && ms < 8.64e15 ? ms : undefined;
}

const words = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : typeof value === 'number' ? String(value) : undefined;

const known = <T extends string>(all: readonly T[], value: unknown): T | undefined => all.find((one) => one === value);

/** The question every panel asks, with everything the address left out filled in. */
export interface Question {
  readonly source: ExploreSource;
  readonly filter: string;
  readonly from: number;
  readonly to: number;
  /** One or two field ids. */
  readonly by: readonly string[];
  readonly measure: Measure;
  readonly order: ExploreOrder;
}

const MINUTE_MS = 60_000;

/** A period of the same place, wider by `factor`, to whole minutes. */
export function widened({ from, to }: Pick<Question, 'from' | 'to'>, factor: number): { from: number; to: number } {
  const half = ((to - from) * factor) / 2;
  const middle = (from + to) / 2;
  return toMinutes(Math.max(0, middle - half), middle + half);
}

export function moved({ from, to }: Pick<Question, 'from' | 'to'>, periods: number): { from: number; to: number } {
  const by = (to - from) * periods;
  return { from: Math.max(0, from + by), to: to + by };
}

/** Outward to whole minutes: the store keeps nothing finer. */
export function toMinutes(from: number, to: number): { from: number; to: number } {
  const start = Math.floor(from / MINUTE_MS) * MINUTE_MS;
  return { from: start, to: Math.max(start + MINUTE_MS, Math.ceil(to / MINUTE_MS) * MINUTE_MS) };
}
