/**
 * Finds command-and-control servers in flow records, starting from hosts known to be infected.
 *
 * Servers are compared, not clients: where do infected hosts meet that hardly anybody else
 * goes? That alone can make a candidate; a rhythm, equal sizes and being new add to it.
 * A rhythm never makes one alone, because half of what is on the Internet keeps time:
 * clocks, update checks, push channels.
 *
 * The answer names servers and numbers. Clients are counted inside the store, series come
 * without names, and an address that is itself infected or behaves as somebody's computer
 * is no candidate.
 */
import type { C2Candidate } from '../domain/c2.ts';
import type { C2ClientSeries, C2FlowReader, C2FlowScope, C2Population, C2SeedHost, C2Seeds, C2ServerRow } from '../domain/c2-flows.ts';
import { BARS, type BeaconWindow } from './beacon.ts';
import { type FanIn, falseDiscoveryRates, liftOf, logTail } from './fan-in.ts';
import { type Comparison, judge, type Suspect } from './judge.ts';
import type { C2Question } from './question.ts';
import { keepsTime, type LookedAt, serverRhythm } from './server-rhythm.ts';
import type { C2Settings } from './settings.ts';

/** Candidates, highest score first. Those that fit the allow-list have the feature `allowListed` 1: see `isAllowListed`. */
export async function scoreC2(question: C2Question, reader: C2FlowReader): Promise<C2Candidate[]> {
  const { settings, seeds } = question;
  // Records are asked for by their minute: one that has begun is read whole.
  const scope: C2FlowScope = { tenant: question.tenant, from: question.from - (question.from % MINUTE), to: question.to };
  const hosts = await allSeedHosts(scope, seeds, settings, reader);
  if (hosts.length === 0 && seeds.servers.length === 0) return [];
  const { population, servers } = await reader.survey(scope, { hosts, servers: seeds.servers });
  const suspects = toSuspects(servers, population, hosts.length, seeds, settings);
  const shortlist = suspects.filter((suspect) => isWorthALook(suspect, hosts.length, settings));
  const control = controlGroup(suspects, shortlist);
  const looked = [...shortlist, ...control];
  const rhythms = await readRhythms(question, population, hosts, looked, reader);
  const met = await reader.metBefore(
    scope,
    looked.map(({ server }) => server),
    settings.historyDays,
  );
  const comparison = compare(population, hosts.length, shortlist, control, rhythms, met, settings);
  const candidates = judge(question, shortlist, rhythms, comparison);
  const named = new Set(seeds.servers.map(({ address }) => address));
  const clients = await reader.ordinaryClients(
    scope,
    candidates.filter(({ port }) => port >= FIRST_HIGH_PORT).map(({ address }) => address),
  );
  return candidates.filter(({ address, port }) => named.has(address) || port < FIRST_HIGH_PORT || !clients.has(address));
}

/** Below it only servers listen, above it a client may have called from there. */
const MINUTE = 60_000;
const FIRST_HIGH_PORT = 1024;

/** Infected hosts, and hosts that talk to servers known to be bad. */
async function allSeedHosts(scope: C2FlowScope, seeds: C2Seeds, settings: C2Settings, reader: C2FlowReader): Promise<C2SeedHost[]> {
  const known = await reader.seedHosts(scope, seeds.hosts);
  const joined = new Map((await reader.clientsOf(scope, seeds.servers, settings.mostPopularity)).map((host) => [host.address, host]));
  for (const host of known) joined.set(host.address, host);
  return [...joined.values()];
}

function toSuspects(
  servers: readonly C2ServerRow[],
  population: C2Population,
  infected: number,
  seeds: C2Seeds,
  settings: C2Settings,
): Suspect[] {
  // A gateway with many infected or merely busy devices behind it goes to more places than others: count it as that many.
  const contacts = servers.reduce((sum, { seedClients }) => sum + seedClients, 0);
  const weight = Math.round((population.clients * contacts) / Math.max(1, population.contacts));
  const effective = Math.min(population.clients, Math.max(infected, weight));
  const hosts = new Set(seeds.hosts.map(({ address }) => address));
  return servers.flatMap((server): Suspect[] => {
    const indicator = seeds.servers.find((one) => isNamedBy(one, server));
    const popularity = server.clients / Math.max(1, population.clients);
    const isPopular = popularity >= settings.mostPopularity && server.clients >= settings.leastClientsForPopularity;
    if (isPopular || (hosts.has(server.address) && !indicator)) return [];
    const fanIn: FanIn = {
      clients: Math.max(population.clients, server.clients),
      infected: effective,
      serverClients: server.clients,
      serverInfected: server.seedClients,
    };
    return [{ server, indicator, popularity, lift: liftOf({ ...fanIn, infected }), logP: logTail(fanIn) }];
  });
}

