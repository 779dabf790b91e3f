/**
 * What the engine at hand can do. Old servers refuse a setting they do not know, so
 * only settings that the engine itself lists are ever sent.
 */
import type { Engine, Settings } from './engine.ts';
import { sql } from './sql.ts';

export interface Capabilities {
  /** Repeating an insert with its token changes nothing, rollups included. */
  readonly deduplicates: boolean;
  /** Codecs, skipping indexes: the second migration list. */
  readonly isModern: boolean;
  /** Whether merges can be told to wait for more parts. */
  readonly canMergeLater?: boolean;
  /** Settings of every insert. */
  readonly insertSettings: Settings;
}

/** From this major version on codecs and skipping indexes are settled features. */
const MODERN_MAJOR = 21;

export async function readCapabilities(engine: Engine): Promise<Capabilities> {
  const names = await engine.query(sql`SELECT name FROM system.settings UNION ALL SELECT name FROM system.merge_tree_settings`);
  const known = new Set(names.map(([name]) => String(name)));
  const [[version] = []] = await engine.query(sql`SELECT version()`);
  const deduplicates = [
    'insert_deduplication_token',
    'deduplicate_blocks_in_dependent_materialized_views',
    'non_replicated_deduplication_window',
  ].every((name) => known.has(name));
  const insertSettings: Settings = {
    // Rows of a block are grouped already; looking for equal keys again costs more than the grouping.
    ...(known.has('optimize_on_insert') ? { optimize_on_insert: 0 } : {}),
    // A slow sensor's batch may touch many days; the default limit of 100 partitions would refuse it.
    ...(known.has('max_partitions_per_insert_block') ? { max_partitions_per_insert_block: 0 } : {}),
    ...(deduplicates ? { deduplicate_blocks_in_dependent_materialized_views: 1 } : {}),
  };
  const isModern = Number.parseInt(String(version), 10) >= MODERN_MAJOR;
  return { deduplicates, isModern, canMergeLater: known.has('merge_selector_base'), insertSettings };
}
