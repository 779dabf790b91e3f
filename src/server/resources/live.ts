/** The door for edge collectors: batches of live input, each stored once. */
import { z } from 'zod';
import { YaguraError } from '../../engine/errors.ts';
import type { LiveReceipt } from '../contract.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declareStream } from '../route.ts';
import { requires, type Session, type SessionRules } from '../session.ts';

/** Compressed; sound batches are a few megabytes. */
const LARGEST_BODY = 64 << 20;

const deliveryHeaders = z.object({
  spool: z.uuid('the header X-Spool must name the sender’s spool'),
  sequence: z.coerce.number().int().min(1, 'the header X-Sequence must number the batch'),
});

export function liveRoutes(api: Api, rules: SessionRules, { edgeDoor }: ServerParts): void {
  declareStream(api, 'post', '/live/batches', 'live.write', 'Deliver a batch of an edge collector (Zstandard)', 'application/json');
  api.post('/live/batches', requires('live.write', rules), async (c) => {
    const session = c.get('session');
    const headers = deliveryHeaders.safeParse({ spool: c.req.header('x-spool'), sequence: c.req.header('x-sequence') });
    if (!headers.success) throw new YaguraError('usage', headers.error.issues[0]?.message ?? 'the headers are wrong');
    const body = await readBody(c.req.raw.body);
    const receipt: LiveReceipt = await edgeDoor.receive({ tenant: session.tenant, sensor: sensorOf(session) }, { ...headers.data, body });
    return c.json(receipt, 200);
  });
}

/** A sensor's token carries the sensor's name; the administrator may speak for any. */
const sensorOf = ({ role, actor }: Session): string | null => (role === 'sensor' ? actor : null);

/** Counted while it comes, since a sender's word about its length is only a word. */
async function readBody(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body ?? []) {
    length += piece.length;
    if (length > LARGEST_BODY) throw new YaguraError('input-malformed', 'the batch cannot be used: it is larger than 64 MiB');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
