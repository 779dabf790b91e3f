/**
 * From evidence to candidates: which gates a server must pass, and how its evidence adds up.
 *
 * Each kind of evidence is a number from 0 to 1 and has a weight, the most it can
 * contribute; together they make 1 − Π(1 − weight × evidence), so that kinds support each
 * other and none can be cancelled. Every number that went in is a feature of the candidate.
 */
import type { C2Candidate, C2Method } from '../domain/c2.ts';
import type { C2Indicator, C2Population, C2ServerRow } from '../domain/c2-flows.ts';
import { beaconModifier } from './beacon.ts';
import { type PopularService, popularService } from './popular.ts';
import type { C2Question } from './question.ts';
import { toFamily } from './seeds.ts';
import { sentence } from './sentence.ts';
import { keepsTime, type LookedAt } from './server-rhythm.ts';
import type { C2Settings } from './settings.ts';

export interface Suspect {
  readonly server: C2ServerRow;
  readonly indicator: C2Indicator | undefined;
  readonly popularity: number;
  readonly lift: number;
  /** ln of the hypergeometric tail. */
  readonly logP: number;
}

/** What a suspect is compared with. */
export interface Comparison {
  readonly population: C2Population;
  readonly infected: number;
  /** False discovery rate by key of the server. */
  readonly rates: ReadonlyMap<string, number>;
  /** When servers were met before the period; null: there is no history to tell. */
  readonly met: ReadonlyMap<string, number> | null;
}

interface Evidence {
  readonly fanIn: number;
  readonly beacon: number;
  readonly size: number;
  readonly novelty: number;
  readonly indicator: number;
}

const DAY_MS = 86_400_000;
/** A false discovery rate of one in a thousand is as good as it gets. */
const SURE_LOG10 = 3;
/** Days for which RITA neither adds nor takes. */
const NEITHER_NEW_NOR_OLD = 14;
/** Where half of the clients are infected nothing more is asked of their share. */
const PLAIN_SHARE = 0.5;
/** Scores of half and less are what anybody's connections reach. */
const ORDINARY_SCORE = 0.5;
/** So many records towards a UDP server without one back, though others are seen to answer, are a flood. */
const UNANSWERED_FLOWS = 10;

const clamp = (value: number): number => Math.min(1, Math.max(0, value));
const round = (value: number, digits: number): number => Number(value.toFixed(digits));

export function isAllowListed({ features }: C2Candidate): boolean {
  return features['allowListed'] === 1;
}

export function judge(
  question: C2Question,
  suspects: readonly Suspect[],
  looks: ReadonlyMap<string, LookedAt>,
  comparison: Comparison,
): C2Candidate[] {
  return suspects
    .flatMap((suspect) => toCandidate(question, suspect, looks.get(suspect.server.key) ?? { rhythm: null, family: null }, comparison) ?? [])
    .sort((a, b) => b.score - a.score || (a.address < b.address ? -1 : 1) || a.port - b.port);
}

function toCandidate({ settings, allow, from }: C2Question, suspect: Suspect, look: LookedAt, comparison: Comparison): C2Candidate | null {
  const rate = comparison.rates.get(suspect.server.key) ?? 1;
  const methods = methodsOf(suspect, look, rate, comparison, settings);
  const isTarget = isHammered(suspect) || isFlooded(suspect.server, comparison.population);
  if (!isSuspicious(methods, suspect, look, comparison, settings) || (isTarget && !suspect.indicator)) return null;
  const evidence = weigh(suspect, look, rate, comparison, settings);
  const score = round(combine(evidence, settings), 3);
  if (score < settings.threshold) return null;
  const { server } = suspect;
  const features = featuresOf(suspect, look, rate, comparison, evidence, from, allow);
  return {
    address: server.address,
    port: server.port,
    transport: server.transport,
    firstSeenAt: Math.min(server.firstSeenAt, comparison.met?.get(server.key) ?? server.firstSeenAt),
    lastSeenAt: server.lastSeenAt,
    score,
    methods,
    family: toFamily(suspect.indicator?.family ?? look.family),
    features,
    because: sentence(features, methods, comparison.infected, comparison.population.clients),
  };
}

function methodsOf(
  { server, indicator, lift, logP }: Suspect,
  { rhythm }: LookedAt,
  rate: number,
  { infected }: Comparison,
  settings: C2Settings,
): C2Method[] {
  const isShared = server.seedClients >= settings.leastInfectedShare * server.clients && lift >= settings.leastLift;
  const isBeyondChance = infected < settings.fewSeeds ? logP <= Math.log(settings.falseDiscoveryRate) : rate <= settings.falseDiscoveryRate;
  const isMet = server.seedClients >= (infected < settings.fewSeeds ? 1 : settings.leastSeeds);
  return [
    ...(isShared && isBeyondChance && isMet ? (['fan-in'] as const) : []),
    ...(keepsTime(rhythm, settings.leastBeacon) ? (['beacon'] as const) : []),
    ...(indicator ? (['indicator'] as const) : []),
  ];
}

