/**
 * The figures beside the picture: what the last sixty messages told, a minute of live
 * arrivals or an hour told again. Sums are exact; the marks on the map are a sample.
 */
import type { Arrivals } from '../../../src/server/contract.ts';

const MOST_MESSAGES = 60;
/** Marks of a picture that stands still: enough to see the pattern, few enough to see each. */
const STILL_MARKS = 160;

type Row = Arrivals['rows'][number];

export interface ArrivalsWindow {
  readonly messages: readonly Arrivals[];
}

export interface CountryFigures {
  readonly country: string;
  readonly packets: number;
  /** Of the busiest class, and the busiest port within it. */
  readonly class: string;
  readonly protocol: number;
  readonly port: number;
}

export const EMPTY_WINDOW: ArrivalsWindow = { messages: [] };

/** A replay is not mixed with what comes in now: another mode begins anew. */
export function withMessage(window: ArrivalsWindow, message: Arrivals): ArrivalsWindow {
  const last = window.messages.at(-1);
  const goesOn = last !== undefined && last.mode === message.mode && (last.replay?.at ?? 0) <= (message.replay?.at ?? 0);
  return { messages: [...(goesOn ? window.messages : []), message].slice(-MOST_MESSAGES) };
}

export const totalOf = ({ messages }: ArrivalsWindow): number => messages.reduce((sum, { packets }) => sum + packets, 0);

export const classTotal = ({ messages }: ArrivalsWindow, id: string): number =>
  messages.reduce((sum, { classes }) => sum + (classes[id] ?? 0), 0);

/** Packets that were too spread out to be told by country. */
export const restOf = ({ messages }: ArrivalsWindow): number => messages.reduce((sum, { rest }) => sum + rest, 0);

/** Busiest first. */
export function byCountry({ messages }: ArrivalsWindow): CountryFigures[] {
  const rows = Map.groupBy(
    messages.flatMap((message) => message.rows),
    (row) => row.country,
  );
  return [...rows].map(([country, own]) => toFigures(country, own)).sort((a, b) => b.packets - a.packets);
}

function toFigures(country: string, rows: readonly Row[]): CountryFigures {
  const busiestClass = busiest(rows, (row) => row.class);
  const ofClass = rows.filter((row) => row.class === busiestClass);
  const place = busiest(ofClass, (row) => `${row.protocol} ${row.port}`);
  const [protocol, port] = place.split(' ').map(Number);
  const packets = rows.reduce((sum, row) => sum + row.packets, 0);
  return { country, packets, class: busiestClass, protocol: protocol ?? 0, port: port ?? 0 };
}

function busiest(rows: readonly Row[], keyOf: (row: Row) => string): string {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(keyOf(row), (sums.get(keyOf(row)) ?? 0) + row.packets);
  return [...sums].reduce((best, next) => (next[1] > best[1] ? next : best), ['', -1] as [string, number])[0];
}

/** What a still picture shows: the window's marks by country and class, thinned in proportion. */
export function stillMarks({ messages }: ArrivalsWindow): { readonly country: string; readonly class: string; readonly marks: number }[] {
  const sums = Map.groupBy(
    messages.flatMap((message) => message.rows),
    (row) => `${row.country}\u001f${row.class}`,
  );
  const totals = [...sums.values()].map((rows) => ({
    country: rows[0]?.country ?? '',
    class: rows[0]?.class ?? 'other',
    marks: rows.reduce((sum, { marks }) => sum + marks, 0),
  }));
  const all = totals.reduce((sum, { marks }) => sum + marks, 0);
  const share = Math.min(1, STILL_MARKS / Math.max(1, all));
  let carried = 0.5;
  return totals.map((one) => {
    const before = Math.floor(carried);
    carried += one.marks * share;
    return { ...one, marks: Math.floor(carried) - before };
  });
}
