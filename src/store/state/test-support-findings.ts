/** Builders: a test says only what it is about. */
import type { Attribution, Constituent, Contact, Resource } from '../../domain/constituent.ts';
import type { DetectedFinding } from '../../domain/finding.ts';
import type { AttributedFinding } from '../../engine/ports.ts';

export const MORNING = Date.UTC(2026, 4, 1);

export interface Sighting {
  readonly tenant: string;
  readonly address: string;
  readonly constituent?: string | null;
  readonly finding?: Partial<DetectedFinding>;
}

export function sighting({ tenant, address, constituent: holder = 'isp-a', finding }: Sighting): AttributedFinding {
  const base: DetectedFinding = {
    tenant,
    kind: 'infected-host',
    identifier: 'mirai',
    asset: { kind: 'ip', value: address },
    port: 23,
    transport: 'tcp',
    role: 'source',
    classification: { taxonomy: 'malicious-code', type: 'infected-system' },
    severity: 'high',
    confidence: 90,
    firstSeenAt: MORNING,
    lastSeenAt: MORNING + 60_000,
    count: 5,
    sourcePort: 40_000,
    because: { ja: 'Mirai の特徴をもつ接続要求を 5 回観測しました。', en: 'We saw 5 connection attempts with the mark of Mirai.' },
    evidence: { rule: { id: 'infected-host', version: 1, parameters: { minPackets: 3 } }, facts: { packets: 5 }, sensors: ['main'] },
    origin: { module: 'infected-host' },
    bucket: null,
  };
  return { finding: { ...base, ...finding }, attribution: attribution(holder, finding?.lastSeenAt ?? base.lastSeenAt) };
}

export function attribution(constituentId: string | null, asOf: number): Attribution {
  const network = { asn: 64496, asName: 'EXAMPLE-NET', country: 'JP', tableDate: '2026-04-01' };
  if (constituentId === null) return { constituentId, via: null, resource: null, asOf, confidence: 0, network };
  return { constituentId, via: 'constituent-prefix', resource: '192.0.2.0/24', asOf, confidence: 95, network };
}

/** As many different addresses as a test needs. */
export const addressOf = (n: number): string => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;

export function constituent(id: string, contact: Partial<Contact>, resources: readonly Resource[] = []): Constituent {
  return {
    id,
    name: { ja: `${id} 株式会社`, en: id.toUpperCase() },
    kind: 'isp',
    language: 'ja',
    contact: { mail: [], letter: null, ...contact },
    resources,
  };
}
