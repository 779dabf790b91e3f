/** Where a figure of the Now screen goes on: the same thing in exploration, over the same period. */
import type { TrafficTop } from '../../src/server/contract.ts';
import type { Period } from '../queries.ts';

export function exploreAddress(by: TrafficTop['by'], key: string, { from, to }: Period): string {
  const query = new URLSearchParams({ source: 'telescope', filter: filterFor(by, key), from: String(from), to: String(to) });
  return `/explore?${query.toString().replaceAll('+', '%20')}`;
}

/** In the words people type: 'port 23 and protocol tcp', 'country unknown'. */
export function filterFor(by: TrafficTop['by'], key: string): string {
  if (by === 'source') return `source ${key}`;
  if (by === 'country') return `country ${key === '' ? 'unknown' : key}`;
  if (by === 'network') return `asn ${key === '' ? '0' : key}`;
  const [protocol = '', port = ''] = key.split('/');
  return protocol === 'tcp' || protocol === 'udp' ? `port ${port} and protocol ${protocol}` : `protocol ${protocol}`;
}
