/**
 * How well exporters were heard, minute by minute: rows of `sensor_minute` in the making.
 *
 * A decoder notes what happens while it works; the rows are taken together with the flows
 * they are about. Rows of one minute add up, so a minute may be handed over in parts.
 */
import { type Column, type ColumnBatch, sensorMinute } from '../domain/telemetry-table.ts';

export interface SensorMinuteSource {
  /** Address of the exporter as text. */
  readonly exporter: string;
  readonly domain: number;
  readonly kind: string; // 'netflow-5', 'netflow-9', 'ipfix', 'sflow'
  readonly lostUnit: string;
}

/** The counters of one source in one minute. */
export class SensorMinute {
  readonly source: SensorMinuteSource;
  readonly second: number; // Unix, start of the minute
  received = 0;
  records = 0;
  lost = 0;
  dropped = 0;
  malformed = 0;
  withoutTemplate = 0;
  skewLow = 0;
  skewHigh = 0;
  #hasSkew = false;

  constructor(source: SensorMinuteSource, second: number) {
    this.source = source;
    this.second = second;
  }

  noteSkew(milliseconds: number): void {
    const skew = Math.min(0xffff_ffff, Math.abs(Math.round(milliseconds)));
    if (!this.#hasSkew || skew < this.skewLow) this.skewLow = skew;
    if (skew > this.skewHigh) this.skewHigh = skew;
    this.#hasSkew = true;
  }
}

export class SensorMinutes {
  #rows: SensorMinute[] = [];
  /** Goes up whenever rows are taken: rows opened before are closed. */
  generation = 0;

  get count(): number {
    return this.#rows.length;
  }

  /** A new row; its owner goes on counting in it until the rows are taken. */
  open(source: SensorMinuteSource, at: number): SensorMinute {
    const row = new SensorMinute(source, minuteOf(at));
    this.#rows.push(row);
    return row;
  }

  /** Hands the rows over; undefined when there are none. Rows taken are never written again. */
  take(tenant: string, sensor: string): ColumnBatch | undefined {
    const rows = this.#rows;
    this.#rows = [];
    this.generation++;
    return rows.length === 0 ? undefined : toBatch(rows, tenant, sensor);
  }
}

export const minuteOf = (at: number): number => Math.min(0xffff_ffff, Math.max(0, Math.floor(at / 60_000) * 60));

function toBatch(rows: readonly SensorMinute[], tenant: string, sensor: string): ColumnBatch {
  const one = new Uint8Array(rows.length);
  const wide = (value: (row: SensorMinute) => number): BigUint64Array => BigUint64Array.from(rows, (row) => BigInt(value(row)));
  const word = (value: (row: SensorMinute) => number): Uint32Array => Uint32Array.from(rows, value);
  const columns: Record<keyof typeof sensorMinute.columns, Column> = {
    minute: word((row) => row.second),
    tenant: { dictionary: [tenant], codes: one },
    sensor: { dictionary: [sensor], codes: one },
    exporter: dictionaryOf(rows, (row) => row.source.exporter),
    domain: word((row) => row.source.domain),
    kind: dictionaryOf(rows, (row) => row.source.kind),
    received: wide((row) => row.received),
    records: wide((row) => row.records),
    lost: wide((row) => row.lost),
    lost_unit: dictionaryOf(rows, (row) => row.source.lostUnit),
    dropped: wide((row) => row.dropped),
    malformed: wide((row) => row.malformed),
    without_template: wide((row) => row.withoutTemplate),
    skew_ms_low: word((row) => row.skewLow),
    skew_ms_high: word((row) => row.skewHigh),
  };
  return { table: sensorMinute.name, rows: rows.length, columns };
}

function dictionaryOf(rows: readonly SensorMinute[], text: (row: SensorMinute) => string): Column {
  const known = new Map<string, number>();
  const codes = Uint32Array.from(rows, (row) => {
    const value = text(row);
    const code = known.get(value) ?? known.size;
    known.set(value, code);
    return code;
  });
  return { dictionary: [...known.keys()], codes };
}
