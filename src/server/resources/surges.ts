/** Surges of ports, campaigns, and the vulnerabilities that may be behind them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from '@hono/zod-openapi';
import { type Campaign, placeText, type Share, type Surge } from '../../domain/surge.ts';
import { YaguraError } from '../../engine/errors.ts';
import { countKev, type KevEdition, listKev, readKevEdition, replaceKev } from '../../store/state/kev.ts';
import { SURGE_SETTINGS } from '../../surge/baseline.ts';
import { FITTING_DAYS, type FittingKev, fittingKev, parseKev } from '../../surge/kev.ts';
import { surgeSeries } from '../../surge/series.ts';
import { BASIS_TEXT, becauseOf, isSpoofable } from '../../surge/wording.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare, declareStream } from '../route.ts';
import { requires, type SessionRules } from '../session.ts';
import {
  type CampaignPage,
  campaignPageSchema,
  type KevImport,
  kevPageSchema,
  type SurgeDetail,
  type SurgePage,
  surgeDetailSchema,
  surgePageSchema,
  type Surge as WireSurge,
} from '../surge-contract.ts';
import { gapsOf, knownSensors } from '../watching.ts';
import { labelOf } from './traffic.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** How long an answer waits for what is still being judged. */
const PATIENCE_MS = 2000;
const BEFORE_MS = DAY;
const AFTER_MS = 2 * HOUR;
const LONGEST_MS = 4 * DAY;
const RECENT_KEV = 100;
const MOST_BYTES = 64 << 20;
const fileRequest = z.object({ name: z.string().min(1).max(500), text: z.string().max(MOST_BYTES) });

export function surgeRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/surges',
      permission: 'traffic.read',
      summary: 'Ports that many new sources began to ask for, newest first',
      query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(200) }),
      answer: surgePageSchema,
    }),
    async (c) => c.json(await pageOf(parts, c.get('session').tenant, c.req.valid('query').limit), 200),
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/surges/{id}',
      permission: 'traffic.read',
      summary: 'One surge: its series against what is usual, whose the sources are, what vulnerability may fit',
      params: z.object({ id: z.string() }),
      answer: surgeDetailSchema,
    }),
    async (c) => c.json(await detailOf(parts, c.get('session').tenant, c.req.valid('param').id), 200),
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/campaigns',
      permission: 'traffic.read',
      summary: 'Sources that ask for the same set of ports',
      answer: campaignPageSchema,
    }),
    async (c) => c.json(await campaignsOf(parts, c.get('session').tenant), 200),
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/kev',
      permission: 'traffic.read',
      summary: 'The imported list of vulnerabilities known to be exploited: its edition and newest entries',
      answer: kevPageSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const [edition, total, all] = await Promise.all([
        readKevEdition(parts.db, tenant),
        countKev(parts.db, tenant),
        listKev(parts.db, tenant, 0, Number.MAX_SAFE_INTEGER),
      ]);
      return c.json({ edition, total, rows: all.slice(0, RECENT_KEV) }, 200);
    },
  );

  declareStream(
    api,
    'post',
    '/kev',
    'intake.write',
    "Import a named list given as text, in the format of CISA's JSON file",
    'application/json',
  );
  api.post('/kev', requires('intake.write', rules), async (c) => {
    const request = fileRequest.safeParse(await c.req.json().catch(() => undefined));
    if (!request.success) throw new YaguraError('usage', 'the request needs the name and the text of the file');
    return c.json(await importKev(parts, c.get('session'), request.data.name, request.data.text), 200);
  });
}

/** Looks again, and waits a moment for it: an answer is up to date when that is quickly had. */
async function catchUp({ surges }: ServerParts, tenant: string): Promise<boolean> {
  surges.watch.note(tenant);
  await Promise.race([surges.watch.settled(), sleep(PATIENCE_MS, undefined, { ref: false })]);
  return surges.watch.isBehind;
}

async function pageOf(parts: ServerParts, tenant: string, limit: number): Promise<SurgePage> {
  const isBehind = await catchUp(parts, tenant);
  const [{ rows, total }, spans] = await Promise.all([parts.surges.store.surges(tenant, { limit }), parts.telemetry.surges.spans(tenant)]);
  const context = await contextOf(parts, tenant, rows);
  const judged = await Promise.all(
    spans.map(async ({ sensor, from, to }) => ({ sensor, from, to, hours: await parts.surges.watch.countedHours(tenant, sensor) })),
  );
  return { at: parts.clock.now(), isBehind, rows: rows.map((surge) => toWire(surge, context, parts)), total, judged };
}

interface Context {
  readonly titles: ReadonlyMap<string, WireSurge['sensor']['title']>;
  fitting(surge: Surge): readonly FittingKev[];
}

async function contextOf(parts: ServerParts, tenant: string, surges: readonly Surge[]): Promise<Context> {
  const onsets = surges.map(({ onsetAt }) => onsetAt);
  const [sensors, entries] = await Promise.all([
    knownSensors(parts, tenant),
    onsets.length === 0 ? [] : listKev(parts.db, tenant, Math.min(...onsets) - (FITTING_DAYS + 1) * DAY, Math.max(...onsets)),
  ]);
  return {
    titles: new Map(sensors.map(({ id, title }) => [id, title])),
    fitting: ({ place, onsetAt }) => fittingKev(entries, parts.surges.portProducts, place, onsetAt),
  };
}

const portOf = (place: number, parts: ServerParts) => ({ key: placeText(place), label: labelOf('port', placeText(place), parts) });

