/** How a value of a field is written on the screen. */
import type { Format } from '../../format.ts';
import { ClassMark } from '../../parts/icons.tsx';
import type { Words } from '../../words/ja.ts';
import type { Value } from './pivot.ts';

const COUNTED = new Set(['packets', 'bytes', 'duration', 'targets']);
const UNKNOWN_WHEN_EMPTY = new Set(['country', 'source-country', 'destination-country']);
const UNKNOWN_WHEN_ZERO = new Set(['asn', 'source-asn', 'destination-asn', 'sampling']);

export function valueText(field: string, value: Value, words: Words, format: Format): string {
  if (field === 'time') return format.utc(Number(value));
  if (UNKNOWN_WHEN_EMPTY.has(field)) return value === '' ? words.common.unknown : String(value);
  if (UNKNOWN_WHEN_ZERO.has(field)) return Number(value) === 0 ? words.common.unknown : String(value);
  if (COUNTED.has(field)) return format.count(Number(value));
  if (field === 'class') return (words.trafficClass as Readonly<Record<string, string>>)[String(value)] ?? String(value);
  if (field === 'protocol') return String(value).toUpperCase();
  return value === '' ? words.common.none : String(value);
}

export const isNumberType = (type: string): boolean => ['number', 'duration', 'port', 'asn'].includes(type);

export function ValueMark({ field, value }: { readonly field: string; readonly value: Value }) {
  return field === 'class' ? <ClassMark id={String(value)} /> : null;
}
