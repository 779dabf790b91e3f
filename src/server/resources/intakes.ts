/** What came in: files, their progress, the records that could not be used, the alarms of feeds. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline as pump } from 'node:stream/promises';
import { z } from '@hono/zod-openapi';
import { stream } from 'hono/streaming';
import { collectors } from '../../collectors/index.ts';
import { explainReason } from '../../domain/reason.ts';
import { YaguraError } from '../../engine/errors.ts';
import { type IntakeRow, listAlarms, listIntakes, listQuarantine, type QuarantineRow } from '../../store/state/intakes.ts';
import { alarmPageSchema, type Intake, intakePageSchema, type QuarantinePage, quarantinePageSchema } from '../contract.ts';
import type { ServerParts } from '../parts.ts';
import { toProblem } from '../problems.ts';
import { type Api, declare, declareStream, pageQuery } from '../route.ts';
import { requires, type SessionRules } from '../session.ts';

const pathRequest = z.object({
  path: z.string().min(1),
  name: z.string().optional(),
  as: z.string().optional(),
  sensor: z.string().optional(),
});

export function intakeRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  const { db, pipeline } = parts;

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/intakes',
      permission: 'intake.read',
      summary: 'Files taken in, newest first',
      query: z.object(pageQuery),
      answer: intakePageSchema,
    }),
    async (c) => {
      const page = await listIntakes(db, c.get('session').tenant, c.req.valid('query'));
      return c.json({ ...page, rows: page.rows.map(toIntake) }, 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/intakes/quarantine',
      permission: 'intake.read',
      summary: 'Records that could not be used, with the reason',
      query: z.object({ ...pageQuery, intake: z.string().optional() }),
      answer: quarantinePageSchema,
    }),
    async (c) => {
      const page = await listQuarantine(db, c.get('session').tenant, c.req.valid('query'));
      return c.json({ ...page, rows: page.rows.map(toQuarantined) }, 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/alarms',
      permission: 'alarm.read',
      summary: 'What changed in feeds',
      query: z.object(pageQuery),
      answer: alarmPageSchema,
    }),
    async (c) => {
      const page = await listAlarms(db, c.get('session').tenant, c.req.valid('query'));
      return c.json({ ...page, rows: page.rows.map((row) => ({ ...row, detail: { ...row.detail } })) }, 200);
    },
  );

  declareStream(api, 'post', '/intakes', 'intake.write', 'Take the request body in as a file', 'application/json');
  api.post('/intakes', requires('intake.write', rules), async (c) => {
    const { tenant } = c.get('session');
    const name = uploadName(c.req.header('x-file-name'));
    if (!c.req.raw.body) throw new YaguraError('input-malformed', 'the file is empty', { file: name });
    const folder = join(parts.incoming, randomUUID());
    const path = join(folder, name);
    await mkdir(folder, { recursive: true });
    try {
      await pump(Readable.fromWeb(c.req.raw.body), createWriteStream(path, { flags: 'wx' }));
      return c.json(await pipeline.ingest({ path, name, sensor: c.req.header('x-sensor') || undefined, tenant }), 200);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  // Names a file of this machine, so only for the owner of the data folder.
  declareStream(api, 'post', '/intakes/path', 'intake.write', 'Take a file of this machine in; streams progress', 'application/x-ndjson');
  api.post('/intakes/path', requires('intake.write', rules), async (c) => {
    const { tenant, isOwner } = c.get('session');
    if (!isOwner)
      throw new YaguraError('forbidden', 'only commands of the hub’s own user may name files of this machine; send the file itself');
    const request = pathRequest.safeParse(await c.req.json().catch(() => undefined));
    if (!request.success) throw new YaguraError('usage', 'the request needs a path');
    c.header('content-type', 'application/x-ndjson');
    return stream(c, async (out) => {
      const write = (line: unknown): Promise<unknown> => out.write(`${JSON.stringify(line)}\n`);
      try {
        const report = await pipeline.ingest({ ...request.data, tenant, onProgress: (progress) => void write({ progress }) });
        await write({ report });
      } catch (error) {
        if (!(error instanceof YaguraError)) parts.log.error({ err: error, file: request.data.path }, 'a file could not be taken');
        await write({ problem: toProblem(error) });
      }
    });
  });
}

/** Only the last part of what a client calls its file, and nothing that is not a file name. */
function uploadName(header: string | undefined): string {
  let name = '';
  try {
    name = basename(decodeURIComponent(header ?? '')).replaceAll(/[^\p{L}\p{N}._ ()-]/gu, '_');
  } catch {
    // not URI-encoded: as good as absent
  }
  if (name === '' || name === '.' || name === '..' || name.length > 200)
    throw new YaguraError('usage', 'name the file in the header X-File-Name');
  return name;
}

/** The collector that set the record aside has the sentence for its code. */
function toQuarantined({ collector, reason, ...row }: QuarantineRow): QuarantinePage['rows'][number] {
  const sentences = collectors.find((module) => module.id === collector)?.reasons ?? {};
  const { code, parameters } = reason;
  return { ...row, code, parameters: { ...parameters }, reason: explainReason(sentences, reason) };
}

function toIntake(row: IntakeRow): Intake {
  return {
    id: row.id,
    file: row.file,
    collector: row.collector,
    sensor: row.sensor,
    state: row.state,
    records: row.records,
    accepted: row.accepted,
    quarantined: row.quarantined,
    bytes: row.bytes,
    doneBytes: row.doneBytes,
    at: row.receivedAt,
    seconds: row.seconds,
    firstSeenAt: row.firstSeenAt,
    lastSeenAt: row.lastSeenAt,
    problem: row.problem,
  };
}
