/** The figures of a candidate by the names the scorer gives them: which are shares, and what its rhythm is. */
import type { RhythmFigures } from './rhythm.tsx';

export type Features = Readonly<Record<string, number | null>>;

/** From 0 to 1: these are drawn as bars. */
const SHARES: ReadonlySet<string> = new Set([
  'fanInEvidence',
  'beaconEvidence',
  'sizeEvidence',
  'noveltyEvidence',
  'indicatorEvidence',
  'infectedShare',
  'popularity',
  'beaconScore',
  'timeScore',
  'sizeScore',
  'histogramScore',
  'durationScore',
]);

export const isShare = (name: string): boolean => SHARES.has(name);

const isEvidence = (name: string): boolean => name.endsWith('Evidence');

/** What speaks for it first, as the score adds it up; then the rest in the scorer's own order. */
export function inOrder(features: Features): readonly (readonly [name: string, value: number | null])[] {
  const entries = Object.entries(features);
  return [...entries.filter(([name]) => isEvidence(name)), ...entries.filter(([name]) => !isEvidence(name))];
}

export function rhythmOf(features: Features): RhythmFigures | undefined {
  const period = features['periodSeconds'];
  if (period === null || period === undefined || period <= 0) return undefined;
  return { periodSeconds: period, evenness: features['timeScore'] ?? null };
}
