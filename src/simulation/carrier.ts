/**
 * The carrier: whose traffic its router sees, and which servers they talk to.
 *
 * Botnets have servers that their clients return to: in step, with jitter, or over a
 * connection that is kept alive; some share port 443 with the whole world, one shares an
 * address with an honest web site. Around them is what looks alike and is harmless: clocks,
 * update checks, push notifications, clouds of devices, tunnels to the office. Some
 * look-alikes are traps on purpose: an update server that only the vulnerable devices ask,
 * and a small vendor's cloud that has six customers. A third is the hardest: the cloud of a
 * camera of which one in five is infected.
 */
import { type Country, foreignAddress, type Host, ipv4, lineOfRank, vulnerableLines } from './country.ts';
import { keyOf, Random } from './random.ts';

const TCP = 6;
const UDP = 17;

/** How many lines the router sees, how many of them are infected, and how often the list of botnets is repeated. */
const SIZES = {
  small: { lines: 1000, infected: 50, copies: 1 },
  medium: { lines: 2000, infected: 100, copies: 2 },
  large: { lines: 4000, infected: 200, copies: 3 },
} as const;

/** What one visit to a server looks like. */
interface Visit {
  readonly packetsUp: number;
  readonly packetsDown: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly durationMs: number;
  /** Share by which the sizes of two visits differ. */
  readonly spread: number;
}

/** Coming back by the clock. */
export interface Regular {
  readonly kind: string;
  readonly address: number;
  readonly port: number;
  readonly protocol: number;
  readonly periodSeconds: number;
  /** Each wait is the period times 1 ± this. */
  readonly jitter: number;
  readonly visit: Visit;
  /** All visits of a day over one connection. */
  readonly keepsPort?: boolean;
  /** Only between these hours of the country's day. */
  readonly hours?: readonly [from: number, to: number];
  /** Place among the planted servers of botnets; −1: harmless. */
  readonly planted: number;
}

export interface BotnetServer extends Regular {
  readonly family: string;
  readonly rhythm: 'periodic' | 'jittered' | 'persistent';
}

export interface Subscriber {
  readonly place: number;
  readonly host: Host;
  /** The telescope may know it. */
  readonly isInfected: boolean;
  readonly visits: readonly Regular[];
  /** Asks a resolver abroad before it opens a page. */
  readonly usesPublicResolver: boolean;
}

export interface Carrier {
  readonly country: Country;
  readonly subscribers: readonly Subscriber[];
  readonly botnets: readonly BotnetServer[];
  readonly lookAlikes: readonly Regular[];
}

export const CARRIER_SENSOR = 'carrier-1';

const CONTENT = ipv4(245, 0, 0, 0);
export const WEB_SITES = 300;
export const webSite = (n: number): number => CONTENT + 1 + n * 3;
export const videoSite = (n: number): number => CONTENT + 0x1000 + n;
export const publicResolver = (n: number): number => CONTENT + 0x2000 + n;
const clockServer = (n: number): number => CONTENT + 0x2010 + n;
const updateServer = (n: number): number => CONTENT + 0x3000 + n;
const pushServer = (n: number): number => CONTENT + 0x3100 + n;
const deviceCloud = (n: number): number => CONTENT + 0x4000 + n;
const officeServer = (n: number): number => CONTENT + 0x5000 + n * 7;

const visitOf = (packetsUp: number, packetsDown: number, bytesUp: number, bytesDown: number, durationMs: number, spread = 0.1): Visit => ({
  packetsUp,
  packetsDown,
  bytesUp,
  bytesDown,
  durationMs,
  spread,
});

const VENDORS = ['Akarigumo', 'Yorumado', 'Kodamaya'] as const;
const HARMLESS = { planted: -1 } as const;

interface BotnetRow {
  readonly family: string;
  readonly port: number;
  readonly protocol: number;
  readonly rhythm: BotnetServer['rhythm'];
  readonly periodSeconds: number;
  readonly jitter: number;
  /** Of the infected lines, in per cent: from which on, and how many. */
  readonly from: number;
  readonly share: number;
  /** Lines that have it although no telescope sees them. */
  readonly silent: number;
  readonly visit: Visit;
  readonly sharesAddress?: true;
}

