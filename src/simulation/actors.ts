/**
 * Who sends packets to the telescope: what each does, how often, and what is true about it.
 *
 * Shares of the traffic follow what telescope operators publish: about three fifths are
 * research scans, most of the rest are infected devices. Rates are spread widely on
 * purpose: some infected hosts send too little to be found, and the score has to say so.
 */
import type { FindingKind } from '../domain/finding.ts';
import type { TrafficClassId } from '../domain/traffic-class.ts';
import {
  type Country,
  chapterOf,
  deviceOf,
  foreignAddress,
  HOUR,
  type Host,
  lineOfRank,
  MINUTE,
  organisationBlock,
  researchAddress,
  vulnerableLines,
  WANDERING_BLOCK,
} from './country.ts';
import { type HostRole, ORGANISATIONS, RESEARCH_GROUPS } from './organisations.ts';
import { fractionOf, keyOf, Random } from './random.ts';

export type Behaviour =
  | 'mirai'
  | 'telnet'
  | 'masscan'
  | 'zmap'
  | 'zmap-new'
  | 'nmap'
  | 'own-tool'
  | 'vertical'
  | 'udp-probe'
  | 'ping-sweep'
  | 'flood-answer'
  | 'misconfiguration'
  | 'noise'
  | 'one-packet-hosts';

/** What a finder should say about an actor; actors of one sort share one object. */
export interface PlantedTruth {
  readonly kind: FindingKind;
  readonly identifier: string;
  /** Judgements that would be true as well, though nobody has to make them. */
  readonly alsoTrue: readonly FindingKind[];
}

export interface Actor {
  readonly id: number; // part of the key of its packets
  readonly behaviour: Behaviour;
  readonly host: Host;
  readonly perMinute: number;
  readonly rhythm: 'flat' | 'evening' | 'office' | 'flood';
  readonly from: number; // Unix ms; −Infinity: always
  readonly to: number;
  readonly ports: readonly number[];
  readonly truth: PlantedTruth | null;
  /** Scans everything for study and says so. */
  readonly isResearch?: true;
  /** How a flooded host answers; a mixture unless said. */
  readonly answers?: 'rst' | 'ping' | 'udp';
  /** Belongs with others to one planted event: a surge, a campaign. */
  readonly group?: string;
}

const SHARES = {
  research: 0.6,
  bots: 0.065,
  wave: 0.125,
  telnet: 0.045,
  scanners: 0.06,
  udp: 0.025,
  ping: 0.01,
  flood: 0.042,
  otherFloods: 0.003,
  misconfiguration: 0.005,
  noise: 0.02,
} as const;

/** Multiples of a group's mean rate; they average to one. */
const TIERS = [0.01, 0.05, 0.2, 0.5, 0.8, 1, 1.4, 1.8, 2, 2.24] as const;

export const MIRAI: PlantedTruth = { kind: 'infected-host', identifier: 'mirai', alsoTrue: ['scanner', 'telnet-scanner'] };
const TELNET: PlantedTruth = { kind: 'telnet-scanner', identifier: 'telnet-without-mark', alsoTrue: ['scanner'] };
export const VICTIM: PlantedTruth = { kind: 'dos-victim', identifier: 'syn-flood', alsoTrue: [] };
const scanner = (identifier: string): PlantedTruth => ({ kind: 'scanner', identifier, alsoTrue: [] });
export const SCANNER = { masscan: scanner('masscan'), zmap: scanner('zmap'), nmap: scanner('nmap'), unknown: scanner('unknown') } as const;

