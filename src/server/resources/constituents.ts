/** Whom we serve: the list, one with its resources, the import of the file. */
import { z } from '@hono/zod-openapi';
import type { Constituent } from '../../domain/constituent.ts';
import { YaguraError } from '../../engine/errors.ts';
import { casesByConstituent, listConstituents, readConstituent } from '../../store/state/constituents.ts';
import { type ConstituentPage, constituentPageSchema, constituentSchema, type Constituent as WireConstituent } from '../contract.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare, declareStream } from '../route.ts';
import { requires, type SessionRules } from '../session.ts';

const fileRequest = z.object({ name: z.string().min(1), text: z.string() });
const MOST_BYTES = 64 << 20;

export function constituentRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/constituents',
      permission: 'constituent.read',
      summary: 'Whom we serve',
      answer: constituentPageSchema,
    }),
    async (c) => c.json(await pageOf(parts, c.get('session').tenant), 200),
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/constituents/{id}',
      permission: 'constituent.read',
      summary: 'One constituent',
      params: z.object({ id: z.string() }),
      answer: constituentSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const constituent = await readConstituent(parts.db, tenant, c.req.valid('param').id);
      if (!constituent) throw new YaguraError('not-found', 'there is no such constituent');
      return c.json(toWire(constituent, await casesByConstituent(parts.db, tenant), parts), 200);
    },
  );

  declareStream(api, 'post', '/constituents', 'constituent.write', 'Import the YAML or CSV file in the request body', 'application/json');
  api.post('/constituents', requires('constituent.write', rules), async (c) => {
    const name = decodeURIComponent(c.req.header('x-file-name') ?? 'constituents.yaml');
    return c.json(await importFile(parts, c.get('session'), name, await c.req.text()), 200);
  });

  declareStream(api, 'post', '/constituents/file', 'constituent.write', 'Import a named file given as text', 'application/json');
  api.post('/constituents/file', requires('constituent.write', rules), async (c) => {
    const request = fileRequest.safeParse(await c.req.json().catch(() => undefined));
    if (!request.success) throw new YaguraError('usage', 'the request needs the name and the text of the file');
    return c.json(await importFile(parts, c.get('session'), request.data.name, request.data.text), 200);
  });
}

async function importFile(
  parts: ServerParts,
  { tenant, actor }: { tenant: string; actor: string },
  name: string,
  text: string,
): Promise<ConstituentPage> {
  if (text.length > MOST_BYTES) throw new YaguraError('input-malformed', 'the file is larger than 64 MiB', { file: name });
  await parts.importConstituents(tenant, parts.parseConstituents(text, name), actor);
  parts.events.announce(tenant, 'constituent', null);
  return pageOf(parts, tenant);
}

type CaseCounts = Awaited<ReturnType<typeof casesByConstituent>>;

async function pageOf(parts: ServerParts, tenant: string): Promise<ConstituentPage> {
  const constituents = await listConstituents(parts.db, tenant);
  const counts = await casesByConstituent(parts.db, tenant);
  return { rows: constituents.map((one) => toWire(one, counts, parts)), total: constituents.length };
}

function toWire(constituent: Constituent, counts: CaseCounts, parts: ServerParts): WireConstituent {
  const { id, name, kind, language, resources } = constituent;
  const channels = parts.notifiers.filter(({ module }) => module.reaches(constituent)).map(({ module }) => module.id);
  const { open = 0, all = 0 } = counts.get(id) ?? {};
  return { id, name, kind, language, channels, resources: resources.map((one) => ({ ...one })), openCases: open, cases: all };
}
