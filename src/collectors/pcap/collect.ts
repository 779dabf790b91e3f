/**
 * A capture as batches of minute cells.
 *
 * Borders between batches depend on packets and cells alone, never on time or chunk
 * arrival, so the same file always gives the same batches.
 */
import { setImmediate } from 'node:timers/promises';
import { CaptureReader } from '../../capture/container.ts';
import { isYaguraError } from '../../engine/errors.ts';
import type { CollectContext, CollectedBatch, Input } from '../../engine/modules.ts';
import { Aggregator } from './aggregate.ts';
import type { CellReader, Place } from './cell-reader.ts';
import { openPlainCells } from './plain-cells/plain-cells.ts';

/** A batch is handed over when it has this many cells, or when this many packets went by. */
const CELLS_PER_BATCH = 250_000;
const PACKETS_PER_BATCH = 2_000_000;
/** Every bad record is counted; the bytes of only so many are kept. */
const MOST_EXCERPTS = 1000;

export async function* collectCapture(input: Input, context: CollectContext): AsyncGenerator<CollectedBatch> {
  let excerpts = 0;
  const aggregator = new Aggregator((record, reason, excerpt) => {
    context.quarantine(record, reason, excerpts++ < MOST_EXCERPTS ? excerpt() : '');
  });
  const reader = (await openPlainCells(input, aggregator, context)) ?? openAnyCells(input, aggregator, context);
  let given = 0;
  const batch = (): CollectedBatch => {
    const records = reader.records - given;
    given = reader.records;
    context.progress(reader.position);
    return { records, columns: reader.take(), findings: [] };
  };
  try {
    let fault: unknown;
    while ((fault = await advance(reader)) === undefined) {
      context.signal.throwIfAborted();
      if (reader.rows >= CELLS_PER_BATCH || reader.records - given >= PACKETS_PER_BATCH) yield batch();
      // Other work of this thread gets its turn between blocks.
      await setImmediate();
    }
    reader.finish();
    if (reader.records > given) yield batch();
    warnOfForeignLinks(aggregator.foreignLinks, context);
    if (fault !== 'end') throw fault;
  } finally {
    reader.close();
  }
}

/** Every format and link type, by the general decoder. */
function openAnyCells(input: Input, aggregator: Aggregator, { tenant, sensor }: Place): CellReader {
  const reader = new CaptureReader(input);
  return {
    get records() {
      return reader.records;
    },
    get position() {
      return reader.position;
    },
    get rows() {
      return aggregator.columns.rows;
    },
    async next() {
      if (!(await reader.next())) return false;
      aggregator.take(reader.frames);
      return true;
    },
    finish: () => aggregator.finish(),
    take: () => (aggregator.columns.rows > 0 ? [aggregator.columns.take(tenant, sensor)] : []),
    close: () => reader.close(),
  };
}

/** Takes the next block: undefined when there is one, 'end' after the last, otherwise what is wrong with the file. */
async function advance(reader: CellReader): Promise<unknown> {
  try {
    return (await reader.next()) ? undefined : 'end';
  } catch (error) {
    if (isYaguraError(error)) return error;
    throw error;
  }
}

function warnOfForeignLinks(links: ReadonlyMap<number, number>, context: CollectContext): void {
  if (links.size === 0) return;
  const packets = [...links.values()].reduce((sum, count) => sum + count, 0);
  const types = [...links.keys()].sort((a, b) => a - b);
  context.alarm(
    'capture-link-type-unknown',
    { linkTypes: types, packets },
    {
      ja: `リンク種別 ${types.join('、')} のパケット ${packets} 個は読み取れないため、集計に入っていません。`,
      en: `${packets} packets of link type ${types.join(', ')} cannot be read and are not counted.`,
    },
  );
}
