/** Asks what reached the telescope: single cells, the busiest of any field, sums over time. */
import { exploreCommand } from '../explore.ts';

export default exploreCommand(
  'telescope',
  'telescope',
  'Searches what reached the telescope: single cells, the busiest (--top) or over time (--series). docs/filters.md explains FILTER.',
);
