/**
 * Sources that look for Telnet, the way Mirai and its relatives spread.
 *
 * Two detectors look at the same sources: this decides which of them one belongs to,
 * so that one act is never reported twice.
 */
import type { PortCount, ScanningSourceRow } from '../domain/question.ts';

const TCP = 6;
const TELNET_PORTS: ReadonlySet<number> = new Set([23, 2323]);

/** From here on a source surveys services instead of looking for one. NICTER calls 30 ports in a day a survey. */
const SURVEY_PORTS = 30;

export function telnetPorts(row: ScanningSourceRow): readonly PortCount[] {
  return row.ports.filter(({ protocol, port }) => protocol === TCP && TELNET_PORTS.has(port));
}

export function telnetPackets(row: ScanningSourceRow): number {
  return telnetPorts(row).reduce((sum, { packets }) => sum + packets, 0);
}

/** Most of what it sends goes to Telnet, and it is no survey of many services. */
export function isTelnetSeeker(row: ScanningSourceRow): boolean {
  return row.distinctPorts < SURVEY_PORTS && telnetPackets(row) * 2 >= row.packets;
}
