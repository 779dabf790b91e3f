/**
 * Sources that ask for the same ports, put together: a campaign is a port set and who has it.
 *
 * The store hands over each different set of ports once, with how many sources had it. The
 * sets are taken from the most common down; each joins the first leader it resembles, or
 * leads itself. Joining leaders only, never members, keeps unlike sets from being chained.
 */
import type { Campaign, CampaignEvidence, Share } from '../domain/surge.ts';
import type { CampaignChange, PortSet } from '../engine/surge-ports.ts';
import { bandKeys, jaccard } from './min-hash.ts';

export interface CampaignSettings {
  /** Similarity (Jaccard) from which two sets are the same. */
  readonly similarity: number;
  readonly sources: number;
  readonly networks: number;
  readonly asns: number;
}

export const CAMPAIGN_SETTINGS: CampaignSettings = { similarity: 0.6, sources: 10, networks: 5, asns: 2 };

export interface DayCampaign {
  readonly ports: readonly number[];
  readonly size: number;
  readonly firstSeenAt: number;
  readonly evidence: CampaignEvidence;
}

interface Group {
  readonly leader: PortSet;
  readonly members: PortSet[];
}

/** The campaigns of a day, largest first. */
export function clusterPortSets(sets: readonly PortSet[], settings: CampaignSettings): DayCampaign[] {
  return group(sets, settings.similarity)
    .map(toCampaign)
    .filter(({ size, evidence }) => size >= settings.sources && isWidespread(evidence, settings))
    .sort((a, b) => b.size - a.size);
}

function group(sets: readonly PortSet[], similarity: number): Group[] {
  const groups: Group[] = [];
  const byBand = new Map<number, Group[]>();
  for (const set of sets.toSorted((a, b) => b.sources - a.sources || a.ports.length - b.ports.length)) {
    const keys = bandKeys(set.ports);
    const found = closest(set, new Set(Array.from(keys).flatMap((key) => byBand.get(key) ?? [])), similarity);
    if (found) {
      found.members.push(set);
      continue;
    }
    const own: Group = { leader: set, members: [set] };
    groups.push(own);
    for (const key of keys) {
      const same = byBand.get(key);
      if (same) same.push(own);
      else byBand.set(key, [own]);
    }
  }
  return groups;
}

function closest(set: PortSet, groups: Iterable<Group>, similarity: number): Group | undefined {
  let best: { readonly group: Group; readonly likeness: number } | undefined;
  for (const one of groups) {
    const likeness = jaccard(set.ports, one.leader.ports);
    if (likeness >= similarity && likeness > (best?.likeness ?? 0)) best = { group: one, likeness };
  }
  return best?.group;
}

/** Sources are disjoint between sets; networks may not be, so theirs is the most any set had. */
function toCampaign({ members }: Group): DayCampaign {
  const size = members.reduce((sum, { sources }) => sum + sources, 0);
  const weights = new Map<number, number>();
  for (const { ports, sources } of members) for (const port of ports) weights.set(port, (weights.get(port) ?? 0) + sources);
  const asns = sumShares(members.map((one) => one.asns));
  return {
    ports: [...weights].flatMap(([port, weight]) => (weight * 2 >= size ? [port] : [])).sort((a, b) => a - b),
    size,
    firstSeenAt: Math.min(...members.map(({ firstSeenAt }) => firstSeenAt)),
    evidence: {
      networks: Math.max(...members.map(({ networks }) => networks)),
      asns: asns.filter(([asn]) => asn !== UNKNOWN_AS).length,
      countries: sumShares(members.map(({ countries }) => countries)).slice(0, MOST_SHARES),
      topNetworks: asns.slice(0, MOST_SHARES),
    },
  };
}

export const MOST_SHARES = 20;
const UNKNOWN_AS = '0';

/** Where the address tables know no AS at all, the networks have to do. */
const isWidespread = ({ networks, asns }: CampaignEvidence, settings: CampaignSettings): boolean =>
  networks >= settings.networks && (asns >= settings.asns || asns === 0);

export function sumShares(lists: readonly (readonly Share[])[]): Share[] {
  const sums = new Map<string, number>();
  for (const list of lists) for (const [key, sources] of list) sums.set(key, (sums.get(key) ?? 0) + sources);
  return [...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** How many days back a port set counts as seen before. */
export const REMEMBERED_DAYS = 28;
const DAY = 86_400_000;
const MOST_DAYS = 60;

/**
 * The campaigns of a day put to those that are known: one of the same port set goes on,
 * another begins. `hasEarlierDays` says whether there is anything to call it new against.
 */
export function continueCampaigns(
  known: readonly Campaign[],
  found: readonly DayCampaign[],
  day: number,
  sensor: string,
  hasEarlierDays: boolean,
  similarity: number,
): CampaignChange {
  const free = new Set(known.filter((one) => Math.abs(one.lastDay - day) <= REMEMBERED_DAYS * DAY));
  const changed: Campaign[] = [];
  const begun: Omit<Campaign, 'id'>[] = [];
  for (const one of found) {
    const before = likest(free, one.ports, similarity);
    if (before) {
      free.delete(before);
      changed.push(goOn(before, one, day));
    } else
      begun.push({ sensor, ...one, firstDay: day, lastDay: day, isNew: hasEarlierDays ? true : null, days: [{ day, size: one.size }] });
  }
  // A day judged again may no longer have what its first half seemed to show.
  const gone = [...free].filter((one) => one.days.length === 1 && one.days[0]?.day === day);
  return { changed, begun, gone };
}

function likest(campaigns: Iterable<Campaign>, ports: readonly number[], similarity: number): Campaign | undefined {
  let best: { readonly campaign: Campaign; readonly likeness: number } | undefined;
  for (const campaign of campaigns) {
    const likeness = jaccard(campaign.ports, ports);
    if (likeness >= similarity && likeness > (best?.likeness ?? 0)) best = { campaign, likeness };
  }
  return best?.campaign;
}

function goOn(before: Campaign, one: DayCampaign, day: number): Campaign {
  const days = [...before.days.filter((other) => other.day !== day), { day, size: one.size }]
    .sort((a, b) => a.day - b.day)
    .slice(-MOST_DAYS);
  const isNewest = day >= before.lastDay;
  return {
    ...before,
    firstDay: Math.min(before.firstDay, day),
    lastDay: Math.max(before.lastDay, day),
    firstSeenAt: Math.min(before.firstSeenAt, one.firstSeenAt),
    days,
    ...(isNewest ? { size: one.size, ports: one.ports, evidence: one.evidence } : {}),
  };
}
