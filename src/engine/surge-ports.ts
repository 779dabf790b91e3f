/** What the judging of surges and campaigns needs of the stores, said in its own words. */
import type { Campaign, Share, Surge, SurgeEvidence } from '../domain/surge.ts';

export interface SensorPeriod {
  readonly tenant: string;
  readonly sensor: string;
  readonly from: number; // Unix ms, inclusive
  readonly to: number; // exclusive
}

/** One port; see placeOf. */
export interface PlacePeriod extends SensorPeriod {
  readonly place: number;
}

/** A telescope, and from when to when there is something of it; `cellsFrom`: since when single cells are kept. */
export interface SensorSpan {
  readonly sensor: string;
  readonly from: number;
  readonly to: number; // end of the last minute
  readonly cellsFrom: number;
}

/** Sources of one place in one window of ten minutes. */
export interface WindowCount {
  /** End of the window, Unix ms. */
  readonly to: number;
  readonly place: number;
  readonly sources: number;
}

/** Who asked for one port within a period. */
export interface PortSources {
  readonly sources: number;
  readonly networks: number; // /24 of IPv4, /48 of IPv6
  readonly asns: number; // known ones
  readonly evidence: SurgeEvidence;
  /** Of those who did not ask for it in the day before; the last hour or two before the period do not count. */
  readonly fresh: {
    readonly networks: number;
    readonly asns: number;
    /** Sources whose AS is known, and those of the largest. */
    readonly known: number;
    readonly largestAs: number;
  };
}

/** Sources of a day that had exactly these ports. */
export interface PortSet {
  /** Places, ascending. */
  readonly ports: readonly number[];
  readonly sources: number;
  readonly firstSeenAt: number; // Unix ms
  readonly networks: number;
  readonly countries: readonly Share[];
  readonly asns: readonly Share[];
}

export interface SurgeReader {
  spans(tenant: string): Promise<SensorSpan[]>;
  /** Packets of each hour that has any, by its start: tells which hours changed. */
  hourPackets(period: SensorPeriod): Promise<ReadonlyMap<number, number>>;
  /** Every window that ends within the hour, also on its end; the first reaches back before it. */
  windows(tenant: string, sensor: string, hour: number): Promise<WindowCount[]>;
  /** Sources of the hour as a whole. */
  portHour(tenant: string, sensor: string, hour: number): Promise<{ readonly place: number; readonly sources: number }[]>;
  /** Distinct sources of one port, minute by minute. */
  minutes(period: PlacePeriod): Promise<number[]>;
  sources(period: PlacePeriod, cellsFrom: number): Promise<PortSources>;
  /** The different port sets of a day, and how many sources were too broad to have one. */
  portSets(period: SensorPeriod): Promise<{ readonly sets: readonly PortSet[]; readonly broad: number }>;
}

/** An hour as it was counted: again when its packets changed or more of it has passed. */
export interface CountedHour {
  readonly hour: number;
  readonly packets: number;
  readonly countedUntil: number;
  readonly watched: number;
  readonly counts: Uint8Array;
}

export interface SurgeQuery {
  readonly sensor?: string | undefined;
  /** Not ended before this time. */
  readonly since?: number | undefined;
  readonly limit?: number | undefined;
}

export interface SurgePage {
  readonly rows: readonly Surge[];
  readonly total: number;
}

/** A day whose campaigns were told, and what was left out of it. */
export interface CampaignDay {
  readonly day: number;
  readonly sources: number;
  readonly broad: number;
}

export interface CampaignChange {
  readonly changed: readonly Campaign[];
  readonly begun: readonly Omit<Campaign, 'id'>[];
  readonly gone: readonly Campaign[];
}

export interface SurgeStore {
  hours(tenant: string, sensor: string, from: number): Promise<CountedHour[]>;
  writeHour(tenant: string, sensor: string, hour: CountedHour): Promise<void>;
  /** Forgets what is too old to say what is usual. */
  forgetHours(tenant: string, sensor: string, before: number): Promise<void>;
  /** Newest first. */
  surges(tenant: string, query: SurgeQuery): Promise<SurgePage>;
  surge(tenant: string, id: number): Promise<Surge | null>;
  addSurge(tenant: string, surge: Omit<Surge, 'id'>): Promise<Surge>;
  changeSurge(tenant: string, surge: Surge): Promise<void>;
  campaigns(tenant: string, sensor?: string): Promise<Campaign[]>;
  campaignDays(tenant: string, sensor: string): Promise<CampaignDay[]>;
  /** What one day showed, all of it or nothing. */
  writeCampaigns(tenant: string, sensor: string, day: CampaignDay, change: CampaignChange): Promise<void>;
}
