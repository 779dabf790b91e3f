/**
 * Rows of `sensor_minute` as columns, for whoever watches how well something is seen.
 *
 * Every collector and every listener says the same few numbers; most of them say only
 * two or three, so a row names what it knows and the rest is zero.
 */
import type { ColumnBatch, DictionaryColumn } from '../domain/telemetry-table.ts';

export interface SensorMinute {
  /** Unix ms within the minute of receipt. */
  readonly at: number;
  readonly kind: string;
  readonly exporter?: string;
  readonly domain?: number;
  readonly received?: number;
  readonly records?: number;
  readonly lost?: number;
  readonly lostUnit?: string;
  readonly dropped?: number;
  readonly malformed?: number;
  readonly withoutTemplate?: number;
  readonly skewMsLow?: number;
  readonly skewMsHigh?: number;
}

export const minuteOf = (at: number): number => Math.floor(at / 60_000) * 60;

export function sensorMinuteBatch(tenant: string, sensor: string, rows: readonly SensorMinute[]): ColumnBatch {
  const counts = (read: (row: SensorMinute) => number | undefined): BigUint64Array =>
    BigUint64Array.from(rows, (row) => BigInt(read(row) ?? 0));
  const words = (read: (row: SensorMinute) => number | undefined): Uint32Array => Uint32Array.from(rows, (row) => read(row) ?? 0);
  const texts = (read: (row: SensorMinute) => string | undefined): DictionaryColumn => toDictionary(rows.map((row) => read(row) ?? ''));
  return {
    table: 'sensor_minute',
    rows: rows.length,
    columns: {
      minute: words((row) => minuteOf(row.at)),
      tenant: texts(() => tenant),
      sensor: texts(() => sensor),
      exporter: texts((row) => row.exporter),
      domain: words((row) => row.domain),
      kind: texts((row) => row.kind),
      received: counts((row) => row.received),
      records: counts((row) => row.records),
      lost: counts((row) => row.lost),
      lost_unit: texts((row) => row.lostUnit),
      dropped: counts((row) => row.dropped),
      malformed: counts((row) => row.malformed),
      without_template: counts((row) => row.withoutTemplate),
      skew_ms_low: words((row) => row.skewMsLow),
      skew_ms_high: words((row) => row.skewMsHigh),
    },
  };
}

function toDictionary(values: readonly string[]): DictionaryColumn {
  const dictionary = [...new Set(values)];
  const index = new Map(dictionary.map((value, i) => [value, i]));
  return { dictionary, codes: Uint32Array.from(values, (value) => index.get(value) ?? 0) };
}
