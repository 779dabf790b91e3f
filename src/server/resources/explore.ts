/**
 * Questions people put together themselves: fields, the check of a filter, rows, the
 * busiest, series, and all of them as files.
 *
 * Flow records show who talked to whom. Sums over flows without any address in question
 * or answer need 'traffic.read' like everything about volume; whatever names a host or
 * lists records needs 'flow.read' as well, and leave for a purpose (flow-gate.ts).
 */
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type ExploreScope, type ExploreSource, MEASURES, type Measure } from '../../domain/explore.ts';
import { completeFilter, type KnownNames } from '../../domain/filter/complete.ts';
import { type FieldId, fieldNamed, fieldOf, fieldsOf, titleOf } from '../../domain/filter/fields.ts';
import { parseFilter } from '../../domain/filter/parse.ts';
import { printFilter } from '../../domain/filter/print.ts';
import type { PurposeId } from '../../domain/purpose.ts';
import type { Text } from '../../domain/text.ts';
import { TRAFFIC_CLASSES } from '../../domain/traffic-class.ts';
import { YaguraError } from '../../engine/errors.ts';
import { fieldsIn, wordsHeldTo } from '../../store/telemetry/questions/explore-filter.ts';
import { ROW_FIELDS } from '../../store/telemetry/questions/explore-rows.ts';
import { toDataQuality } from '../data-quality.ts';
import {
  type DataQualityAnswer,
  type ExploreCheck,
  type ExploreFields,
  type ExploreRows,
  type ExploreSeriesAnswer,
  type ExploreTop,
  exploreCheckQuery,
  exploreCheckSchema,
  exploreExportQuery,
  exploreFieldsQuery,
  exploreFieldsSchema,
  exploreRowsQuery,
  exploreRowsSchema,
  exploreSeriesQuery,
  exploreSeriesSchema,
  exploreTopQuery,
  exploreTopSchema,
} from '../explore-contract.ts';
import { EXPORT_TYPES, type ExportTable, writeExport } from '../explore-export.ts';
import { passGate } from '../flow-gate.ts';
import type { ParquetColumn } from '../parquet.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare, declareStream } from '../route.ts';
import { requires, type ServerEnvironment, type Session, type SessionRules } from '../session.ts';
import { gapsOf } from '../watching.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

