/** Asks flow records: single ones, the busiest of any field, sums over time. */
import { exploreCommand } from '../explore.ts';

export default exploreCommand(
  'flows',
  'flow',
  'Searches flow records: single ones, the busiest (--top) or over time (--series). docs/filters.md explains FILTER.',
);