export const TELNET_PORTS = [23, 23, 23, 23, 23, 23, 23, 23, 23, 2323] as const;
export const BOT_VARIANTS = [
  [80, 8080, 81, 8443],
  [37215, 52869, 23],
  [7547, 5555, 23],
] as const;
const SCANNED_SERVICES = [22, 445, 3389, 1433, 3306, 6379, 5900, 8080, 9200, 27017, 5432, 2375] as const;
const SURVEYED_PORTS = [
  80, 443, 22, 21, 25, 53, 110, 143, 445, 993, 995, 1723, 3306, 3389, 5432, 5900, 6379, 7547, 8000, 8080, 8081, 8443, 8888, 9200, 11211,
  27017, 102, 502, 1883, 1911, 20000, 44818, 47808, 5060, 5683, 161, 389, 636, 873, 2049,
] as const;
const UDP_PORTS = [53, 123, 161, 1900, 5060, 11211, 389, 3702] as const;
const FLOODED_SERVICES = [443, 80, 53, 25565] as const;

const BOT_IDS = 0x0100_0000;
const WAVE_IDS = 0x2000_0000;
const FOREIGN_WAVE_PLACES = 0x0100_0000;

/** Everybody who is there every day. */
export function residentActors(country: Country): readonly Actor[] {
  return [
    ...research(country),
    ...bots(country),
    ...telnetScanners(country),
    ...foreignScanners(country),
    ...probers(country),
    ...organisationHosts(country),
    noise(country),
  ];
}

/** Everybody whom one chapter brings: the wave's newly infected and the flood's victims. */
export function chapterActors(country: Country, number: number): readonly Actor[] {
  return [...waveBots(country, number), ...floodVictims(country, number)];
}

/** The planned packets per minute of an actor at a time. */
export function rateAt(actor: Actor, at: number): number {
  if (at < actor.from || at >= actor.to) return 0;
  if (actor.rhythm === 'flat') return actor.perMinute;
  if (actor.rhythm === 'flood') return actor.perMinute * floodShape((at - actor.from) / (actor.to - actor.from));
  return actor.perMinute * rateShapeAt(actor.rhythm, at);
}

/** How busy the country is at a time of its day; averages to one. */
export function rateShapeAt(rhythm: 'evening' | 'office', at: number): number {
  return dailyShape(rhythm === 'evening' ? EVENING : OFFICE, at);
}

export function isActiveWithin(actor: Actor, from: number, to: number): boolean {
  return actor.from < to && actor.to > from;
}

/** Up within the first tenth, level, down within the last tenth; averages to one. */
function floodShape(done: number): number {
  return Math.min(1, done * 10 + 0.05, (1 - done) * 10 + 0.05) / 0.9;
}

// One value per hour of the country's day (UTC+9); each list averages to one.
const EVENING = [1.05, 0.85, 0.7, 0.6, 0.55, 0.55, 0.65, 0.8, 0.9, 0.95, 0.95, 1, 1.05, 1, 1, 1, 1.05, 1.1, 1.25, 1.4, 1.5, 1.5, 1.4, 1.25];
const OFFICE = [0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.5, 0.9, 1.6, 2, 2, 2, 1.5, 2, 2, 2, 1.9, 1.5, 0.8, 0.4, 0.3, 0.3, 0.25, 0.25];

function dailyShape(hours: readonly number[], at: number): number {
  const hour = (at / HOUR + 9) % 24;
  const before = Math.floor(hour);
  const share = hour - before;
  return (hours[before] ?? 1) * (1 - share) + (hours[(before + 1) % 24] ?? 1) * share;
}

function tierOf(country: Country, id: number): number {
  return TIERS[keyOf(country.seed, 0x71e4, id) % TIERS.length] ?? 1;
}

const perMinute = (country: Country, share: number, actors: number): number => (country.size.packetsPerDay * share) / 1440 / actors;

export const always = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY } as const;

export function foreignHost(country: Country, place: number): Host {
  return {
    lineId: `abroad-${place}`,
    device: deviceOf(country, 0x0100_0000 + place, true),
    place: { address: foreignAddress(country, place) },
  };
}

