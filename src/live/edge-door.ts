/**
 * Takes batches from edge collectors: checks them, makes them the sender's own, stores
 * them once.
 *
 * The sender is trusted with its sensor and nothing else: the tenant is the token's, the
 * sensor must be the token's, and tokens of work are renamed so that nobody can stand in
 * another's way. The number of the last stored batch is remembered besides, because the
 * engine forgets tokens after some ten thousand inserts and an edge may be away for days.
 */
import { createHash } from 'node:crypto';
import type { Column, ColumnBatch } from '../domain/telemetry-table.ts';
import { isYaguraError, YaguraError } from '../engine/errors.ts';
import { decodeBatch } from './batch-codec.ts';
import type { HubSink } from './hub-sink.ts';
import type { LiveBatch } from './live-batch.ts';
import { isDiskFull } from './store-persistently.ts';

/** A batch of a second spans one or two days; a capture read late some more. Each day is a partition. */
const MOST_DAYS = 40;

export interface EdgeDoorParts {
  readonly sink: Pick<HubSink, 'store' | 'setAside'>;
  readLast(tenant: string, key: string): Promise<number | null>;
  writeLast(tenant: string, key: string, sequence: number): Promise<void>;
}

export interface EdgeSender {
  readonly tenant: string;
  /** The one sensor it may speak for; null: any. */
  readonly sensor: string | null;
}

export interface EdgeDelivery {
  /** Of the sender's spool. */
  readonly spool: string;
  /** Rises within a spool. */
  readonly sequence: number;
  readonly body: Uint8Array;
}

export interface EdgeReceipt {
  readonly rows: number;
  /** It had been stored before: nothing changed. */
  readonly wasKnown: boolean;
}

export class EdgeDoor {
  readonly #parts: EdgeDoorParts;
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(parts: EdgeDoorParts) {
    this.#parts = parts;
  }

  /** Resolves once it is stored. One sender's batches go in turn: a repetition waits for the first. */
  receive(sender: EdgeSender, delivery: EdgeDelivery): Promise<EdgeReceipt> {
    const key = `${sender.tenant}\u001f${delivery.spool}`;
    const before = this.#turns.get(key) ?? Promise.resolve();
    const work = (): Promise<EdgeReceipt> => this.#receive(sender, delivery);
    const turn = before.then(work, work);
    const settled = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#turns.get(key) === settled) this.#turns.delete(key);
      });
    this.#turns.set(key, settled);
    return turn;
  }

  async #receive({ tenant, sensor }: EdgeSender, { spool, sequence, body }: EdgeDelivery): Promise<EdgeReceipt> {
    const batch = await decodeBatch(body);
    if (sensor !== null) refuseOtherSensors(batch, sensor);
    refuseManyDays(batch.columns);
    const own = ownBatch(batch, tenant);
    const rows = own.columns.reduce((sum, one) => sum + one.rows, 0);
    // A spool belongs to its sensor: nobody's numbers stand in another's way.
    const key = `live-spool:${batch.sensor}:${spool}`;
    const last = await this.#parts.readLast(tenant, key);
    if (last !== null && sequence <= last) return { rows, wasKnown: true };
    await this.#store(tenant, own);
    await this.#parts.writeLast(tenant, key, sequence);
    return { rows, wasKnown: false };
  }

  /** What the store refuses for good is put aside here: the sender could only send it again and again. */
  async #store(tenant: string, batch: LiveBatch): Promise<void> {
    try {
      await this.#parts.sink.store(tenant, batch);
    } catch (error) {
      if (!isYaguraError(error, 'store-failed') || isDiskFull(error)) throw error;
      await this.#parts.sink.setAside(tenant, batch, error);
    }
  }
}

function refuseOtherSensors(batch: LiveBatch, sensor: string): void {
  const named = batch.columns.flatMap(({ columns }) => textsOf(columns['sensor']));
  const other = [batch.sensor, ...named].find((one) => one !== sensor);
  if (other !== undefined) throw new YaguraError('forbidden', `this token speaks for the sensor ${sensor}; the batch is of ${other}`);
}

const textsOf = (column: Column | undefined): readonly string[] => (column && 'dictionary' in column ? column.dictionary : []);

function refuseManyDays(batches: readonly ColumnBatch[]): void {
  const days = new Set<number>();
  for (const { rows, columns } of batches) {
    const minutes = columns['minute'];
    if (minutes instanceof Uint32Array) for (let row = 0; row < rows; row++) days.add(Math.floor((minutes[row] ?? 0) / 86_400));
  }
  if (days.size > MOST_DAYS) {
    throw new YaguraError('input-malformed', `the batch cannot be used: its rows lie on ${days.size} days; ${MOST_DAYS} are the most`);
  }
}

/** Tenant and token are the hub's to give. */
function ownBatch(batch: LiveBatch, tenant: string): LiveBatch {
  const token = createHash('sha256').update([tenant, batch.sensor, batch.token].join('\u001f')).digest('hex');
  const columns = batch.columns.map((one) => ({
    ...one,
    columns: { ...one.columns, tenant: { dictionary: [tenant], codes: new Uint8Array(one.rows) } },
  }));
  return { ...batch, token: `edge-${token}`, columns };
}