function toWire(surge: Surge, context: Context, parts: ServerParts): WireSurge {
  const { id, sensor, place, evidence, ...rest } = surge;
  return {
    ...rest,
    id: String(id),
    sensor: { id: sensor, title: context.titles.get(sensor) ?? { ja: sensor, en: sensor } },
    port: portOf(place, parts),
    because: becauseOf(surge),
    basisText: BASIS_TEXT[surge.basis],
    fresh: evidence.fresh,
    isSpoofable: isSpoofable(surge),
    growth: [...surge.growth],
    fitting: context.fitting(surge).length,
  };
}

async function detailOf(parts: ServerParts, tenant: string, id: string): Promise<SurgeDetail> {
  const isBehind = await catchUp(parts, tenant);
  const surge = /^\d{1,15}$/.test(id) ? await parts.surges.store.surge(tenant, Number(id)) : null;
  if (!surge) throw new YaguraError('not-found', 'there is no such surge');
  const [context, history, edition] = await Promise.all([
    contextOf(parts, tenant, [surge]),
    parts.surges.watch.history(tenant, surge.sensor),
    readKevEdition(parts.db, tenant),
  ]);
  const from = surge.onsetAt - BEFORE_MS;
  const to = Math.min((surge.endedAt ?? surge.lastAt) + AFTER_MS, from + LONGEST_MS);
  const series = surgeSeries(surge, history, from, to, SURGE_SETTINGS);
  const period = { from: series.from, to: series.from + series.sources.length * series.stepSeconds * 1000 };
  const { countries, networks, marks, singlePacket } = surge.evidence;
  return {
    at: parts.clock.now(),
    isBehind,
    surge: toWire(surge, context, parts),
    series,
    gaps: await gapsOf(parts, { tenant, sensor: surge.sensor, ...period }),
    countries: toShares('country', countries, parts),
    networksBySources: toShares('network', networks, parts),
    marks: Object.entries(marks).map(([tool, sources]) => ({ tool, sources })),
    singlePacket,
    kev: context.fitting(surge).map((one) => ({ ...one, words: [...one.words] })),
    kevEdition: edition,
    kevDays: FITTING_DAYS,
    explore: exploreOf([surge.place], surge.sensor, surge.onsetAt, Math.max(surge.lastAt, surge.detectedAt)),
  };
}

function toShares(by: 'country' | 'network', shares: readonly Share[], parts: ServerParts): SurgeDetail['countries'] {
  return shares.map(([key, sources]) => ({ key, label: labelOf(by, key, parts), sources }));
}

/** In the words people type, for exploration. */
function exploreOf(places: readonly number[], sensor: string, from: number, to: number): SurgeDetail['explore'] {
  const byProtocol = Map.groupBy(
    places.map((place) => placeText(place).split('/')),
    ([protocol]) => protocol ?? '',
  );
  const parts = [...byProtocol].map(([protocol, ports]) => {
    const list = ports.map(([, port]) => `port ${port}`).join(' or ');
    return `${ports.length === 1 ? list : `(${list})`} and protocol ${protocol}`;
  });
  const [first = ''] = parts;
  const asked = parts.length === 1 ? first : `(${parts.map((part) => `(${part})`).join(' or ')})`;
  return { filter: /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(sensor) ? `${asked} and sensor ${sensor}` : asked, from, to };
}

async function campaignsOf(parts: ServerParts, tenant: string): Promise<CampaignPage> {
  const isBehind = await catchUp(parts, tenant);
  const [all, sensors] = await Promise.all([parts.surges.store.campaigns(tenant), knownSensors(parts, tenant)]);
  const titles = new Map(sensors.map(({ id, title }) => [id, title]));
  const days = await Promise.all(
    [...new Set(all.map(({ sensor }) => sensor))].map(async (sensor) => {
      const judged = await parts.surges.store.campaignDays(tenant, sensor);
      return judged.slice(-MOST_DAYS).map((one) => ({ sensor, ...one }));
    }),
  );
  const last = new Map(days.flatMap((of) => of.slice(-1)).map(({ sensor, day }) => [sensor, day]));
  const toRow = (campaign: Campaign): CampaignPage['rows'][number] => {
    const { evidence, id, sensor, ports, ...rest } = campaign;
    return {
      ...rest,
      id: String(id),
      sensor: { id: sensor, title: titles.get(sensor) ?? { ja: sensor, en: sensor } },
      ports: ports.map((place) => portOf(place, parts)),
      isCurrent: last.get(sensor) === campaign.lastDay,
      networks: evidence.networks,
      asns: evidence.asns,
      countries: toShares('country', evidence.countries, parts),
      networksBySources: toShares('network', evidence.topNetworks, parts),
      days: [...campaign.days],
      explore: exploreOf(ports, sensor, campaign.lastDay, campaign.lastDay + DAY),
    };
  };
  return { at: parts.clock.now(), isBehind, rows: all.slice(0, MOST_CAMPAIGNS).map(toRow), total: all.length, days: days.flat() };
}

const MOST_CAMPAIGNS = 500;
const MOST_DAYS = 60;

async function importKev(
  parts: ServerParts,
  { tenant, actor }: { readonly tenant: string; readonly actor: string },
  name: string,
  content: string,
): Promise<KevImport> {
  const { version, releasedAt, entries, skipped } = parseKev(content, name);
  const edition: KevEdition = { version, releasedAt, importedAt: parts.clock.now(), file: name.split(/[\\/]/).at(-1) ?? name };
  await replaceKev(parts.db, tenant, entries, edition, actor);
  parts.events.announce(tenant, 'surge', null);
  return { edition, imported: entries.length, skipped: [...skipped] };
}
