/**
 * Command-and-control servers found in flow records: what a candidate is, and the only
 * shape in which one leaves this system.
 *
 * A candidate is about a server. Nothing in it names who talked to it: features are
 * numbers, so that no client address can hide in them, and the list has exactly the
 * fields that the ministry's study group found to be detached from any communication
 * (第四次とりまとめ, November 2021: address and port of the server).
 */
import type { Text } from './text.ts';

export interface C2Server {
  readonly address: string;
  readonly port: number;
  readonly transport: 'tcp' | 'udp';
}

/** How a server came to be suspected. `fan-in`: infected hosts talk to it and few others do. */
export const C2_METHODS = ['fan-in', 'beacon', 'indicator'] as const;
export type C2Method = (typeof C2_METHODS)[number];

export interface C2Candidate extends C2Server {
  readonly firstSeenAt: number; // Unix ms
  readonly lastSeenAt: number;
  readonly score: number; // 0..1, three decimals
  readonly methods: readonly C2Method[];
  /** As the seeds or indicators say; null: unknown. */
  readonly family: string | null;
  /** Each by its documented name; null: could not be told from these records. */
  readonly features: Readonly<Record<string, number | null>>;
  readonly because: Text;
}

/** Nobody's word alone makes a candidate public: two people, neither of whom may be the other. */
export const C2_STATES = ['candidate', 'confirmed-once', 'confirmed', 'rejected', 'expired', 'allow-listed'] as const;
export type C2State = (typeof C2_STATES)[number];

/** One line of the list that is shared. No field more, ever. */
export interface C2ListEntry {
  readonly address: string;
  readonly port: number;
  readonly first: string; // ISO 8601, UTC
  readonly last: string;
  readonly score: number;
  readonly method: string;
  readonly family?: string;
}
