/**
 * Holds findings against the ground truth: how much was found, how much of it is true.
 *
 * Pure. A finding matches what was planted by kind and asset. Several findings of a kind
 * about one asset count once. A judgement that is true without having been planted under
 * that kind (an infected host does scan) counts neither for nor against. Ratios carry
 * Wilson's 95 % interval, because small simulations plant few of some kinds.
 */
import type { Planted, Truth } from './truth.ts';

/** What the score needs of a finding; the hub's own findings fit. */
export interface ScoredFinding {
  readonly kind: string;
  readonly asset: { readonly value: string };
  readonly constituentId: string | null;
}

export interface Ratio {
  readonly hits: number;
  readonly of: number;
  /** Null when there is nothing to divide by. */
  readonly value: number | null;
  /** Wilson's interval at 95 %. */
  readonly low: number | null;
  readonly high: number | null;
}

interface KindScore {
  readonly kind: string;
  readonly planted: number;
  readonly detectable: number;
  readonly found: number;
  readonly truePositive: number;
  readonly falsePositive: number;
  /** True, but not planted under this kind. */
  readonly alsoTrue: number;
  /** Detectable and not found. */
  readonly missed: number;
  readonly precision: Ratio;
  /** Over the detectable. */
  readonly recall: Ratio;
  /** Over everything planted, evidence or not. */
  readonly recallAll: Ratio;
  /** True positives that were attributed to the right constituent, or rightly to nobody. */
  readonly attributionCorrect: Ratio;
}

export interface Score {
  readonly seed: number;
  readonly scale: string;
  readonly kinds: readonly KindScore[];
}

interface Expectation {
  isDetectable: boolean;
  readonly holders: Set<string | null>;
}

export function score(truth: Pick<Truth, 'seed' | 'scale' | 'planted'>, findings: Iterable<ScoredFinding>): Score {
  const expected = expectationsByKind(truth.planted);
  const alsoTrue = alsoTrueByKind(truth.planted);
  const found = holdersByKindAndAsset(findings);
  const kinds = [...new Set([...expected.keys(), ...found.keys()])].toSorted();
  return {
    seed: truth.seed,
    scale: truth.scale,
    kinds: kinds.map((kind) =>
      scoreKind(kind, expected.get(kind) ?? new Map(), alsoTrue.get(kind) ?? new Set(), found.get(kind) ?? new Map()),
    ),
  };
}

function expectationsByKind(planted: readonly Planted[]): Map<string, Map<string, Expectation>> {
  const kinds = new Map<string, Map<string, Expectation>>();
  for (const one of planted) {
    const assets = getOrCreate(kinds, one.kind, () => new Map<string, Expectation>());
    const expectation = getOrCreate(assets, one.asset, () => ({ isDetectable: false, holders: new Set() }));
    expectation.isDetectable ||= one.isDetectable;
    expectation.holders.add(one.constituentId);
  }
  return kinds;
}

function alsoTrueByKind(planted: readonly Planted[]): Map<string, Set<string>> {
  const kinds = new Map<string, Set<string>>();
  for (const one of planted) for (const kind of one.alsoTrue) getOrCreate(kinds, kind, () => new Set<string>()).add(one.asset);
  return kinds;
}

function holdersByKindAndAsset(findings: Iterable<ScoredFinding>): Map<string, Map<string, Set<string | null>>> {
  const kinds = new Map<string, Map<string, Set<string | null>>>();
  for (const { kind, asset, constituentId } of findings) {
    const assets = getOrCreate(kinds, kind, () => new Map<string, Set<string | null>>());
    getOrCreate(assets, asset.value, () => new Set()).add(constituentId);
  }
  return kinds;
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const present = map.get(key);
  if (present !== undefined) return present;
  const created = create();
  map.set(key, created);
  return created;
}

function scoreKind(
  kind: string,
  expected: ReadonlyMap<string, Expectation>,
  alsoTrue: ReadonlySet<string>,
  found: ReadonlyMap<string, ReadonlySet<string | null>>,
): KindScore {
  const assets = [...found.keys()];
  const hits = assets.filter((asset) => expected.has(asset));
  const tolerated = assets.filter((asset) => !expected.has(asset) && alsoTrue.has(asset)).length;
  const detectable = [...expected.values()].filter((one) => one.isDetectable).length;
  const detectableHits = hits.filter((asset) => expected.get(asset)?.isDetectable).length;
  const rightHolder = hits.filter((asset) => isSubset(found.get(asset) ?? new Set(), expected.get(asset)?.holders ?? new Set())).length;
  const falsePositive = assets.length - hits.length - tolerated;
  return {
    kind,
    planted: expected.size,
    detectable,
    found: assets.length,
    truePositive: hits.length,
    falsePositive,
    alsoTrue: tolerated,
    missed: detectable - detectableHits,
    precision: ratio(hits.length, hits.length + falsePositive),
    recall: ratio(detectableHits, detectable),
    recallAll: ratio(hits.length, expected.size),
    attributionCorrect: ratio(rightHolder, hits.length),
  };
}

function isSubset(part: ReadonlySet<string | null>, whole: ReadonlySet<string | null>): boolean {
  return [...part].every((one) => whole.has(one));
}

/** Wilson's score interval (1927): honest for few cases and for 0 or 100 %. */
export function ratio(hits: number, of: number): Ratio {
  if (of === 0) return { hits, of, value: null, low: null, high: null };
  const z = 1.959964;
  const value = hits / of;
  const middle = value + (z * z) / (2 * of);
  const spread = z * Math.sqrt((value * (1 - value)) / of + (z * z) / (4 * of * of));
  const scale = 1 + (z * z) / of;
  return { hits, of, value, low: Math.max(0, (middle - spread) / scale), high: Math.min(1, (middle + spread) / scale) };
}

/** A table for people; kinds and heads are the terms of the findings, the same in every language. */
export function formatScore(result: Score): string {
  const heads = [
    'kind',
    'planted',
    'detectable',
    'found',
    'TP',
    'FP',
    'also true',
    'missed',
    'precision',
    'recall',
    'recall (all)',
    'attribution',
  ];
  const rows = result.kinds.map((one) => [
    one.kind,
    ...[one.planted, one.detectable, one.found, one.truePositive, one.falsePositive, one.alsoTrue, one.missed].map(String),
    ...[one.precision, one.recall, one.recallAll, one.attributionCorrect].map(formatRatio),
  ]);
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const draw = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ');
  return [heads, ...rows].map(draw).join('\n');
}

function formatRatio({ value, low, high }: Ratio): string {
  if (value === null || low === null || high === null) return '-';
  return `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}
