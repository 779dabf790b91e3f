/**
 * Numbers and times for people: 24 hours, the reader's zone (named at least once a
 * screen), raw evidence in UTC. The year appears only when it is not this year.
 */
import { useMemo } from 'react';
import { type Language, usePreferences, useWords } from './preferences.tsx';
import { figure, shortEn, shortJa } from './words/figure.ts';
import type { Words } from './words/ja.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export interface Format {
  readonly count: (value: number) => string;
  readonly short: (value: number) => string;
  readonly share: (part: number, whole: number) => string;
  /** Confidence 0..100 as people write probabilities: 0.97. */
  readonly confidence: (value: number) => string;
  readonly bytes: (value: number) => string;
  readonly time: (ms: number) => string; // 22:41
  readonly seconds: (ms: number) => string; // 22:41:10
  readonly date: (ms: number) => string; // 6/17, 17 Jun
  readonly longDate: (ms: number) => string; // 6月17日（水）, Wed 17 June
  readonly dateTime: (ms: number) => string; // 6/17 22:41
  readonly span: (fromMs: number, toMs: number) => string; // 6/17 22:41〜22:59, with the day again only when it is another
  readonly utc: (ms: number) => string; // 2026-06-17 13:41:10
  readonly age: (fromMs: number, toMs: number) => string;
  readonly step: (seconds: number) => string;
  /** How long something lasted, to a tenth of its unit. */
  readonly lasted: (fromMs: number, toMs: number) => string;
  readonly zone: string;
  readonly country: (code: string) => string;
  readonly list: (items: readonly string[]) => string;
}

export function useFormat(): Format {
  const { language } = usePreferences();
  const words = useWords();
  return useMemo(() => makeFormat(language, words), [language, words]);
}

function makeFormat(language: Language, words: Words): Format {
  const locale = language === 'ja' ? 'ja-JP' : 'en-GB';
  const dates = makeDates(locale, language);
  const { date, time, dateTime } = dates;
  const countries = new Intl.DisplayNames([locale], { type: 'region', fallback: 'code' });
  return {
    ...dates,
    span: (from, to) => words.common.range(dateTime(from), date(from) === date(to) ? time(to) : dateTime(to)),
    count: figure,
    short: language === 'ja' ? shortJa : shortEn,
    share: (part, whole) => (whole > 0 ? percent(part / whole) : words.common.none),
    confidence: (value) => (value / 100).toFixed(2),
    bytes: formatBytes,
    age: (from, to) => formatAge(Math.max(0, to - from), words),
    step: (seconds) => formatStep(seconds, words),
    lasted: (from, to) => formatLasted(Math.max(0, to - from), words),
    zone: zoneName(locale),
    country: (code) => (/^[A-Z]{2}$/.test(code) ? (countries.of(code) ?? code) : code),
    list: (items) => items.join(words.common.join),
  };
}

function makeDates(locale: string, language: Language) {
  const hm = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const hms = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
  const month = language === 'ja' ? 'numeric' : 'short';
  const day = new Intl.DateTimeFormat(locale, { month, day: 'numeric' });
  const dayYear = new Intl.DateTimeFormat(locale, { year: 'numeric', month, day: 'numeric' });
  const long = new Intl.DateTimeFormat(locale, { month: 'long', day: 'numeric', weekday: 'short' });
  const date = (ms: number): string => (isThisYear(ms) ? day : dayYear).format(ms);
  return {
    time: (ms: number) => hm.format(ms),
    seconds: (ms: number) => hms.format(ms),
    date,
    longDate: (ms: number) => long.format(ms).replace('(', '（').replace(')', '）').replace(',', ''),
    dateTime: (ms: number) => `${date(ms)} ${hm.format(ms)}`,
    utc: (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' '),
  };
}

const isThisYear = (ms: number): boolean => new Date(ms).getFullYear() === new Date().getFullYear();

/** "JST" where the zone has a well-known name, otherwise "GMT+2". */
function zoneName(locale: string): string {
  const names = [locale, 'ja-JP', 'en-GB'].map((candidate) => shortZone(candidate));
  return names.find((name) => /^[A-Z]{2,5}$/.test(name)) ?? names[0] ?? 'UTC';
}

function shortZone(locale: string): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' }).formatToParts();
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? 'UTC';
}

function percent(fraction: number): string {
  const value = fraction * 100;
  if (value > 0 && value < 1) return '<1%';
  return `${value > 99 && value < 100 ? 99 : Math.round(value)}%`;
}

function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit > 0 && value < 10 ? value.toFixed(1) : figure(Math.round(value))} ${units[unit] ?? 'B'}`;
}

function formatAge(ms: number, words: Words): string {
  if (ms < HOUR_MS) return words.common.minutes(Math.max(1, Math.floor(ms / MINUTE_MS)));
  if (ms < DAY_MS) return words.common.hours(Math.floor(ms / HOUR_MS));
  return words.common.days(Math.floor(ms / DAY_MS));
}

function formatLasted(ms: number, words: Words): string {
  const tenths = (unit: number): number => Math.round((ms / unit) * 10) / 10;
  if (ms < HOUR_MS) return words.common.minutes(Math.max(1, Math.round(ms / MINUTE_MS)));
  return ms < DAY_MS ? words.common.hours(tenths(HOUR_MS)) : words.common.days(tenths(DAY_MS));
}

function formatStep(seconds: number, words: Words): string {
  if (seconds < 60) return words.common.seconds(seconds);
  if (seconds < 3600) return words.common.minutes(seconds / 60);
  if (seconds < 86_400) return words.common.hours(seconds / 3600);
  return words.common.days(seconds / 86_400);
}

export const daysBetween = (fromMs: number, toMs: number): number => Math.max(0, Math.floor((toMs - fromMs) / DAY_MS));