export function exploreRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  const { explore } = parts.telemetry;
  const knownNames = rememberNames(parts);

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/explore/fields',
      permission: 'traffic.read',
      summary: 'Fields to filter and group by, and what can be measured',
      query: exploreFieldsQuery,
      answer: exploreFieldsSchema,
    }),
    (c) => {
      const { source } = c.req.valid('query');
      const fields = fieldsOf(source).map(({ id, type, title, description, sources, canGroup, canFilter, examples }) => {
        return { id, type, title, description, sources: [...sources], canGroup, canFilter, examples: [...examples] };
      });
      return c.json({ source, fields, measures: measuresOf(source) } satisfies ExploreFields, 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/explore/check',
      permission: 'traffic.read',
      summary: 'Whether a filter reads, where it goes wrong, and what could follow at ?cursor=',
      query: exploreCheckQuery,
      answer: exploreCheckSchema,
    }),
    async (c) => {
      const { source, filter, cursor } = c.req.valid('query');
      const parsed = parseFilter(source, filter);
      const names = cursor === undefined ? {} : await knownNames(c.get('session'), source, await canReadFlows(c, rules));
      return c.json(
        {
          ok: parsed.ok,
          canonical: parsed.ok && parsed.filter.kind !== 'everything' ? printFilter(source, parsed.filter) : '',
          completions: cursor === undefined ? [] : completeFilter(source, filter, Math.min(cursor, filter.length), names),
          ...(parsed.ok ? {} : { problem: parsed.problem }),
        } satisfies ExploreCheck,
        200,
      );
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/explore/rows',
      permission: 'traffic.read',
      summary: 'Single observations, newest or largest first; of flows with flow.read',
      query: exploreRowsQuery,
      answer: exploreRowsSchema,
    }),
    async (c) => {
      const { limit, cursor, order, ...query } = c.req.valid('query');
      const began = performance.now();
      const scope = await gated(c, rules, parts, query, 'rows');
      const [page, dataQuality] = await Promise.all([explore.rows({ ...scope, limit, cursor, order }), qualityOf(parts, scope)]);
      const { from, to, source } = scope;
      const rows = page.rows.map((row) => ({ ...row }));
      return c.json(
        { from, to, rows, cursor: page.cursor, columns: columnsOf(source), ...since(began), dataQuality } satisfies ExploreRows,
        200,
      );
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/explore/top',
      permission: 'traffic.read',
      summary: 'The busiest values of one to three fields; hosts of flows with flow.read',
      query: exploreTopQuery,
      answer: exploreTopSchema,
    }),
    async (c) => {
      const { by, measure, limit, ...query } = c.req.valid('query');
      const fields = by.split(',').map((word) => word.trim());
      const began = performance.now();
      const scope = await gated(c, rules, parts, query, 'top', fields);
      const [top, dataQuality] = await Promise.all([explore.top({ ...scope, by: fields, measure, limit }), qualityOf(parts, scope)]);
      const rows = top.rows.map((row) => ({
        ...row,
        keys: [...row.keys],
        labels: row.keys.map((key, i) => labelOf(parts, top.by[i], key)),
      }));
      const { from, to } = scope;
      return c.json({ from, to, by: [...top.by], measure, rows, total: top.total, ...since(began), dataQuality } satisfies ExploreTop, 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/explore/series',
      permission: 'traffic.read',
      summary: 'A measure over time, together or by the busiest values of a field; hosts of flows with flow.read',
      query: exploreSeriesQuery,
      answer: exploreSeriesSchema,
    }),
    async (c) => {
      const { by, measure, step, top, ...query } = c.req.valid('query');
      const began = performance.now();
      const scope = await gated(c, rules, parts, query, 'series', by === undefined ? [] : [by]);
      const stepSeconds = stepFor(scope, step);
      const [answer, dataQuality] = await Promise.all([
        explore.series({ ...scope, by: by ?? null, measure, stepSeconds, top }),
        qualityOf(parts, scope),
      ]);
      const series = answer.series.map(({ key, values }) => ({
        key,
        label: labelOf(parts, answer.by ?? undefined, key ?? ''),
        values: [...values],
        total: values.reduce((sum, value) => sum + value, 0),
      }));
      const { from, to } = scope;
      const { gaps } = dataQuality;
      return c.json(
        { from, to, stepSeconds, by: answer.by, measure, series, gaps, ...since(began), dataQuality } satisfies ExploreSeriesAnswer,
        200,
      );
    },
  );

  declareStream(api, 'get', '/explore/export', 'traffic.read', 'Any of these as CSV, JSON lines or Parquet', 'application/octet-stream');
  api.get('/explore/export', requires('traffic.read', rules), async (c) => {
    const read = exploreExportQuery.safeParse(c.req.query());
    if (!read.success) throw new YaguraError('usage', z.prettifyError(read.error));
    const { shape, format, by, ...query } = read.data;
    const fields = by === undefined ? [] : by.split(',').map((word) => word.trim());
    const scope = await gated(c, rules, parts, query, shape, fields);
    const table = await tableOf(parts, scope, { ...query, shape, fields });
    const { mediaType, ending } = EXPORT_TYPES[format];
    const stamp = new Date(scope.from).toISOString().slice(0, 16).replaceAll(/[-:]/g, '');
    return c.body(ReadableStream.from(writeExport(format, table)) as ReadableStream<Uint8Array<ArrayBuffer>>, 200, {
      'content-type': mediaType,
      'content-disposition': `attachment; filename="yagura-${scope.source}-${shape}-${stamp}.${ending}"`,
    });
  });
}

const since = (began: number): { elapsedMs: number } => ({ elapsedMs: Math.round(performance.now() - began) });

