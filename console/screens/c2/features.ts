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

/** In the order of the names, which is the order of the argument; what has no name comes last. */
export function inOrder(
  features: Features,
  names: Readonly<Record<string, string>>,
): readonly (readonly [name: string, value: number | null])[] {
  const known = Object.keys(names).filter((name) => name in features);
  const others = Object.keys(features).filter((name) => !(name in names));
  return [...known, ...others].map((name) => [name, features[name] ?? null]);
}

export function rhythmOf(features: Features): RhythmFigures | undefined {
  const period = features['periodSeconds'];
  if (period === null || period === undefined || period <= 0) return undefined;
  return { periodSeconds: period, evenness: features['timeScore'] ?? null };
}
