/**
 * What the scoring of C&C servers asks of the flow records, and what it hears.
 *
 * The questions are server-first: an answer is about an address and port that serves.
 * Clients come back as counts and as series without a name. The one exception are the
 * infected hosts themselves, which the scorer must know to ask about; they never reach
 * a candidate, whose only text fields are the server, its family and its sentence.
 */
import type { C2Server } from './c2.ts';

/** An infected host: what it talks to, and others do not, is suspicious. */
export interface C2SeedHost {
  readonly address: string;
  readonly family: string | null;
}

/** A server somebody named. A port or transport of null stands for all. */
export interface C2Indicator {
  readonly address: string;
  readonly port: number | null;
  readonly transport: 'tcp' | 'udp' | null;
  readonly family: string | null;
}

export interface C2Seeds {
  readonly hosts: readonly C2SeedHost[];
  readonly servers: readonly C2Indicator[];
}

export interface C2FlowScope {
  readonly tenant: string;
  readonly from: number; // Unix ms, inclusive
  readonly to: number; // exclusive
}

/** The whole against which a server is compared. */
export interface C2Population {
  readonly clients: number;
  /** Servers with at least two clients: so many comparisons could be made. */
  readonly servers: number;
  /** Pairs of client and server. */
  readonly contacts: number;
  /** The coarsest step in which exporters state the time of a flow. */
  readonly precisionMs: number;
  /** Whether the exporters show what servers answer over UDP. */
  readonly showsUdpAnswers: boolean;
}

/** One server that an infected host or an indicator points at. */
export interface C2ServerRow extends C2Server {
  /** Names it within the store. */
  readonly key: string;
  readonly clients: number;
  /** Infected hosts among them. */
  readonly seedClients: number;
  /** Records from infected hosts to it. */
  readonly seedFlows: number;
  readonly flows: number;
  /** Counters times the sampling interval. */
  readonly packets: number;
  readonly bytes: number;
  /** Records from it to its clients. */
  readonly answers: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  /** The greatest sampling interval of its records; 1: every packet. */
  readonly sampling: number;
  /** Of its network at that time, 0 unknown. */
  readonly asn: number;
}

/** What one client, unnamed, sent to one server: columns in order of time. */
export interface C2ClientSeries {
  readonly key: string;
  /** Whether it is one of the infected hosts, and of which family. */
  readonly isSeed: boolean;
  readonly family: string | null;
  readonly startedAt: Float64Array; // Unix ms
  readonly durationMs: Float64Array;
  readonly bytes: Float64Array;
  readonly packets: Float64Array;
  readonly clientPort: Uint16Array;
}

export interface C2Survey {
  readonly population: C2Population;
  /** Every server that one of the hosts had an answered conversation with, and every one that is named. */
  readonly servers: readonly C2ServerRow[];
}

export interface C2FlowReader {
  /** Of these hosts, those that were clients of anything. */
  seedHosts(scope: C2FlowScope, hosts: readonly C2SeedHost[]): Promise<C2SeedHost[]>;
  /** Hosts that were clients of servers somebody named; a server that more than such a share of all use tells nothing. */
  clientsOf(scope: C2FlowScope, servers: readonly C2Indicator[], mostShare: number): Promise<C2SeedHost[]>;
  survey(scope: C2FlowScope, seeds: C2Seeds): Promise<C2Survey>;
  /** The series of up to `clientsEach` clients of each server, infected ones first; in pages. */
  series(
    scope: C2FlowScope,
    hosts: readonly C2SeedHost[],
    servers: readonly C2ServerRow[],
    clientsEach: number,
  ): AsyncIterable<readonly C2ClientSeries[]>;
  /** Of these servers, by key, when each was first met in the days before the period; those not met are absent. */
  metBefore(scope: C2FlowScope, servers: readonly C2ServerRow[], days: number): Promise<ReadonlyMap<string, number>>;
  /** Of these addresses, those that behave as clients themselves: somebody's computer. */
  ordinaryClients(scope: C2FlowScope, addresses: readonly string[]): Promise<ReadonlySet<string>>;
}