type ExploreContext = Context<ServerEnvironment>;

async function canReadFlows(c: ExploreContext, rules: SessionRules): Promise<boolean> {
  return (await rules.permissionsOf(c.get('session').role)).has('flow.read');
}

/** The scope of a question once it may be answered: who asks for the ends of communications passes the gate first. */
async function gated(
  c: ExploreContext,
  rules: SessionRules,
  parts: ServerParts,
  query: AskedScope,
  shape: 'rows' | 'top' | 'series',
  by: readonly string[] = [],
): Promise<ExploreScope> {
  const { source, filter, purpose } = query;
  const session = c.get('session');
  const showsClients = source === 'flow' && (shape === 'rows' || namesHosts(source, filter, by));
  if (showsClients && !(await canReadFlows(c, rules))) {
    throw new YaguraError('forbidden', 'flow records and questions that name hosts need the permission flow.read');
  }
  const scope = await scopeOf(parts, session.tenant, query);
  if (showsClients) await passGate(parts, session, { shape, purpose, from: scope.from, to: scope.to, detail: { filter, by } });
  return scope;
}

/** Whether the question or its answer is about single hosts. */
function namesHosts(source: ExploreSource, filter: string, by: readonly string[]): boolean {
  const parsed = parseFilter(source, filter);
  const grouped = by.map((word) => fieldNamed(source, word));
  const asked = parsed.ok ? fieldsIn(parsed.filter) : new Set<FieldId>();
  return [...grouped, ...asked].some((id) => id !== undefined && fieldOf(source, id)?.type === 'address');
}

interface AskedScope {
  readonly source: ExploreSource;
  readonly filter: string;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly raw?: boolean | undefined;
  readonly purpose?: PurposeId | undefined;
}

/** Without a stated period: the last 24 hours when there is data in them, else the last 24 hours that have data. */
async function scopeOf(parts: ServerParts, tenant: string, { source, filter, from, to, raw = false }: AskedScope): Promise<ExploreScope> {
  if (from !== undefined && to !== undefined) return { tenant, source, filter, from, to: Math.max(to, from + MINUTE), raw };
  const now = Math.ceil(parts.clock.now() / MINUTE) * MINUTE;
  const { lastAt } = await parts.telemetry.explore.range(tenant, source);
  const isRecent = lastAt === null || (lastAt > now - DAY && lastAt < now);
  const end = to ?? (isRecent ? now : lastAt + MINUTE);
  return { tenant, source, filter, from: from ?? end - DAY, to: from === undefined ? end : Math.max(end, from + MINUTE), raw };
}

/** A question held to one sensor has that sensor's gaps; any other those of all together. */
async function qualityOf(parts: ServerParts, scope: ExploreScope): Promise<DataQualityAnswer> {
  const parsed = parseFilter(scope.source, scope.filter);
  const held = parsed.ok ? wordsHeldTo(parsed.filter, 'sensor') : undefined;
  const { tenant, source, from, to } = scope;
  const [quality, gaps] = await Promise.all([
    parts.telemetry.explore.quality(scope),
    gapsOf(parts, { tenant, from, to, kind: source, ...(held?.length === 1 ? { sensor: held[0] } : {}) }),
  ]);
  return toDataQuality(quality, gaps);
}

const STEPS = [60, 300, 600, 1800, 3600, 6 * 3600, 86_400];
const MOST_POINTS = 300;

function stepFor({ from, to }: ExploreScope, asked: number | undefined): number {
  if (asked !== undefined) return Math.ceil(asked / 60) * 60;
  const seconds = (to - from) / 1000;
  return STEPS.find((step) => seconds / step <= MOST_POINTS) ?? Math.ceil(seconds / MOST_POINTS / 86_400) * 86_400;
}

