/** The findings a search for C&C servers starts from, as they stood in a period. */
import type { FindingKind, Transport } from '../../domain/finding.ts';
import type { StateDatabase } from './open.ts';

export interface SeedRow {
  readonly kind: FindingKind;
  readonly identifier: string;
  readonly asset: { readonly kind: string; readonly value: string };
  readonly port: number | null;
  readonly transport: Transport | null;
}

/** How findings that come from our own list are told: they are no evidence for themselves. */
export const OWN_IDENTIFIER = 'flow-analysis';
const MOST_SEEDS = 1_000_000;

/** Infected hosts and named servers seen in the period, without what people called wrong. */
export async function readSeedFindings(db: StateDatabase, tenant: string, from: number, to: number): Promise<SeedRow[]> {
  const rows = await db
    .selectFrom('finding')
    .select(['kind', 'identifier', 'asset_kind', 'asset_value', 'port', 'transport'])
    .where('tenant', '=', tenant)
    .where('kind', 'in', ['infected-host', 'command-and-control'])
    .where('asset_kind', '=', 'ip')
    .where('last_seen_at', '>=', from)
    .where('first_seen_at', '<', to)
    .where('retracted_at', 'is', null)
    .where('state', '!=', 'false_positive')
    .where('identifier', '!=', OWN_IDENTIFIER)
    .limit(MOST_SEEDS)
    .execute();
  return rows.map((row) => ({
    kind: row.kind as FindingKind,
    identifier: row.identifier,
    asset: { kind: row.asset_kind, value: row.asset_value },
    port: row.port,
    transport: row.transport as Transport | null,
  }));
}
