/**
 * The information elements that mean something to us, by number.
 *
 * NetFlow v9 and IPFIX share their numbers below 128 and most above. Several elements can
 * say the same thing; the one with the lowest rank is believed when a template has more
 * than one, so that incoming counters win over outgoing ones and deltas over totals.
 */

export type Target =
  | 'bytes'
  | 'packets'
  | 'reverseBytes'
  | 'reversePackets'
  | 'reverseFlags'
  | 'reverseTos'
  | 'protocol'
  | 'tos'
  | 'tcpFlags'
  | 'sourcePort'
  | 'destinationPort'
  | 'source4'
  | 'source6'
  | 'destination4'
  | 'destination6'
  | 'input'
  | 'output'
  | 'direction'
  | 'natSource4'
  | 'natSource6'
  | 'natDestination4'
  | 'natDestination6'
  | 'natSourcePort'
  | 'natDestinationPort'
  | 'icmp'
  | 'icmpv6'
  | 'icmpType'
  | 'icmpCode'
  | 'icmpv6Type'
  | 'icmpv6Code'
  | 'start'
  | 'end'
  | 'duration'
  | 'initialised'
  | 'sampler'
  | 'interval'
  | 'every'
  | 'skipped'
  | 'sampled'
  | 'population'
  | 'probability'
  | 'frame'
  | 'packetHeader';

/** How a field counts time. */
export type Clock = 'uptime' | 'seconds' | 'milliseconds' | 'ntp' | 'delta-microseconds' | 'microseconds';

/** What widths a field may have: a number, exactly so many bytes, or any stretch of bytes. */
export type Width = 'number' | 'bytes' | 1 | 2 | 4 | 8 | 16;

export interface Element {
  readonly target: Target;
  readonly rank: number;
  readonly width: Width;
  readonly clock: Clock | undefined;
}

const of = (target: Target, rank = 0, width: Width = 'number'): Element => ({ target, rank, width, clock: undefined });
const time = (target: Target, rank: number, clock: Clock, width: Width): Element => ({ target, rank, width, clock });

const ELEMENTS: ReadonlyMap<number, Element> = new Map([
  [1, of('bytes', 0)],
  [2, of('packets', 0)],
  [4, of('protocol')],
  [5, of('tos')],
  [6, of('tcpFlags')],
  [7, of('sourcePort', 0)],
  [8, of('source4', 0, 4)],
  [10, of('input', 0)],
  [11, of('destinationPort', 0)],
  [12, of('destination4', 0, 4)],
  [14, of('output', 0)],
  [21, time('end', 9, 'uptime', 4)],
  [22, time('start', 9, 'uptime', 4)],
  [23, of('bytes', 3)],
  [24, of('packets', 3)],
  [27, of('source6', 0, 16)],
  [28, of('destination6', 0, 16)],
  [32, of('icmp', 0, 2)],
  [34, of('interval', 0)],
  [48, of('sampler', 0)],
  [50, of('interval', 1)],
  [55, of('tos', 1)],
  [61, of('direction')],
  [85, of('bytes', 2)],
  [86, of('packets', 2)],
  [104, of('frame', 1, 'bytes')],
  [139, of('icmpv6', 0, 2)],
  [150, time('start', 3, 'seconds', 4)],
  [151, time('end', 3, 'seconds', 4)],
  [152, time('start', 0, 'milliseconds', 8)],
  [153, time('end', 0, 'milliseconds', 8)],
  [154, time('start', 1, 'ntp', 8)],
  [155, time('end', 1, 'ntp', 8)],
  [156, time('start', 2, 'ntp', 8)],
  [157, time('end', 2, 'ntp', 8)],
  [158, time('start', 4, 'delta-microseconds', 4)],
  [159, time('end', 4, 'delta-microseconds', 4)],
  [160, time('initialised', 0, 'milliseconds', 8)],
  [161, time('duration', 0, 'milliseconds', 'number')],
  [162, time('duration', 1, 'microseconds', 'number')],
  [171, of('bytes', 4)],
  [172, of('packets', 4)],
  [176, of('icmpType', 0, 1)],
  [177, of('icmpCode', 0, 1)],
  [178, of('icmpv6Type', 0, 1)],
  [179, of('icmpv6Code', 0, 1)],
  [180, of('sourcePort', 1)],
  [181, of('destinationPort', 1)],
  [182, of('sourcePort', 2)],
  [183, of('destinationPort', 2)],
  [225, of('natSource4', 0, 4)],
  [226, of('natDestination4', 0, 4)],
  [227, of('natSourcePort')],
  [228, of('natDestinationPort')],
  [231, of('bytes', 1)],
  [232, of('reverseBytes', 0)],
  [252, of('input', 1)],
  [253, of('output', 1)],
  [258, time('start', 14, 'milliseconds', 8)],
  [281, of('natSource6', 0, 16)],
  [282, of('natDestination6', 0, 16)],
  [298, of('packets', 1)],
  [299, of('reversePackets', 0)],
  [302, of('sampler', 1)],
  [305, of('every')],
  [306, of('skipped')],
  [309, of('sampled')],
  [310, of('population')],
  [311, of('probability', 0, 8)],
  [313, of('packetHeader', 0, 'bytes')],
  [315, of('frame', 0, 'bytes')],
  [322, time('start', 13, 'seconds', 4)],
  [323, time('start', 10, 'milliseconds', 8)],
  [324, time('start', 11, 'ntp', 8)],
  [325, time('start', 12, 'ntp', 8)],
  [352, of('bytes', 5)],
  // Controllers of wireless networks name the station.
  [366, of('source4', 1, 4)],
]);

/** Elements of security appliances in NetFlow v9, whose numbers IPFIX does not have: translated addresses and ports. */
const VERSION_9_ONLY: ReadonlyMap<number, Element> = new Map([
  [40_001, of('natSource4', 1, 4)],
  [40_002, of('natDestination4', 1, 4)],
  [40_003, of('natSourcePort', 1)],
  [40_004, of('natDestinationPort', 1)],
]);

/** The other direction of a biflow: the same elements under an enterprise number of their own (RFC 5103). */
const REVERSE_ENTERPRISE = 29_305;
const REVERSE: ReadonlyMap<number, Element> = new Map([
  [1, of('reverseBytes', 1)],
  [2, of('reversePackets', 1)],
  [85, of('reverseBytes', 2)],
  [86, of('reversePackets', 2)],
  [5, of('reverseTos')],
  [6, of('reverseFlags')],
]);

export function elementOf(version: number, id: number, enterprise: number): Element | undefined {
  if (enterprise === REVERSE_ENTERPRISE) return REVERSE.get(id);
  if (enterprise !== 0) return undefined;
  return ELEMENTS.get(id) ?? (version === 9 ? VERSION_9_ONLY.get(id) : undefined);
}
