/** Figures and times as an explanation writes them: always UTC, because providers compare them with their records. */
import type { Text } from '../domain/text.ts';

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const MINUTE = 60_000;

export const same = (word: string): Text => ({ ja: word, en: word });

export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** '1 packet', '12 packets'. */
export const countEn = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${Math.round(value) === 1 ? one : many}`;

export function moment(at: number): Text {
  const date = new Date(at);
  const clock = date.toISOString().slice(11, 16);
  return {
    ja: `${date.getUTCFullYear()}年${date.getUTCMonth() + 1}月${date.getUTCDate()}日 ${clock} UTC`,
    en: `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ''} ${date.getUTCFullYear()}, ${clock} UTC`,
  };
}

export function lasted(from: number, to: number): Text {
  const minutes = Math.max(1, Math.round((to - from) / MINUTE));
  if (minutes < 120) return { ja: `${count(minutes)}分`, en: countEn(minutes, 'minute') };
  const hours = Math.round(minutes / 6) / 10;
  if (hours < 48) return { ja: `${hours}時間`, en: `${hours} hours` };
  const days = Math.round(hours / 2.4) / 10;
  return { ja: `${days}日間`, en: `${days} days` };
}

export const percent = (share: number): string => {
  const value = share * 100;
  if (value > 99 && value < 100) return `${(Math.floor(value * 10) / 10).toFixed(1)}%`;
  return `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)}%`;
};
