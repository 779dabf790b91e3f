/**
 * Times as reports and the devices in them write them.
 *
 * A row's own time has one form and is read by the million, so it has a fast path. Times
 * inside banners come from any device in the world; the common forms are understood, the
 * rest is no time at all. Without a zone a time is UTC.
 */

/** A moment; `fraction` keeps up to six digits that Unix milliseconds would lose. */
export interface Moment {
  readonly ms: number;
  readonly fraction: string; // '' or six digits
}

const TIME_OF_DAY = /(?:^|[^\d:])(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:\s*([ap])\.?m\b)?/i;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const digits = (text: string, at: number): number => (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;

/** Unix ms of `2026-03-03 05:05:53`; other forms through the lenient reader. Undefined when it is no time. */
export function parseRecordTime(text: string): number | undefined {
  if (text.length === 19 && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) {
    return toUnixMs(
      digits(text, 0) * 100 + digits(text, 2),
      digits(text, 5),
      digits(text, 8),
      digits(text, 11),
      digits(text, 14),
      digits(text, 17),
    );
  }
  return parseMoment(text)?.ms;
}

/** Any of the common ways to write a date with or without a time of day. */
export function parseMoment(text: string): Moment | undefined {
  const date = readDate(text);
  if (!date) return undefined;
  const time = TIME_OF_DAY.exec(text) ?? /^\d{8}T(\d{2})(\d{2})(\d{2})?/.exec(text);
  const hour = time ? toHour(Number(time[1]), time[5]) : 0;
  const ms = toUnixMs(date.year, date.month, date.day, hour, Number(time?.[2] ?? 0), Number(time?.[3] ?? 0));
  if (ms === undefined) return undefined;
  return { ms: ms - readOffsetMinutes(text) * 60_000, fraction: time?.[4] ? time[4].slice(0, 6).padEnd(6, '0') : '' };
}

/** `2026-03-03T05:05:53+00:00`, with the fraction when there is one. */
export function formatMoment({ ms, fraction }: Moment): string {
  const whole = new Date(ms).toISOString().slice(0, 19);
  return Number(fraction) > 0 ? `${whole}.${fraction}+00:00` : `${whole}+00:00`;
}

function readDate(text: string): { year: number; month: number; day: number } | undefined {
  const yearFirst = /(?:^|\D)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)/.exec(text) ?? /^(\d{4})(\d{2})(\d{2})(?:T|$)/.exec(text);
  if (yearFirst) return { year: Number(yearFirst[1]), month: Number(yearFirst[2]), day: Number(yearFirst[3]) };
  const dayFirst = /(?:^|\D)(\d{1,2})[- ]+([a-z]{3})[a-z]*\.?,?[- ]+(\d{4}|\d{2})(?!\d|:)/i.exec(text);
  if (dayFirst) return named(dayFirst[3], dayFirst[2], dayFirst[1]);
  const monthFirst = /\b([a-z]{3})[a-z]*\.? +(\d{1,2})(?:st|nd|rd|th)?(?:,| ).*?\b(\d{4})\b/i.exec(text);
  if (monthFirst) return named(monthFirst[3], monthFirst[1], monthFirst[2]);
  const american = /(?:^|\D)(\d{1,2})\/(\d{1,2})\/(\d{4})(?!\d)/.exec(text);
  if (american) return { year: Number(american[3]), month: Number(american[1]), day: Number(american[2]) };
  return undefined;
}

function named(year = '', month = '', day = ''): { year: number; month: number; day: number } | undefined {
  const index = MONTHS.indexOf(month.toLowerCase());
  if (index < 0) return undefined;
  const full = year.length === 4 ? Number(year) : Number(year) + (Number(year) >= 76 ? 1900 : 2000);
  return { year: full, month: index + 1, day: Number(day) };
}

function toHour(hour: number, half: string | undefined): number {
  if (half === undefined) return hour;
  return (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
}

function readOffsetMinutes(text: string): number {
  const offset = /:\d{2}(?:[.,]\d+)?\s*(?:GMT|UTC)?\s*([+-])(\d{2}):?(\d{2})\b/i.exec(text);
  if (!offset) return 0;
  return (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3]));
}

/** Refuses the 30th of February and the 25th hour; a leap second becomes the next minute. */
function toUnixMs(year: number, month: number, day: number, hour: number, minute: number, second: number): number | undefined {
  if (hour > 23 || minute > 59 || second > 60 || month < 1 || month > 12 || day < 1 || year < 1) return undefined;
  if (day > 28 && day > new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
