/**
 * The questions detectors ask of the telescope, and the rows that answer them.
 *
 * One row per source, so that judging needs no memory between rows and rows can be
 * streamed. The SQL lives in store/telemetry; detectors only know these shapes.
 */

/** No series reaches further back than this before its period. */
export const LONGEST_LOOK_BACK_MS: number = 6 * 3_600_000;

/** Packets of one source to one port of one sensor within the period. */
export interface PortCount {
  readonly protocol: number; // IANA
  readonly port: number;
  readonly packets: number;
}

/**
 * One minute of probes of one source to one port. Files that cut a minute in two leave two
 * of them: whoever counts minutes must put them together.
 */
export interface ScanCell {
  readonly minute: number; // Unix seconds
  readonly packets: number;
  /** The cell's bitmap of destinations, upper and lower half. */
  readonly targetsHigh: number;
  readonly targetsLow: number;
}

/** The probes of one source to one port, minute by minute in no order: what scan events are made of. */
export interface ScanSeries {
  readonly protocol: number; // tells the class: TCP scan, UDP probe or ping
  readonly port: number;
  readonly cells: readonly ScanCell[];
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
  /** Probes without the Mirai mark to the busiest ports (at most 16), with the minutes of the time before the period. */
  readonly scans: readonly ScanSeries[];
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
  readonly minutes: readonly AnswerMinute[]; // ascending, one per minute with answers
}

/** The answers of one victim within one minute. */
export interface AnswerMinute {
  readonly minute: number; // Unix seconds
  readonly packets: number;
  readonly firstAt: number; // Unix ms
  readonly lastAt: number;
  readonly services: readonly PortCount[]; // the busiest, at most four
  readonly distinctServices: number;
}

/** Many sources that sent one packet each in the whole period, to one port, within ten minutes: senders are forged that way. */
export interface OnePacketFlood {
  readonly protocol: number;
  readonly port: number;
  readonly from: number; // Unix ms, start of the ten minutes
  readonly to: number;
  readonly sources: number;
}

export interface TelescopeQuestionRows {
  'scanning-sources': ScanningSourceRow;
  'backscatter-victims': BackscatterVictimRow;
  'one-packet-floods': OnePacketFlood;
}
export type TelescopeQuestion = keyof TelescopeQuestionRows;

/** The sensor a question was about: thresholds depend on how many addresses watch. */
export interface Sensor {
  readonly id: string;
  readonly title: string;
  /** Unused addresses it observes; null when nobody has said, then nothing is extrapolated. */
  readonly addresses: number | null;
}
