/**
 * The questions detectors ask of the telescope, and the rows that answer them.
 *
 * One row per source, so that judging needs no memory between rows and rows can be
 * streamed. The SQL lives in store/telemetry; detectors only know these shapes.
 */

/** Packets of one source to one port of one sensor within the period. */
export interface PortCount {
  readonly protocol: number; // IANA
  readonly port: number;
  readonly packets: number;
}

/** What one source did to one sensor within one period: every class but backscatter. */
export interface ScanningSourceRow {
  readonly source: string; // address text
  readonly packets: number;
  readonly bytes: number;
  readonly synPackets: number; // class tcp-scan
  readonly udpPackets: number; // class udp-probe
  readonly pingPackets: number;
  readonly firstSeenAt: number; // Unix ms
  readonly lastSeenAt: number;
  readonly minutes: number; // distinct minutes with packets
  readonly targets: number; // distinct destinations, estimated
  readonly areTargetsALowerBound: boolean; // the bitmap is full
  readonly ports: readonly PortCount[]; // at most 64, by packets descending
  readonly distinctPorts: number;
  readonly sourcePort: number; // of the first packet
  readonly ttlMin: number;
  readonly ttlMax: number;
  readonly window: number;
  readonly marks: { readonly mirai: number; readonly zmap: number; readonly masscan: number; readonly nmap: number; readonly bare: number };
  readonly miraiPorts: readonly PortCount[]; // packets with the Mirai mark, by port
}

/** Backscatter of one victim within one period. */
export interface BackscatterVictimRow {
  readonly source: string; // the victim
  readonly packets: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly targets: number;
  readonly areTargetsALowerBound: boolean;
  readonly services: readonly PortCount[]; // attacked services (port is the victim's own)
  readonly minutes: readonly number[]; // Unix seconds, ascending
  readonly packetsPerMinute: readonly number[]; // same length as minutes
}

export interface TelescopeQuestionRows {
  'scanning-sources': ScanningSourceRow;
  'backscatter-victims': BackscatterVictimRow;
}
export type TelescopeQuestion = keyof TelescopeQuestionRows;

/** The sensor a question was about: thresholds depend on how many addresses watch. */
export interface Sensor {
  readonly id: string;
  readonly title: string;
  /** Unused addresses it observes; null when nobody has said, then nothing is extrapolated. */
  readonly addresses: number | null;
}