const UNITS: Readonly<Record<Measure, { title: Text; unit: Text }>> = {
  packets: { title: { ja: 'パケット数', en: 'Packets' }, unit: { ja: 'パケット', en: 'packets' } },
  bytes: { title: { ja: 'バイト数', en: 'Bytes' }, unit: { ja: 'バイト', en: 'bytes' } },
  flows: { title: { ja: 'フロー数', en: 'Flows' }, unit: { ja: 'フロー', en: 'flows' } },
  sources: { title: { ja: '送信元の数', en: 'Sources' }, unit: { ja: '送信元', en: 'sources' } },
  destinations: { title: { ja: '宛先の数', en: 'Destinations' }, unit: { ja: '宛先', en: 'destinations' } },
};
const CELLS = { title: { ja: '記録数', en: 'Cells' }, unit: { ja: '件', en: 'cells' } };

/** A telescope has cells instead of flows, and keeps no destinations. */
function measuresOf(source: ExploreSource): ExploreFields['measures'] {
  const measures = MEASURES.filter((measure) => source === 'flow' || measure !== 'destinations');
  return measures.map((id) => ({ id, ...(source === 'telescope' && id === 'flows' ? CELLS : UNITS[id]) }));
}

const COLUMN_UNITS: Partial<Record<FieldId, Text>> = {
  packets: UNITS.packets.unit,
  bytes: UNITS.bytes.unit,
  duration: { ja: 'ミリ秒', en: 'ms' },
};

function columnsOf(source: ExploreSource): ExploreRows['columns'] {
  return ROW_FIELDS[source].map((id) => {
    if (id === 'time') return { id, type: 'time', title: { ja: '時刻', en: 'Time' }, unit: { ja: 'UTC', en: 'UTC' } };
    return { id, type: fieldOf(source, id)?.type ?? 'name', title: titleOf(id), unit: COLUMN_UNITS[id] ?? null };
  });
}

const regions = { ja: new Intl.DisplayNames(['ja'], { type: 'region' }), en: new Intl.DisplayNames(['en'], { type: 'region' }) };
const UNKNOWN: Text = { ja: '不明', en: 'unknown' };
const REST: Text = { ja: 'その他', en: 'others' };
const TOGETHER: Text = { ja: '全体', en: 'all' };

function labelOf(parts: ServerParts, id: string | undefined, key: string): Text {
  if (id === undefined) return TOGETHER;
  if (key === '…') return REST;
  const type = [...fieldsOf('flow'), ...fieldsOf('telescope')].find((field) => field.id === id)?.type;
  if (type === 'country') return /^[A-Z]{2}$/.test(key) ? { ja: regions.ja.of(key) ?? key, en: regions.en.of(key) ?? key } : UNKNOWN;
  if (type === 'class') return TRAFFIC_CLASSES.find((one) => one.id === key)?.title ?? same(key);
  if (type === 'asn') return key === '0' ? UNKNOWN : same([`AS${key}`, parts.networkName(Number(key)) ?? ''].join(' ').trim());
  return same(type === 'protocol' ? key.toUpperCase() : key);
}

const same = (word: string): Text => ({ ja: word, en: word });

const NAMES_ARE_FRESH_MS = 60_000;

/** Names for completion, asked for once a minute: a person types faster. */
function rememberNames(parts: ServerParts): (session: Session, source: ExploreSource, withExporters: boolean) => Promise<KnownNames> {
  const remembered = new Map<string, { readonly until: number; readonly names: ReturnType<typeof parts.telemetry.explore.names> }>();
  return async ({ tenant }, source, withExporters) => {
    const key = JSON.stringify([tenant, source]);
    const now = parts.clock.now();
    const known = remembered.get(key);
    const names = known && known.until > now ? known.names : parts.telemetry.explore.names(tenant, source);
    if (names !== known?.names) remembered.set(key, { until: now + NAMES_ARE_FRESH_MS, names });
    names.catch(() => remembered.delete(key));
    const { sensors, exporters } = await names;
    return { sensor: sensors, ...(withExporters ? { exporter: exporters } : {}) };
  };
}

