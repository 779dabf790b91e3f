/**
 * The words of surges and campaigns: many sources that began to do the same.
 *
 * What is counted is always distinct sources, never packets: one busy scanner is no trend.
 * A port is a `place`: protocol number * 65536 + port, one number because it is a key.
 */

const PORT_RANGE = 65_536;

export const placeOf = (protocol: number, port: number): number => protocol * PORT_RANGE + port;
export const protocolOf = (place: number): number => Math.floor(place / PORT_RANGE);
export const portOf = (place: number): number => place % PORT_RANGE;

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' };
/** 'tcp/23', as people write it. */
export const placeText = (place: number): string => `${PROTOCOLS[protocolOf(place)] ?? protocolOf(place)}/${portOf(place)}`;

/** 'sudden': within minutes. 'slow': over hours or days, each hour a little more. */
export const SURGE_KINDS = ['sudden', 'slow'] as const;
export type SurgeKind = (typeof SURGE_KINDS)[number];

/**
 * What "usual" was taken from. The same hour of the week needs three weeks of history, the
 * same hour of the day five days; before that there are only all the hours there were.
 */
export const SURGE_BASES = ['hour-of-week', 'hour-of-day', 'all-hours'] as const;
export type SurgeBasis = (typeof SURGE_BASES)[number];

/** 'over': usual again for an hour. 'became-usual': went on for a week, so it is what is usual now. */
export const SURGE_ENDS = ['over', 'became-usual'] as const;
export type SurgeEnd = (typeof SURGE_ENDS)[number];

/** How many sources, by a country's code or an AS number. */
export type Share = readonly [key: string, sources: number];

/** Whose the sources are, since the onset. */
export interface SurgeEvidence {
  readonly countries: readonly Share[];
  readonly networks: readonly Share[];
  /** Sources that did not knock on this port in the day before. */
  readonly fresh: number;
  /** Sources that sent a single packet: their addresses may be forged. */
  readonly singlePacket: number;
  /** Sources whose packets carry a tool's mark. */
  readonly marks: Readonly<Record<string, number>>;
}

export interface Surge {
  readonly id: number;
  readonly sensor: string;
  readonly place: number;
  readonly kind: SurgeKind;
  readonly onsetAt: number; // Unix ms, to the minute
  /** End of the window in which it was recognised. */
  readonly detectedAt: number;
  /** End of the last window in which it was above usual. */
  readonly lastAt: number;
  readonly endedAt: number | null;
  readonly endReason: SurgeEnd | null;
  readonly basis: SurgeBasis;
  /** How many earlier windows say what is usual. */
  readonly samples: number;
  /** Sources per window: the median of what was usual, and what had to be passed. */
  readonly usual: number;
  readonly limit: number;
  /** Most sources of one window. */
  readonly peak: number;
  readonly peakAt: number;
  /** Distinct, since the onset. */
  readonly sources: number;
  readonly networks: number; // /24, or /48 of IPv6
  readonly asns: number;
  readonly evidence: SurgeEvidence;
  /** When it passed 10, 100, 1000 … sources: the record grows, no other is made. */
  readonly growth: readonly { readonly at: number; readonly sources: number }[];
}

/** How many sources each place had in an hour: six slots of ten minutes, then the whole hour. */
export interface HourCounts {
  readonly hour: number; // Unix ms
  /** Bit i: the sensor watched all of slot i; bit 6: all of the hour. */
  readonly watched: number;
  /** Ascending. */
  readonly places: Uint32Array;
  /** Seven values for each place; see hour-counts.ts. */
  readonly values: Uint16Array;
}

export const SLOTS = 6;
export const HOUR_SLOT = 6;
export const VALUES = 7;
/** Fewer sources than this in a slot are not kept. */
export const FEWEST_SOURCES = 3;

export interface Campaign {
  readonly id: number;
  readonly sensor: string;
  /** Ascending. */
  readonly ports: readonly number[];
  readonly firstDay: number;
  readonly lastDay: number;
  readonly firstSeenAt: number;
  /** Null: there were no days before to compare with. */
  readonly isNew: boolean | null;
  /** Sources on its last day. */
  readonly size: number;
  readonly evidence: CampaignEvidence;
  readonly days: readonly { readonly day: number; readonly size: number }[];
}

export interface CampaignEvidence {
  readonly networks: number;
  readonly asns: number;
  readonly countries: readonly Share[];
  readonly topNetworks: readonly Share[];
}

/** A vulnerability known to be exploited, as CISA lists it. */
export interface KevEntry {
  readonly cve: string;
  readonly vendor: string;
  readonly product: string;
  readonly name: string;
  readonly description: string;
  readonly action: string;
  readonly addedAt: number; // Unix ms, start of the day
  readonly dueAt: number | null;
  /** 'Known' or 'Unknown', as listed. */
  readonly ransomware: string;
}
