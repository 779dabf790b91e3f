/**
 * Raw packets kept by policy: one capture of a source, and what is kept at all.
 *
 * Packets show what a person's machine did, byte by byte. Whoever asks must hold the
 * permission and say what for; the entry in the audit log is written before the first
 * byte leaves.
 */
import { z } from '@hono/zod-openapi';
import { formatAddress, parseAddress } from '../../domain/address.ts';
import { YaguraError } from '../../engine/errors.ts';
import { appendAudit } from '../../store/state/audit.ts';
import { packetStatusSchema } from '../packet-contract.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare, declareStream, timeQuery } from '../route.ts';
import { requires, type SessionRules } from '../session.ts';

const MEDIA_TYPE = 'application/vnd.tcpdump.pcap';

const searchQuery = z.strictObject({
  source: z.string(),
  from: timeQuery,
  to: timeQuery,
  sensor: z.string().optional(),
  purpose: z.string().trim().min(5).max(500),
});

export function packetRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/packets/status',
      permission: 'sensor.read',
      summary: 'Which raw packets are kept of each sensor',
      answer: packetStatusSchema,
    }),
    (c) => c.json({ rows: parts.packets.status(c.get('session').tenant) }, 200),
  );

  declareStream(
    api,
    'get',
    '/packets',
    'packet.read',
    'Kept packets of one source as a capture; ?purpose= is required and audited',
    MEDIA_TYPE,
  );
  api.get('/packets', requires('packet.read', rules), async (c) => {
    const { tenant, actor } = c.get('session');
    const read = searchQuery.safeParse(c.req.query());
    if (!read.success) throw new YaguraError('usage', sentenceOf(read.error));
    const { from, to, sensor, purpose } = read.data;
    const source = parseAddress(read.data.source);
    if (!source) throw new YaguraError('usage', `source: "${read.data.source}" is not an address`);
    if (to <= from) throw new YaguraError('usage', 'to: must be later than from');
    const subject = formatAddress(source);
    const detail = { from, to, ...(sensor === undefined ? {} : { sensor }) };
    await appendAudit(parts.db, tenant, { at: parts.clock.now(), actor, action: 'packets-read', subject, purpose, detail });
    const bytes = parts.packets.search(tenant, sensor, { source, from, to });
    return c.body(ReadableStream.from(bytes) as ReadableStream<Uint8Array<ArrayBuffer>>, 200, {
      'content-type': MEDIA_TYPE,
      'content-disposition': `attachment; filename="yagura-packets-${subject.replaceAll(':', '_')}.pcap"`,
    });
  });
}

function sentenceOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${(issue?.path ?? []).map(String).join('.') || 'the request'}: ${issue?.message ?? 'invalid'}`;
}