function research(country: Country): Actor[] {
  const { researchAddresses } = country.size;
  return Array.from({ length: researchAddresses }, (_, n) => {
    const groupPlace = n % RESEARCH_GROUPS.length;
    const group = RESEARCH_GROUPS[groupPlace] ?? RESEARCH_GROUPS[0];
    if (!group) throw new RangeError('there are no research groups');
    const address = researchAddress(groupPlace, Math.floor(n / RESEARCH_GROUPS.length));
    const first = keyOf(country.seed, 0x5ca7, n) % SURVEYED_PORTS.length;
    return {
      id: n,
      behaviour: group.tool,
      host: { lineId: `${group.domain}-${n}`, device: deviceOf(country, n, false), place: { address } },
      perMinute: perMinute(country, SHARES.research, researchAddresses) * (0.7 + 0.6 * ((n + 0.5) / researchAddresses)),
      rhythm: 'flat',
      ...always,
      ports: n % 3 === 0 ? SURVEYED_PORTS.slice(first, first + 1) : SURVEYED_PORTS,
      truth: SCANNER[group.tool === 'zmap' || group.tool === 'masscan' ? group.tool : 'unknown'],
      isResearch: true,
    };
  });
}

function botPorts(country: Country, id: number): readonly number[] {
  const key = keyOf(country.seed, 0xb07, id);
  return key % 10 < 7 ? TELNET_PORTS : (BOT_VARIANTS[(key >>> 8) % BOT_VARIANTS.length] ?? TELNET_PORTS);
}

function bots(country: Country): Actor[] {
  const { domesticBots, foreignBots } = country.size;
  const mean = perMinute(country, SHARES.bots, domesticBots + foreignBots);
  return Array.from({ length: domesticBots + foreignBots }, (_, n) => {
    const id = BOT_IDS + n;
    const isDomestic = n < domesticBots;
    return {
      id,
      behaviour: 'mirai',
      host: isDomestic ? lineOfRank(country, n) : foreignHost(country, n - domesticBots),
      perMinute: mean * tierOf(country, id),
      rhythm: isDomestic ? 'evening' : 'flat',
      ...always,
      ports: botPorts(country, id),
      truth: MIRAI,
    };
  });
}

function telnetScanners(country: Country): Actor[] {
  const { domesticTelnet, foreignTelnet, domesticBots } = country.size;
  const mean = perMinute(country, SHARES.telnet, domesticTelnet + foreignTelnet);
  return Array.from({ length: domesticTelnet + foreignTelnet }, (_, n) => {
    const id = 0x0200_0000 + n;
    const isDomestic = n < domesticTelnet;
    return {
      id,
      behaviour: 'telnet',
      host: isDomestic ? lineOfRank(country, domesticBots + n) : foreignHost(country, 0x10_0000 + n),
      perMinute: mean * tierOf(country, id),
      rhythm: isDomestic ? 'evening' : 'flat',
      ...always,
      ports: TELNET_PORTS,
      truth: TELNET,
    };
  });
}

function foreignScanners(country: Country): Actor[] {
  const { foreignScanners: count } = country.size;
  const mean = perMinute(country, SHARES.scanners, count);
  const ways = ['nmap', 'own-tool', 'masscan', 'own-tool', 'vertical'] as const;
  return Array.from({ length: count }, (_, n) => {
    const id = 0x0300_0000 + n;
    const behaviour = ways[n % ways.length] ?? 'nmap';
    const port = SCANNED_SERVICES[keyOf(country.seed, 0x5e41, n) % SCANNED_SERVICES.length] ?? 22;
    return {
      id,
      behaviour,
      host: foreignHost(country, 0x20_0000 + n),
      perMinute: mean * tierOf(country, id),
      rhythm: 'flat',
      ...always,
      ports: [port],
      truth: SCANNER[behaviour === 'vertical' ? 'nmap' : behaviour === 'own-tool' ? 'unknown' : behaviour],
    };
  });
}

