/**
 * Questions people ask of stored observations, whatever they are about.
 *
 * A question is a source, a period, a filter in the expression language and one of four
 * shapes: rows, the busiest of a field, a series over time, or a figure. The same shapes
 * serve the command line, the API and the console; the SQL lives in store/telemetry.
 */
import type { Text } from './text.ts';

/** 'telescope': cells of telescope_minute. 'flow': flow records. */
export const EXPLORE_SOURCES = ['telescope', 'flow'] as const;
export type ExploreSource = (typeof EXPLORE_SOURCES)[number];

export const FIELD_TYPES = [
  'address',
  'port',
  'number',
  'duration',
  'protocol',
  'class',
  'flags',
  'country',
  'asn',
  'name',
  'mark',
  'direction',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** A field that filters, groups or is shown. Its `id` is the word people type. */
export interface ExploreField {
  readonly id: string; // 'source', 'port', 'asn' …
  readonly type: FieldType;
  readonly title: Text;
  readonly description: Text;
  readonly sources: readonly ExploreSource[];
  readonly canGroup: boolean;
  readonly canFilter: boolean;
  /** What may be typed behind it. */
  readonly examples: readonly string[];
}

/** What is summed or counted. Flow measures are multiplied by the sampling interval unless `raw` is asked for. */
export const MEASURES = ['packets', 'bytes', 'flows', 'sources', 'destinations'] as const;
export type Measure = (typeof MEASURES)[number];

export interface ExploreScope {
  readonly tenant: string;
  readonly source: ExploreSource;
  readonly from: number; // Unix ms, inclusive
  readonly to: number; // exclusive
  /** Expression; '' is everything. */
  readonly filter: string;
  /** Counters as exported, not multiplied by the sampling interval. */
  readonly raw?: boolean;
}

export interface ExploreTopRow {
  /** One value per field that was grouped by, as people write it: '192.0.2.1', 'tcp', '23', 'JP'. */
  readonly keys: readonly string[];
  readonly packets: number;
  readonly bytes: number;
  /** Flow records, or cells for a telescope; null when a rollup answered, which does not count them. */
  readonly records: number | null;
  /** Distinct sources; null when not asked for. */
  readonly sources: number | null;
  /** Distinct destinations, likewise. */
  readonly destinations: number | null;
}

export interface ExploreSeries {
  /** Value of the field the series is split by; null for all together, '…' for the rest. */
  readonly key: string | null;
  /** One figure per step. */
  readonly values: readonly number[];
}

/** Columns of a row by field id; times are Unix ms, addresses text. */
export type ExploreRow = Readonly<Record<string, string | number>>;

/** What one sensor or exporter said of its own work in the period. */
export interface QualityOrigin {
  readonly sensor: string;
  /** '' for a telescope. */
  readonly exporter: string;
  readonly kind: string;
  readonly received: number;
  readonly records: number;
  readonly lost: number;
  readonly lostUnit: string;
  readonly dropped: number;
  readonly malformed: number;
  readonly withoutTemplate: number;
}

/** What may make a figure smaller than the truth, beside the times when nobody watched. */
export interface ExploreQuality {
  /** Single observations of the period before this are erased while sums of them remain; null when all are kept. Unix ms. */
  readonly erasedUntil: number | null;
  readonly origins: readonly QualityOrigin[];
  /** Sampling intervals of the flow records; null for a telescope and without records. */
  readonly sampling: {
    readonly low: number;
    readonly high: number;
    readonly unknownRecords: number;
    readonly isMultiplied: boolean;
  } | null;
}