const BOTNETS: readonly BotnetRow[] = [
  {
    family: 'hinode',
    port: 48101,
    protocol: TCP,
    rhythm: 'persistent',
    periodSeconds: 60,
    jitter: 0.01,
    from: 0,
    share: 40,
    silent: 0,
    visit: visitOf(2, 1, 92, 52, 120, 0),
  },
  {
    family: 'hinode',
    port: 443,
    protocol: TCP,
    rhythm: 'periodic',
    periodSeconds: 300,
    jitter: 0.05,
    from: 40,
    share: 24,
    silent: 0,
    visit: visitOf(7, 6, 900, 1400, 700, 0.05),
  },
  {
    family: 'yoiyami',
    port: 443,
    protocol: TCP,
    rhythm: 'jittered',
    periodSeconds: 600,
    jitter: 0.3,
    from: 64,
    share: 16,
    silent: 4,
    visit: visitOf(9, 8, 1500, 2600, 1500, 0.2),
  },
  {
    family: 'yoiyami',
    port: 8443,
    protocol: TCP,
    rhythm: 'periodic',
    periodSeconds: 1800,
    jitter: 0.05,
    from: 80,
    share: 12,
    silent: 3,
    visit: visitOf(9, 8, 1500, 2600, 1500, 0.2),
    sharesAddress: true,
  },
  {
    family: 'kagerou',
    port: 4444,
    protocol: UDP,
    rhythm: 'periodic',
    periodSeconds: 120,
    jitter: 0.1,
    from: 86,
    share: 10,
    silent: 0,
    visit: visitOf(1, 1, 70, 60, 90, 0),
  },
  {
    family: 'kagerou',
    port: 6667,
    protocol: TCP,
    rhythm: 'jittered',
    periodSeconds: 3600,
    jitter: 0.2,
    from: 20,
    share: 10,
    silent: 0,
    visit: visitOf(6, 5, 480, 520, 900, 0.1),
  },
];

export function createCarrier(country: Country): Carrier {
  const size = SIZES[country.scale];
  const infected = Math.min(size.infected, country.size.domesticBots);
  const botnets = botnetServers(country, size.copies);
  const members = membersOf(size.copies, infected, size.lines);
  const everybody = commonServers();
  const trap = oldFirmwareServer();
  const camera = cameraCloud();
  const rare = rareServers(country, size.lines);
  const offices = officeTunnels(country, infected, size.lines);
  const subscribers = Array.from({ length: size.lines }, (_, place) => {
    const { host, isVulnerable } = lineAt(country, place, infected, size.lines);
    const has = (salt: number, perCent: number): boolean => keyOf(country.seed, salt, place) % 100 < perCent;
    return {
      place,
      host,
      isInfected: place < infected,
      usesPublicResolver: has(0xd25, 20),
      visits: [
        ...everybody(host, has, keyOf(country.seed, 0xe7e, place)),
        ...(isVulnerable ? [trap] : []),
        ...(has(0xca3e, place < infected ? 20 : 4) ? [camera] : []),
        ...(rare.get(place) ?? []),
        ...(offices.get(place) ?? []),
        ...botnets.filter(({ planted }) => members[planted]?.has(place)),
      ],
    };
  });
  const lookAlikes = [...new Set(subscribers.flatMap(({ visits }) => visits))].filter(({ planted }) => planted < 0);
  return { country, subscribers, botnets, lookAlikes };
}

/** First the lines that are infected for long, then lines from all over the country. */
function lineAt(country: Country, place: number, infected: number, lines: number): { host: Host; isVulnerable: boolean } {
  const { domesticBots, domesticTelnet, exposedLines } = country.size;
  const firstOther = domesticBots + domesticTelnet + exposedLines;
  const step = (country.lineCount - firstOther) / (lines - infected);
  const rank = place < infected ? place : firstOther + Math.floor((place - infected) * step);
  return { host: lineOfRank(country, rank), isVulnerable: rank < vulnerableLines(country) };
}

function botnetServers(country: Country, copies: number): BotnetServer[] {
  return Array.from({ length: copies * BOTNETS.length }, (_, n) => {
    const { family, port, protocol, rhythm, periodSeconds, jitter, visit, sharesAddress } = rowAt(n);
    const address = sharesAddress ? webSite(40 + n) : foreignAddress(country, 0x0300_0000 + n);
    const common = { kind: 'botnet', address, port, protocol, periodSeconds, jitter, visit, planted: n };
    return { ...common, family, rhythm, keepsPort: rhythm === 'persistent' };
  });
}

function rowAt(n: number): BotnetRow {
  const row = BOTNETS[n % BOTNETS.length];
  if (!row) throw new RangeError('there are no botnets');
  return row;
}

/** Per server the places of its clients; copies of a botnet begin elsewhere among the infected. */
function membersOf(copies: number, infected: number, lines: number): ReadonlySet<number>[] {
  return Array.from({ length: copies * BOTNETS.length }, (_, n) => {
    const { from, share, silent } = rowAt(n);
    const copy = Math.floor(n / BOTNETS.length);
    const first = Math.floor((infected * from) / 100 + (copy * infected) / copies);
    const count = Math.floor((infected * share) / 100 / copies);
    const known = [...Array(count).keys()].map((i) => (first + i) % infected);
    const unknown = [...Array(silent).keys()].map((i) => infected + ((n * 97 + i * 31) % (lines - infected)));
    return new Set([...known, ...unknown]);
  });
}