function isNamedBy(
  indicator: { address: string; port: number | null; transport: string | null },
  { address, port, transport }: C2ServerRow,
): boolean {
  return (
    indicator.address === address &&
    (indicator.port === null || indicator.port === port) &&
    (indicator.transport === null || indicator.transport === transport)
  );
}

const CHANCE_FOR_A_LOOK = Math.log(0.05);

function isWorthALook({ server, indicator, lift, logP }: Suspect, infected: number, settings: C2Settings): boolean {
  if (indicator) return true;
  const least = infected < settings.fewSeeds ? 1 : settings.leastSeeds;
  return server.seedClients >= least && lift >= settings.leastLift && logP <= CHANCE_FOR_A_LOOK;
}

const CONTROLS = 200;

/** Servers that infected hosts met by chance, as the others do: what is usual among them is usual. */
function controlGroup(suspects: readonly Suspect[], shortlist: readonly Suspect[]): Suspect[] {
  const taken = new Set(shortlist);
  return suspects
    .filter((suspect) => !taken.has(suspect) && suspect.server.clients > 1)
    .sort((a, b) => (a.server.key < b.server.key ? -1 : 1)) // keys are hashes: this order is none
    .slice(0, CONTROLS);
}

async function readRhythms(
  { tenant, from, to, settings }: C2Question,
  population: C2Population,
  hosts: readonly C2SeedHost[],
  suspects: readonly Suspect[],
  reader: C2FlowReader,
): Promise<ReadonlyMap<string, LookedAt>> {
  const window: BeaconWindow = { from: from / 1000, to: to / 1000, bars: BARS };
  const habits = { activeTimeoutMs: settings.activeTimeoutSeconds * 1000, precisionMs: population.precisionMs };
  const servers = suspects.map(({ server }) => server);
  const isSampled = new Map(servers.map(({ key, sampling }) => [key, sampling > 1]));
  const found = new Map<string, LookedAt>();
  for await (const page of reader.series({ tenant, from, to }, hosts, servers, settings.clientsEach)) {
    for (const [key, clients] of Map.groupBy(page, (series) => series.key)) {
      found.set(key, { rhythm: serverRhythm(clients, isSampled.get(key) ?? false, window, habits), family: commonFamily(clients) });
    }
  }
  return found;
}

/** What most of the infected clients have; null: they do not agree. */
function commonFamily(clients: readonly C2ClientSeries[]): string | null {
  const seeds = clients.filter(({ isSeed }) => isSeed);
  for (const [family, members] of Map.groupBy(seeds, (series) => series.family)) {
    if (members.length * 2 > seeds.length) return family;
  }
  return null;
}

/**
 * How many servers a suspect stands among. Of those that keep time there are far fewer
 * than of all, and whether a server keeps time has nothing to do with chance bringing
 * infected hosts there: a suspect that does is compared with its like (independent
 * filtering, Bourgon et al. 2010). As there are two ways to be called significant, each
 * rate counts twice.
 */
function compare(
  population: C2Population,
  infected: number,
  shortlist: readonly Suspect[],
  control: readonly Suspect[],
  rhythms: ReadonlyMap<string, LookedAt>,
  met: ReadonlyMap<string, number>,
  settings: C2Settings,
): Comparison {
  const isTimed = ({ server }: Suspect): boolean => keepsTime(rhythms.get(server.key)?.rhythm, settings.leastBeacon);
  const share = (control.filter(isTimed).length + 1) / (control.length + 2);
  const timed = shortlist.filter(isTimed);
  const all = ratesOf(shortlist, population.servers);
  const among = ratesOf(timed, timed.length + Math.ceil(share * population.servers));
  const rates = new Map(
    shortlist.map(({ server: { key } }) => [key, Math.min(1, 2 * Math.min(all.get(key) ?? 1, among.get(key) ?? 1))] as const),
  );
  const hasHistory = control.length > 0 && control.filter(({ server }) => met.has(server.key)).length * 2 >= control.length;
  return { population, infected, rates, met: hasHistory ? met : null };
}

function ratesOf(suspects: readonly Suspect[], comparisons: number): Map<string, number> {
  const rates = falseDiscoveryRates(
    suspects.map(({ logP }) => logP),
    comparisons,
  );
  return new Map(suspects.map(({ server }, i) => [server.key, rates[i] as number]));
}
