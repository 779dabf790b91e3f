/**
 * The thresholds and weights of the C&C score, with the reason for each.
 *
 * A candidate is a server that two people will look at and perhaps name to every carrier
 * of the country, so every number here favours silence over a wrong name.
 */
import { z } from 'zod';

export const C2Settings = z.strictObject({
  /** From this score on a server is a candidate. */
  threshold: z.number().min(0).max(1).default(0.6),
  /** Two infected hosts at one server may be chance; one always is, unless there are hardly any to compare. */
  leastSeeds: z.int().min(1).default(2),
  /** With fewer infected hosts than this in the flows, the rhythm of a single one counts instead of their number. */
  fewSeeds: z.int().min(1).default(5),
  /** So much more often do infected hosts talk to it than others, at least. */
  leastLift: z.number().min(1).default(3),
  /** Among its clients, at least this share is infected: a maker's cloud is met by the healthy devices as well. */
  leastInfectedShare: z.number().min(0).max(1).default(0.33),
  /** Of the servers called significant at most this share is so by chance (Benjamini and Hochberg 1995). */
  falseDiscoveryRate: z.number().min(0).max(1).default(0.05),
  /** What such a share of all clients uses is a public service. */
  mostPopularity: z.number().min(0).max(1).default(0.2),
  /** Of two hundred clients a tenth is twenty: below so many clients popularity says nothing. */
  leastClientsForPopularity: z.int().min(1).default(20),
  /** Records of one connection are cut after this time by exporters and are put together again. */
  activeTimeoutSeconds: z.number().min(1).default(300),
  /** A rhythm from this score on speaks for a program, not a person. */
  leastBeacon: z.number().min(0).max(1).default(0.7),
  /** The rhythm of a single infected host has to carry more: this is where RITA's scores begin to be called medium. */
  leastLoneBeacon: z.number().min(0).max(1).default(0.9),
  /** Clients of one server whose rhythm is looked at. */
  clientsEach: z.int().min(1).max(1000).default(32),
  /** How far back a server counts as known. */
  historyDays: z.int().min(0).max(90).default(7),
  /** What each kind of evidence can add, at most. Evidence adds up as 1 − Π(1 − weight × evidence). */
  weights: z
    .strictObject({
      fanIn: z.number().min(0).max(1).default(0.8),
      beacon: z.number().min(0).max(1).default(0.45),
      size: z.number().min(0).max(1).default(0.1),
      novelty: z.number().min(0).max(1).default(0.1),
      indicator: z.number().min(0).max(1).default(0.9),
    })
    .prefault({}),
});
export type C2Settings = z.infer<typeof C2Settings>;

export const DEFAULT_C2_SETTINGS: C2Settings = C2Settings.parse({});
