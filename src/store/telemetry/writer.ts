/**
 * The way into the store: spool, insert, forget.
 *
 * A batch is on disk before the engine sees it and leaves the disk after the engine has
 * it. Every block carries its own token, and raw tables and rollups remember tokens, so
 * repeating a batch after a crash at any point stores exactly what was missing.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type ColumnBatch, TELEMETRY_TABLES, type TelemetryTableName } from '../../domain/telemetry-table.ts';
import { ERRORS, isYaguraError } from '../../engine/errors.ts';
import type { Log } from '../../engine/log.ts';
import { Spool, type SpooledPart, type SpoolPart } from '../../engine/spool.ts';
import type { Capabilities } from './capabilities.ts';
import type { Engine, Settings } from './engine.ts';
import { toNativeBlocks } from './native-block.ts';
import { isStored, rememberStored } from './stored-token.ts';

const ATTEMPTS = 3;
const PAUSE_MS = 200;

export interface WriterParts {
  readonly engine: Engine;
  readonly capabilities: Capabilities;
  readonly spool: Spool;
  readonly log: Log;
}

/** Resolves once the batches are in raw tables and rollups; the same token stores nothing twice. */
export async function insertBatches(parts: WriterParts, batches: readonly ColumnBatch[], token: string): Promise<void> {
  if (batches.every((batch) => batch.rows === 0)) return;
  // Nobody has been told yet that it is stored, and the engine does not sync its parts either.
  await parts.spool.put(token, toParts(batches), { isRepeatable: true });
  try {
    await storeSpooled(parts, token);
  } catch (error) {
    // What the engine will never take must not be tried again at every start; the caller knows now.
    if (!isPassing(error)) await parts.spool.remove(token);
    throw error;
  }
  await parts.spool.remove(token);
}

/** Stores what a crash or an outage left in the spool; what the engine refuses is put aside. Returns how many batches were stored. */
export async function replaySpool(parts: WriterParts): Promise<number> {
  let stored = 0;
  for (const token of await parts.spool.list()) {
    try {
      await storeSpooled(parts, token);
      await parts.spool.remove(token);
      stored++;
    } catch (error) {
      if (isPassing(error)) throw error;
      const folder = await parts.spool.reject(token);
      parts.log.error(
        { err: error, folder },
        'the telemetry engine refused a spooled batch; it was put aside; look at the reason and at the folder',
      );
    }
  }
  if (stored > 0) parts.log.info({ batches: stored }, 'spooled batches were stored');
  return stored;
}

/** An outage, after which the same work may succeed. */
export function isPassing(error: unknown): boolean {
  return isYaguraError(error) && ERRORS[error.code].isRetryable;
}

/** One part per block: '0003-feed_record.native'. The number keeps the order and is part of the block's token. */
export function* toParts(batches: readonly ColumnBatch[]): Generator<SpoolPart> {
  let number = 0;
  for (const batch of batches) {
    for (const content of toNativeBlocks(batch)) yield { name: `${String(number++).padStart(4, '0')}-${batch.table}.native`, content };
  }
}

function tableOf(part: SpooledPart): { table: TelemetryTableName; number: number } {
  const [, number = '', name = ''] = /^(\d+)-(\w+)\.native$/.exec(part.name) ?? [];
  const table = Object.values(TELEMETRY_TABLES).find((known) => known.name === name);
  if (!table) throw new Error(`the spool holds a part that is not ours: ${part.name}`);
  return { table: table.name, number: Number(number) };
}

export async function storeSpooled(parts: WriterParts, token: string): Promise<void> {
  const { engine, capabilities, spool } = parts;
  if (!capabilities.deduplicates && (await isStored(engine, token))) return;
  for (const part of await spool.read(token)) await storePart(parts, part, token);
  if (!capabilities.deduplicates) await rememberStored(engine, token);
}

/** Repeats after an outage, but only where the engine recognises a repetition. */
async function storePart({ engine, capabilities }: WriterParts, part: SpooledPart, token: string): Promise<void> {
  const { table, number } = tableOf(part);
  const settings: Settings = capabilities.deduplicates
    ? { ...capabilities.insertSettings, insert_deduplication_token: `${token}:${table}:${number}` }
    : capabilities.insertSettings;
  const columns = Object.keys(TELEMETRY_TABLES[table].columns);
  for (let attempt = 1; ; attempt++) {
    try {
      await engine.insert({ table, columns, file: part.file }, settings);
      return;
    } catch (error) {
      if (!isPassing(error) || !capabilities.deduplicates || attempt === ATTEMPTS) throw error;
      await pause(PAUSE_MS * attempt);
    }
  }
}
