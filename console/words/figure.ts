/**
 * Figures inside sentences: grouped by thousands in both languages, and in words where
 * an English sentence starts with a small count.
 */
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const shortJapanese = new Intl.NumberFormat('ja-JP', { notation: 'compact', maximumSignificantDigits: 3 });
const shortEnglish = new Intl.NumberFormat('en-GB', { notation: 'compact', compactDisplay: 'long', maximumSignificantDigits: 3 });
const roundedEnglish = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 });
const ENGLISH = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** 1,234 with a true minus sign. */
export const figure = (value: number): string => grouped.format(value).replace('-', '\u2212');

/** 3つ, 12: the native counter stops at nine. */
export const thingsJa = (value: number): string => (value > 0 && value < 10 ? `${figure(value)}つ` : figure(value));

/** 132万: exact below ten thousand. */
export const shortJa = (value: number): string => (Math.abs(value) < 10_000 ? figure(value) : shortJapanese.format(value));

/** 1.32 million: exact below ten thousand, rounded below a million. */
export function shortEn(value: number): string {
  if (Math.abs(value) < 10_000) return figure(value);
  return (Math.abs(value) < 1_000_000 ? roundedEnglish : shortEnglish).format(value);
}

/** "Seven", "12": how an English sentence begins. */
export function startEn(value: number): string {
  const word = Number.isInteger(value) ? ENGLISH[value] : undefined;
  return word ? word.charAt(0).toUpperCase() + word.slice(1) : figure(value);
}

/** "1 case", "7 cases". */
export const countEn = (value: number, one: string, many = `${one}s`): string => `${figure(value)} ${value === 1 ? one : many}`;
