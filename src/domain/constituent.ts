/**
 * Whom we serve, what they hold, how to reach them, and whose a resource was at a time.
 *
 * Every resource has a validity interval: the answer to "whose was it?" is only true
 * for a moment. An attribution says via what, as of when and how sure, because a notice
 * to the wrong holder is worse than none.
 */
import type { DictionaryColumn } from './telemetry-table.ts';
import type { Language, Text } from './text.ts';

export const CONSTITUENT_KINDS = ['isp', 'municipality', 'ministry', 'firm', 'school', 'hospital', 'carrier', 'other'] as const;
export type ConstituentKind = (typeof CONSTITUENT_KINDS)[number];

export type ResourceKind = 'prefix' | 'asn' | 'domain';

export interface Resource {
  readonly kind: ResourceKind;
  readonly value: string; // '203.0.113.0/24', '64496', 'example.jp'
  readonly validFrom: number | null; // Unix ms, inclusive; null: since ever
  readonly validTo: number | null; // exclusive; null: until further notice
}

export interface PostalAddress {
  readonly postalCode: string; // '100-8926'
  readonly lines: readonly string[]; // as printed, top to bottom
  readonly recipient: string; // with its own honorific-free name
  readonly department?: string;
  readonly country?: string; // printed on the last line of letters abroad
}

export interface Contact {
  readonly mail: readonly string[];
  readonly letter: PostalAddress | null;
}

export interface Constituent {
  readonly id: string; // stable slug chosen by the operator
  readonly name: Text;
  readonly kind: ConstituentKind;
  readonly language: Language; // of its notices
  readonly contact: Contact;
  readonly resources: readonly Resource[];
}

/** Which kind of fact decided an attribution, most specific first. */
export type AttributionVia = 'constituent-prefix' | 'constituent-domain' | 'constituent-asn';

export interface Attribution {
  readonly constituentId: string | null; // null: nobody we serve; the orphan queue
  readonly via: AttributionVia | null;
  readonly resource: string | null; // the deciding row: '203.0.113.0/24'
  readonly asOf: number; // the time asked about, Unix ms
  readonly confidence: number; // 0..100
  /** From the address tables, also when no constituent is found. */
  readonly network: NetworkFacts;
}

export interface NetworkFacts {
  readonly asn: number | null;
  readonly asName: string | null;
  readonly country: string | null; // ISO 3166-1 alpha-2, estimated from registry data
  readonly tableDate: string | null; // the edition of the address tables that said so
}

/** What cases and the pipeline need of attribution. */
export interface Attributor {
  attribute(asset: { kind: string; value: string }, at: number): Attribution;
  network(address: string): NetworkFacts;
  /** Columns for many sources at once (16 bytes each): AS number (0 unknown) and country ('' unknown). */
  networkColumns(sources: Uint8Array, rows: number): { readonly asn: Uint32Array; readonly country: DictionaryColumn };
}
