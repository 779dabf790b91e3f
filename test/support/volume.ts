/**
 * How much a test with volume does: enough to find a fault by default, the full volume in the thorough run.
 *
 * `npm run test:thorough` sets YAGURA_THOROUGH=1. Names of tests say their number, so a report tells what ran.
 */
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    isThorough: boolean;
  }
}

export const isThorough = inject('isThorough');

export const volume = (usual: number, thorough: number): number => (isThorough ? thorough : usual);

interface Runs {
  readonly numRuns: number;
  readonly seed?: number;
}

/** For fast-check: always the same few cases, or many that nobody has seen before. */
export const runs = (usual: number, thorough: number): Runs => (isThorough ? { numRuns: thorough } : { numRuns: usual, seed: 1 });