/** Probes of UDP services and sweeps by ping. */
function probers(country: Country): Actor[] {
  const count = Math.max(8, Math.floor(country.size.foreignScanners / 4));
  const make = (behaviour: 'udp-probe' | 'ping-sweep', share: number, number: number, firstId: number): Actor[] =>
    Array.from({ length: number }, (_, n) => ({
      id: firstId + n,
      behaviour,
      host: foreignHost(country, (firstId >>> 4) + n),
      perMinute: perMinute(country, share, number) * tierOf(country, firstId + n),
      rhythm: 'flat',
      ...always,
      ports: behaviour === 'udp-probe' ? [UDP_PORTS[n % UDP_PORTS.length] ?? 53] : [],
      truth: SCANNER.unknown,
    }));
  return [...make('udp-probe', SHARES.udp, count, 0x0400_0000), ...make('ping-sweep', SHARES.ping, 6, 0x0500_0000)];
}

/** Hosts of organisations that play a role, with their fixed addresses; the wandering block's belong here too. */
export function organisationRoles(country: Country): readonly { readonly host: Host; readonly role: HostRole; readonly owner: string }[] {
  const own = ORGANISATIONS.flatMap((organisation, place) =>
    organisation.hosts.map((role, n) => {
      const lineId = `${organisation.id}-${String(n + 1).padStart(2, '0')}`;
      const address = organisationBlock(organisation).start + 1 + n;
      return {
        owner: organisation.id,
        role,
        host: { lineId, device: deviceOf(country, 0x0200_0000 + place * 64 + n, true), place: { address } },
      };
    }),
  );
  const wandering = Array.from({ length: 6 }, (_, n) => ({
    owner: 'wandering',
    role: 'mirai' as const,
    host: {
      lineId: `wandering-${String(n + 1).padStart(2, '0')}`,
      device: deviceOf(country, 0x0300_0000 + n, true),
      place: { address: WANDERING_BLOCK.start + 10 + 7 * n },
    },
  }));
  return [...own, ...wandering];
}

function organisationHosts(country: Country): Actor[] {
  const roles = organisationRoles(country);
  const confused = roles.filter(({ role }) => role === 'misconfigured').length;
  const infectedRate = Math.min(0.5, 8 * perMinute(country, SHARES.bots, country.size.domesticBots + country.size.foreignBots));
  return roles.flatMap(({ host, role }, n): Actor[] => {
    const common = { id: 0x0600_0000 + n, host, ...always };
    if (role === 'mirai')
      return [
        {
          ...common,
          behaviour: 'mirai',
          perMinute: infectedRate * (0.3 + (n % 5) * 0.3),
          rhythm: 'evening',
          ports: TELNET_PORTS,
          truth: MIRAI,
        },
      ];
    if (role === 'telnet')
      return [{ ...common, behaviour: 'telnet', perMinute: infectedRate, rhythm: 'office', ports: TELNET_PORTS, truth: TELNET }];
    if (role !== 'misconfigured') return [];
    const rate = perMinute(country, SHARES.misconfiguration, confused);
    return [{ ...common, behaviour: 'misconfiguration', perMinute: rate, rhythm: 'office', ports: [n % 2 === 0 ? 514 : 162], truth: null }];
  });
}

/** Single packets from nowhere in particular: as one actor, whose host is only a stand-in. */
function noise(country: Country): Actor {
  return {
    id: 0x0700_0000,
    behaviour: 'noise',
    host: foreignHost(country, 0x30_0000),
    perMinute: perMinute(country, SHARES.noise, 1),
    rhythm: 'flat',
    ...always,
    ports: [],
    truth: null,
  };
}

