/**
 * A finding: our judgement about one resource, folded from many observations.
 *
 * It is keyed by what it is about (kind, identifier, asset, port), not by when it was
 * seen, so the same weakness reported daily stays one finding with a count. `because`
 * is written for the reader of the notice; notifiers never compose their own prose.
 */
import type { Text } from './text.ts';

export const FINDING_KINDS = [
  'infected-host',
  'telnet-scanner',
  'scanner',
  'brute-force',
  'dos-victim',
  'dos-participant',
  'amplifier',
  'exposed-service',
  'vulnerable-service',
  'weak-encryption',
  'compromised-host',
  'compromised-account',
  'command-and-control',
  'malware-distribution',
  'phishing',
  'spam',
  'blocklisted',
  'identified-device',
  'other',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export type AssetKind = 'ip' | 'net' | 'fqdn' | 'url' | 'email' | 'account';
export type Transport = 'tcp' | 'udp' | 'icmp';
export type FindingRole = 'source' | 'victim' | 'c2' | 'amplifier';

export interface Asset {
  readonly kind: AssetKind;
  readonly value: string;
}

/** What makes two judgements the same finding. */
export interface FindingKey {
  readonly tenant: string;
  readonly kind: FindingKind;
  readonly identifier: string; // finer than kind: 'mirai', 'open-telnet'
  readonly asset: Asset;
  readonly port: number | null;
  readonly transport: Transport | null;
}

/** Why an analyst may believe it: the rule, its parameters, the counts, what could be wrong with the data. */
export interface FindingEvidence {
  readonly rule: { readonly id: string; readonly version: number; readonly parameters: Readonly<Record<string, unknown>> };
  readonly facts: Readonly<Record<string, unknown>>;
  readonly sensors: readonly string[];
}

/** One judgement as a detector returns it, before it is folded. */
export interface DetectedFinding extends FindingKey {
  readonly role: FindingRole;
  readonly classification: { readonly taxonomy: string; readonly type: string }; // RSIT
  readonly severity: Severity;
  readonly confidence: number; // 0..100
  readonly firstSeenAt: number; // Unix ms
  readonly lastSeenAt: number;
  readonly count: number; // observations, as the detector counts them
  readonly sourcePort: number | null; // a provider behind shared addresses needs it with lastSeenAt
  readonly because: Text; // may have the gaps of gaps.ts, filled where findings are read
  readonly evidence: FindingEvidence;
  readonly origin: { readonly module: string; readonly feed?: string; readonly report?: string };
  /**
   * Where the count comes from, so that repeated work is harmless: judging the same
   * bucket (sensor and day) again replaces its share of the finding instead of adding
   * to it. Null for feeds: each record is its own share, guarded by the batch token.
   */
  readonly bucket: string | null;
  /** SHA-256 of its `fingerprintText`, where it is known already. */
  readonly fingerprint?: Uint8Array;
}

export type FindingState =
  | 'new'
  | 'triaged'
  | 'notified'
  | 'acknowledged'
  | 'fix_claimed'
  | 'verified_fixed'
  | 'reopened'
  | 'false_positive'
  | 'accepted'
  | 'unseen';

/** SHA-256 input of a finding's fingerprint: fields joined by unit separators, so that no value can imitate a border. */
export function fingerprintText(key: FindingKey): string {
  return [key.tenant, key.kind, key.identifier, key.asset.kind, key.asset.value, key.port ?? '', key.transport ?? ''].join('\u001f');
}
