/** How many addresses were observed, as people read it: one number, or from which to which. */
import type { Statistics } from '../../../src/server/statistics-contract.ts';
import type { Format } from '../../format.ts';
import type { Words } from '../../words/ja.ts';

export function addressText(addresses: Statistics['totals']['addresses'], words: Words, format: Format): string {
  return addresses === null
    ? words.common.unknown
    : words.statistics.observedRange(format.count(addresses.low), format.count(addresses.high));
}
