/** Periods as people write them on a command line. */
import { YaguraError } from '../engine/errors.ts';

const SPANS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** '90s', '5m', '1h', '7d' as milliseconds. */
export function spanOf(option: string, text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})(s|m|min|h|d|w)$/.exec(text) ?? [];
  const span = Number(count) * (SPANS[unit] ?? Number.NaN);
  if (span > 0) return span;
  throw new YaguraError('usage', `${option} takes a time like 30m, 1h or 7d, not "${text}"`);
}

/** ISO 8601, in UTC unless it names a zone: '2026-03-14', '2026-03-14T10:00'. */
export function timeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text) || !/[T ]\d/.test(text);
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(hasZone ? text : `${text}Z`) : Number.NaN;
  if (Number.isNaN(at)) throw new YaguraError('usage', `${option} takes a time like 2026-03-14 or 2026-03-14T10:00, UTC, not "${text}"`);
  return at;
}