type Common = (host: Host, has: (salt: number, perCent: number) => boolean, key: number) => Regular[];

const regular = (
  kind: string,
  address: number,
  port: number,
  protocol: number,
  periodSeconds: number,
  jitter: number,
  visit: Visit,
): Regular => ({ ...HARMLESS, kind, address, port, protocol, periodSeconds, jitter, visit });

const four = <T>(make: (n: number) => T): T[] => [0, 1, 2, 3].map(make);

/** Clocks, updates, push services and the clouds of the device vendors. */
function commonServers(): Common {
  const clocks = four((n) => regular('ntp', clockServer(n), 123, UDP, 1024, 0.01, visitOf(1, 1, 76, 76, 20, 0)));
  const updates = four((n) => regular('update', updateServer(n), 443, TCP, 4 * 3600, 0.2, visitOf(12, 14, 2200, 9000, 2500, 0.3)));
  const pushes = four((n) => ({
    ...regular('push', pushServer(n), 5223, TCP, 900, 0.02, visitOf(2, 1, 160, 80, 110, 0)),
    keepsPort: true,
  }));
  const clouds = VENDORS.map((_, n) => regular('device-cloud', deviceCloud(n), 8883, TCP, 1800, 0.01, visitOf(3, 2, 300, 180, 200, 0.05)));
  return (host, has, key) => {
    const of = (servers: readonly Regular[]): Regular[] => servers.slice(key % servers.length).slice(0, 1);
    const vendor = VENDORS.findIndex((one) => one === host.device.vendor);
    return [
      ...(has(0x177, 30) ? of(clocks) : []),
      ...(has(0x17d, 60) ? of(updates) : []),
      ...(has(0x175, 40) ? of(pushes) : []),
      ...(has(0x17c, 50) ? clouds.slice(vendor, vendor + 1) : []),
    ];
  };
}

/** Asked only by devices that were never brought up to date: every bot among them, and a third of all lines. */
function oldFirmwareServer(): Regular {
  return {
    ...HARMLESS,
    kind: 'old-firmware',
    address: updateServer(9),
    port: 443,
    protocol: TCP,
    periodSeconds: 6 * 3600,
    jitter: 0.05,
    visit: visitOf(8, 9, 1100, 3800, 1800, 0.1),
  };
}

/** One infected line in five has such a camera, and one healthy line in twenty-five: a fifth of its customers is infected. */
function cameraCloud(): Regular {
  return {
    ...HARMLESS,
    kind: 'camera-cloud',
    address: deviceCloud(0x80),
    port: 443,
    protocol: TCP,
    periodSeconds: 600,
    jitter: 0.02,
    visit: visitOf(7, 6, 800, 720, 700, 0.05),
  };
}

/** Small vendors' clouds: few customers, as regular as any beacon. */
function rareServers(country: Country, lines: number): Map<number, Regular[]> {
  const byPlace = new Map<number, Regular[]>();
  const random = new Random(keyOf(country.seed, 0x2a2e));
  for (let n = 0; n < lines / 250; n++) {
    const server = {
      ...HARMLESS,
      kind: 'small-cloud',
      address: deviceCloud(0x100 + n),
      port: 443,
      protocol: TCP,
      periodSeconds: 300,
      jitter: 0.02,
      visit: visitOf(6, 5, 700, 620, 600, 0.05),
    };
    for (let i = 0; i < 6; i++) add(byPlace, random.below(lines), server);
  }
  return byPlace;
}

/** People who work at home: a tunnel to their own office, kept open in working hours. */
function officeTunnels(country: Country, infected: number, lines: number): Map<number, Regular[]> {
  const byPlace = new Map<number, Regular[]>();
  const random = new Random(keyOf(country.seed, 0x0ff1));
  for (let n = 0; n < lines / 50; n++) {
    const server = {
      ...HARMLESS,
      kind: 'tunnel',
      address: officeServer(n),
      port: 4500,
      protocol: UDP,
      periodSeconds: 60,
      jitter: 0,
      visit: visitOf(3, 3, 360, 360, 40_000, 0.1),
      hours: [9, 18] as const,
    };
    for (let i = 0; i <= n % 3; i++) add(byPlace, infected + random.below(lines - infected), server);
  }
  return byPlace;
}

function add(byPlace: Map<number, Regular[]>, place: number, server: Regular): void {
  const list = byPlace.get(place) ?? [];
  if (!list.includes(server)) byPlace.set(place, [...list, server]);
}