interface ExportRequest {
  readonly shape: 'rows' | 'top' | 'series';
  readonly fields: readonly string[];
  readonly measure: Measure;
  readonly order: 'time' | 'packets' | 'bytes';
  readonly step?: number | undefined;
  readonly top: number;
  readonly limit?: number | undefined;
}

/** The first page is asked for here, so that a question that cannot be answered is refused before the file begins. */
async function tableOf(parts: ServerParts, scope: ExploreScope, request: ExportRequest): Promise<ExportTable> {
  if (request.shape === 'rows') return rowsTable(parts, scope, request);
  return request.shape === 'top' ? topTable(parts, scope, request) : seriesTable(parts, scope, request);
}

const ROWS_PER_PAGE = 5000;
const USUAL_ROWS = 100_000;
const USUAL_GROUPS = 1000;

async function rowsTable(parts: ServerParts, scope: ExploreScope, { order, limit = USUAL_ROWS }: ExportRequest): Promise<ExportTable> {
  const { explore } = parts.telemetry;
  const columns = columnsOf(scope.source).map(({ id, type }): ParquetColumn => ({ name: id, kind: kindOf(type) }));
  const first = await explore.rows({ ...scope, order, limit: Math.min(limit, ROWS_PER_PAGE) });
  async function* pages() {
    let left = limit;
    for (let page = first; ; ) {
      yield page.rows.map((row) => columns.map(({ name }) => row[name] ?? ''));
      left -= page.rows.length;
      if (page.cursor === null || left <= 0) return;
      page = await explore.rows({ ...scope, order, limit: Math.min(left, ROWS_PER_PAGE), cursor: page.cursor });
    }
  }
  return { columns, pages: pages() };
}

const kindOf = (type: string): ParquetColumn['kind'] => {
  if (type === 'time') return 'time';
  return ['port', 'number', 'duration', 'asn'].includes(type) ? 'integer' : 'text';
};

async function topTable(
  parts: ServerParts,
  scope: ExploreScope,
  { fields, measure, limit = USUAL_GROUPS }: ExportRequest,
): Promise<ExportTable> {
  const { by, rows } = await parts.telemetry.explore.top({ ...scope, by: fields, measure, limit });
  const counted = (['packets', 'bytes', 'records', 'sources', 'destinations'] as const).filter((name) =>
    rows.every((row) => row[name] !== null),
  );
  const columns: ParquetColumn[] = [
    ...by.map((id): ParquetColumn => ({ name: id, kind: kindOf(fieldOf(scope.source, id)?.type ?? '') })),
    ...counted.map((name): ParquetColumn => ({ name, kind: 'integer' })),
  ];
  const cells = rows.map((row) => [
    ...row.keys.map((key, i) => (columns[i]?.kind === 'integer' ? Number(key) : key)),
    ...counted.map((name) => row[name] ?? 0),
  ]);
  return { columns, pages: oneAfterAnother([cells]) };
}

/** One row per step and value: what a spreadsheet's pivot and a program's group-by want. */
async function seriesTable(parts: ServerParts, scope: ExploreScope, { fields, measure, step, top }: ExportRequest): Promise<ExportTable> {
  const [by] = fields;
  const stepSeconds = stepFor(scope, step);
  const answer = await parts.telemetry.explore.series({ ...scope, by: by ?? null, measure, stepSeconds, top });
  const start = Math.floor(scope.from / MINUTE) * MINUTE;
  const columns: ParquetColumn[] = [
    { name: 'time', kind: 'time' },
    ...(answer.by === null ? [] : [{ name: answer.by, kind: 'text' } as const]),
    { name: measure, kind: 'integer' },
  ];
  const pages = answer.series.map(({ key, values }) =>
    values.map((value, i) => [start + i * stepSeconds * 1000, ...(answer.by === null ? [] : [key ?? '']), value]),
  );
  return { columns, pages: oneAfterAnother(pages) };
}

async function* oneAfterAnother<V>(pages: readonly V[]): AsyncGenerator<V> {
  yield* pages;
}
