/** What the ways from a capture to minute cells have in common. */
import type { ColumnBatch } from '../../domain/telemetry-table.ts';
import type { CollectContext } from '../../engine/modules.ts';

/** Whose cells they are. */
export type Place = Pick<CollectContext, 'tenant' | 'sensor'>;

/** A capture on its way to cells, whichever way it goes. */
export interface CellReader {
  /** Packets taken so far. */
  readonly records: number;
  /** Bytes of the file on disk taken so far. */
  readonly position: number;
  /** Finished cells that wait to be taken. */
  readonly rows: number;
  /** Takes another block; false after the last. Throws YaguraError at what cannot be read; everything before is taken. */
  next(): Promise<boolean>;
  /** Closes the open minutes. */
  finish(): void;
  take(): ColumnBatch[];
  close(): void;
}
