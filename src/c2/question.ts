/** What the scorer is asked: whose flows of which time, from which seeds, by which rules. */
import type { C2FlowScope, C2Seeds } from '../domain/c2-flows.ts';
import type { PopularService } from './popular.ts';
import type { C2Settings } from './settings.ts';

export interface C2Question extends C2FlowScope {
  readonly seeds: C2Seeds;
  /** Services that are marked: `loadPopular()` and the operator's own. */
  readonly allow: readonly PopularService[];
  readonly settings: C2Settings;
}
