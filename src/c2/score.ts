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
import type { C2FlowReader, C2FlowScope, C2Population, C2SeedHost, C2Seeds, C2ServerRow } from '../domain/c2-flows.ts';
import { type FanIn, falseDiscoveryRates, liftOf, logTail } from './fan-in.ts';
import type { PopularService } from './popular.ts';
import type { C2Settings } from './settings.ts';

export interface C2Question extends C2FlowScope {
  readonly seeds: C2Seeds;
  /** Services that are marked: `POPULAR` of the catalogue and the operator's own. */
  readonly allow: readonly PopularService[];
  readonly settings: C2Settings;
}

export async function scoreC2(question: C2Question, reader: C2FlowReader): Promise<C2Candidate[]> {
  const { settings, seeds } = question;
  const scope: C2FlowScope = { tenant: question.tenant, from: question.from, to: question.to };
  const population = await reader.population(scope);
  if (population.clients === 0) return [];
  const hosts = await allSeedHosts(scope, seeds, population, settings, reader);
  const servers = await reader.servers(scope, { hosts, servers: seeds.servers });
  return judgeFanIn(servers, population, hosts.length, settings).filter(({ score }) => score >= settings.threshold);
}

/** Infected hosts, and hosts that talk to servers known to be bad. */
async function allSeedHosts(
  scope: C2FlowScope,
  seeds: C2Seeds,
  population: C2Population,
  settings: C2Settings,
  reader: C2FlowReader,
): Promise<C2SeedHost[]> {
  const known = await reader.seedHosts(scope, seeds.hosts);
  const most = Math.max(settings.leastClientsForPopularity, Math.floor(population.clients * settings.mostPopularity));
  const joined = new Map((await reader.clientsOf(scope, seeds.servers, most)).map((host) => [host.address, host]));
  for (const host of known) joined.set(host.address, host);
  return [...joined.values()];
}

function judgeFanIn(servers: readonly C2ServerRow[], population: C2Population, infected: number, settings: C2Settings): C2Candidate[] {
  const counts = servers.map(
    (server): FanIn => ({
      clients: population.clients,
      infected,
      serverClients: server.clients,
      serverInfected: server.seedClients,
    }),
  );
  const logP = Float64Array.from(counts, logTail);
  const rates = falseDiscoveryRates(logP, population.servers);
  return servers.flatMap((server, i) => {
    const lift = liftOf(counts[i] as FanIn);
    const isHigh = (rates[i] as number) <= settings.falseDiscoveryRate && lift >= settings.leastLift;
    return isHigh ? [toCandidate(server, lift)] : [];
  });
}

function toCandidate(server: C2ServerRow, lift: number): C2Candidate {
  const text = `${server.seedClients}/${server.clients}`;
  return {
    address: server.address,
    port: server.port,
    transport: server.transport,
    firstSeenAt: server.firstSeenAt,
    lastSeenAt: server.lastSeenAt,
    score: 0.8,
    methods: ['fan-in'],
    family: null,
    features: { lift },
    because: { ja: text, en: text },
  };
}