/** Joining is quick at first and slows down; a reboot frees a device after two to fourteen hours. */
function waveBots(country: Country, number: number): Actor[] {
  const { waveDomesticBots, waveForeignBots, domesticBots, domesticTelnet, exposedLines } = country.size;
  const { waveAt } = chapterOf(country, number);
  const firstRank = domesticBots + domesticTelnet + exposedLines;
  const ranks = Math.max(1, vulnerableLines(country) - firstRank);
  const count = waveDomesticBots + waveForeignBots;
  const mean = (country.size.packetsPerDay * SHARES.wave) / count / (8 * 60);
  const random = new Random();
  return Array.from({ length: count }, (_, n) => {
    const id = WAVE_IDS + (number % 4096) * 0x1_0000 + n;
    random.restart(keyOf(country.seed, 0x3a7e, number, n));
    const lateness = random.fraction();
    const from = waveAt + Math.floor(lateness * lateness * 150) * MINUTE;
    const isDomestic = n < waveDomesticBots;
    return {
      id,
      behaviour: 'mirai',
      host: isDomestic
        ? lineOfRank(country, firstRank + ((number * waveDomesticBots + n) % ranks))
        : foreignHost(country, FOREIGN_WAVE_PLACES + (number % 256) * 0x1_0000 + n),
      perMinute: mean * tierOf(country, id),
      rhythm: 'flat',
      from,
      to: from + (120 + random.below(720)) * MINUTE,
      ports: TELNET_PORTS,
      truth: MIRAI,
    };
  });
}

/** One firm of the country under a real flood, and three hosts abroad under smaller ones. */
function floodVictims(country: Country, number: number): Actor[] {
  const { flood, startAt } = chapterOf(country, number);
  const minutes = (flood.to - flood.from) / MINUTE;
  const victim = organisationRoles(country).find(({ role }) => role === 'flood-victim');
  const total = country.size.packetsPerDay * SHARES.flood;
  const id = WAVE_IDS + (number % 4096) * 0x1_0000 + 0xfff0;
  const own: Actor[] = victim
    ? [
        {
          id,
          behaviour: 'flood-answer',
          host: victim.host,
          perMinute: total / minutes,
          rhythm: 'flood',
          ...flood,
          ports: [443],
          truth: VICTIM,
        },
      ]
    : [];
  const abroad = [1, 0.12, 0.02].map((strength, n): Actor => {
    const from = startAt + Math.floor(fractionOf(keyOf(country.seed, 0xf100d, number, n)) * 540) * MINUTE;
    const packets = Math.max(300, country.size.packetsPerDay * SHARES.otherFloods) * strength;
    return {
      id: id + 1 + n,
      behaviour: 'flood-answer',
      host: foreignHost(country, 0x60_0000 + (number % 4096) * 4 + n),
      perMinute: packets / 10,
      rhythm: 'flood',
      from,
      to: from + 10 * MINUTE,
      ports: [FLOODED_SERVICES[n] ?? 443],
      truth: VICTIM,
    };
  });
  return [...own, ...abroad];
}

/** The lines whose devices answer strangers on Telnet, and so appear in reports of others. */
export function exposedHosts(country: Country): readonly Host[] {
  const { domesticBots, domesticTelnet, exposedLines: count } = country.size;
  const infected = Array.from({ length: Math.floor(domesticBots / 2) }, (_, n) => lineOfRank(country, 2 * n));
  const others = Array.from({ length: count }, (_, n) => lineOfRank(country, domesticBots + domesticTelnet + n));
  return [...infected, ...others];
}

/** The class a packet of a behaviour belongs to; noise decides for each packet. */
export const CLASS_OF: Readonly<Record<Exclude<Behaviour, 'noise'>, TrafficClassId>> = {
  'one-packet-hosts': 'tcp-scan',
  mirai: 'tcp-scan',
  telnet: 'tcp-scan',
  masscan: 'tcp-scan',
  zmap: 'tcp-scan',
  'zmap-new': 'tcp-scan',
  nmap: 'tcp-scan',
  'own-tool': 'tcp-scan',
  vertical: 'tcp-scan',
  'udp-probe': 'udp-probe',
  'ping-sweep': 'ping',
  'flood-answer': 'backscatter',
  misconfiguration: 'misconfiguration',
};