/** A meeting place of several, or, with hardly any seeds to compare, the lonely rhythm of one. */
function isSuspicious(
  methods: readonly C2Method[],
  { server }: Suspect,
  { rhythm }: LookedAt,
  { infected }: Comparison,
  settings: C2Settings,
): boolean {
  if (methods.includes('indicator')) return true;
  if (!methods.includes('fan-in')) return false;
  const isOfSeveral = infected >= settings.fewSeeds && server.seedClients >= settings.leastSeeds;
  return isOfSeveral || keepsTime(rhythm, settings.leastLoneBeacon);
}

const LEAST_SPAN_SECONDS = 60;

/** More than a connection each second from each client, as long as it lasts: an attack's target, not its controller. */
function isHammered({ server }: Suspect): boolean {
  const seconds = Math.max(LEAST_SPAN_SECONDS, (server.lastSeenAt - server.firstSeenAt) / 1000);
  return server.seedFlows > server.seedClients * seconds;
}

const isFlooded = (server: C2ServerRow, { showsUdpAnswers }: C2Population): boolean =>
  server.transport === 'udp' && showsUdpAnswers && server.answers === 0 && server.flows >= UNANSWERED_FLOWS;

function weigh(
  { server, indicator, logP }: Suspect,
  { rhythm }: LookedAt,
  rate: number,
  { infected, met }: Comparison,
  settings: C2Settings,
): Evidence {
  const chance = infected < settings.fewSeeds ? logP / Math.LN10 : Math.log10(Math.max(rate, Number.MIN_VALUE));
  const infectedShare = server.seedClients / server.clients;
  const beyondOrdinary = (score: number | undefined): number => clamp(((score ?? 0) - ORDINARY_SCORE) / (1 - ORDINARY_SCORE));
  return {
    fanIn: clamp(-chance / SURE_LOG10) * clamp(infectedShare / PLAIN_SHARE),
    beacon: keepsTime(rhythm, settings.leastBeacon) ? beyondOrdinary(rhythm.score) : 0,
    size: beyondOrdinary(rhythm?.ds),
    novelty: met && !met.has(server.key) ? 1 : 0,
    indicator: indicator ? 1 : 0,
  };
}

function combine(evidence: Evidence, { weights }: C2Settings): number {
  let rest = 1;
  for (const kind of Object.keys(evidence) as (keyof Evidence)[]) rest *= 1 - weights[kind] * evidence[kind];
  return 1 - rest;
}

function featuresOf(
  { server, popularity, lift, logP }: Suspect,
  { rhythm }: LookedAt,
  rate: number,
  { met }: Comparison,
  evidence: Evidence,
  from: number,
  allow: readonly PopularService[],
): Record<string, number | null> {
  const packetBytes = server.packets > 0 ? server.bytes / server.packets : null;
  const metAt = met?.get(server.key);
  const knownDays = metAt === undefined ? 0 : round((from - metAt) / DAY_MS, 1);
  return {
    clients: server.clients,
    infectedClients: server.seedClients,
    infectedShare: round(server.seedClients / server.clients, 3),
    popularity: round(popularity, 5),
    lift: round(lift, 2),
    log10P: round(logP / Math.LN10, 2),
    falseDiscoveryRate: Number(rate.toPrecision(3)),
    beaconScore: rhythm?.score ?? null,
    modifiedBeaconScore: rhythm ? modified(rhythm.score, popularity, evidence, met === null ? null : knownDays, server.bytes) : null,
    timeScore: rhythm?.ts ?? null,
    sizeScore: rhythm?.ds ?? null,
    histogramScore: rhythm?.hist ?? null,
    durationScore: rhythm?.dur ?? null,
    judgedClients: rhythm?.judgedClients ?? null,
    periodSeconds: rhythm?.periodSeconds == null ? null : round(rhythm.periodSeconds, 1),
    periodLog10P: rhythm?.periodLog10P == null ? null : round(rhythm.periodLog10P, 2),
    knownDays: met === null ? null : knownDays,
    flows: server.flows,
    bytesPerPacket: packetBytes === null ? null : round(packetBytes, 1),
    sampling: server.sampling,
    allowListed: popularService({ ...server, packetBytes }, allow) ? 1 : 0,
    fanInEvidence: round(evidence.fanIn, 3),
    beaconEvidence: round(evidence.beacon, 3),
    sizeEvidence: round(evidence.size, 3),
    noveltyEvidence: evidence.novelty,
    indicatorEvidence: evidence.indicator,
  };
}

/** What RITA's modifiers make of the score; only shown: rarity and novelty have weights of their own here. Without a history age is left out. */
function modified(score: number, prevalence: number, { indicator }: Evidence, knownDays: number | null, bytes: number): number {
  return round(
    clamp(score + beaconModifier({ prevalence, knownDays: knownDays ?? NEITHER_NEW_NOR_OLD, isIndicator: indicator === 1, bytes })),
    3,
  );
}
