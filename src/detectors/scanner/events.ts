/**
 * Scan events: what one source did at one port without a long pause.
 *
 * An event is keyed by sensor, source, port and class, as Merit's Orion does it: it begins
 * with a probe, ends after a silence that an ongoing scan would hardly keep (how long that
 * is depends on the size of the sensor: thresholds.ts), and is kept when it met enough
 * different addresses fast enough. Events are made of stored minutes and of nothing else,
 * so hourly files, one big file and live input give the same ones. A minute is the finest
 * a stored cell knows: beginnings and ends are those of minutes.
 */
import type { ScanCell, ScanSeries } from '../../domain/question.ts';
import { estimateFromWords } from '../../domain/target-bits.ts';
import { internetWideRate } from './thresholds.ts';

export interface ScanEvent {
  readonly protocol: number;
  readonly port: number;
  readonly from: number; // Unix ms, start of its first minute
  readonly to: number; // end of its last minute
  readonly packets: number;
  readonly targets: number;
  readonly areTargetsALowerBound: boolean;
}

const MINUTE = 60;

/** The events of one series, in time order. Pure, and blind to the order and the cut of its cells. */
export function toScanEvents({ protocol, port, cells }: ScanSeries, timeoutSeconds: number): ScanEvent[] {
  const events: ScanEvent[] = [];
  let open: ScanCell[] = [];
  const close = (): void => {
    const [first] = open;
    const last = open.at(-1);
    if (first && last) events.push({ protocol, port, from: first.minute * 1000, to: (last.minute + MINUTE) * 1000, ...sumOf(open) });
    open = [];
  };
  for (const cell of cells.toSorted((a, b) => a.minute - b.minute)) {
    const last = open.at(-1);
    if (last && cell.minute - last.minute > Math.max(MINUTE, timeoutSeconds)) close();
    open.push(cell);
  }
  close();
  return events;
}

function sumOf(cells: readonly ScanCell[]): Pick<ScanEvent, 'packets' | 'targets' | 'areTargetsALowerBound'> {
  let packets = 0;
  let high = 0;
  let low = 0;
  for (const cell of cells) {
    packets += cell.packets;
    high |= cell.targetsHigh;
    low |= cell.targetsLow;
  }
  const met = estimateFromWords(high, low);
  // No event meets more addresses than it sent packets.
  const targets = Math.min(packets, met.targets);
  return { packets, targets, areTargetsALowerBound: met.areTargetsALowerBound && targets < packets };
}

export interface EventLimits {
  readonly minPackets: number;
  readonly minTargets: number;
  /** Packets per second on the whole Internet; not asked where the sensor's size is unknown. */
  readonly minRate: number;
  readonly addresses: number | null;
}

export function rateOf({ from, to, packets }: ScanEvent, addresses: number): number {
  return internetWideRate(addresses, packets / ((to - from) / 1000));
}

export function isKept(event: ScanEvent, { minPackets, minTargets, minRate, addresses }: EventLimits): boolean {
  const enough = event.packets >= minPackets && event.targets >= minTargets;
  return enough && (addresses === null || rateOf(event, addresses) >= minRate);
}
