/**
 * What `yagura flows` and `yagura telescope` share: the same questions to two sources.
 *
 * A person on a terminal gets an aligned table with units, and beside it on standard
 * error the period, the whole and what is known to be missing. Scripts get CSV, JSON
 * lines or Parquet straight from the hub, as they come.
 */
import { pipeline } from 'node:stream/promises';
import type { ExploreSource, Measure } from '../domain/explore.ts';
import { YaguraError } from '../engine/errors.ts';
import type { DataQualityAnswer, ExploreRows, ExploreSeriesAnswer, ExploreTop } from '../server/explore-contract.ts';
import { type Command, DATA_OPTIONS, type Invocation, isSet, numberOption, textOption } from './command.ts';
import { configOf, connectHub, type HubClient, toQuery } from './hub-client.ts';
import { takeLeave } from './leave.ts';
import { printTable, say } from './output.ts';
import { spanOf, timeOf } from './period-words.ts';
import { toDay } from './times.ts';

const FORMATS = ['table', 'csv', 'json', 'parquet'] as const;
type Format = (typeof FORMATS)[number];
type Query = Readonly<Record<string, string | number | undefined>>;

const MOST_TABLE_ROWS = 1000;
const USUAL_TABLE_ROWS = 50;
const USUAL_TOP_ROWS = 10;

export function exploreCommand(name: string, source: ExploreSource, summary: string): Command {
  return {
    usage: `${name} [FILTER] [--last 1h | --from TIME --to TIME] [--top FIELD[,FIELD]] [--series 5m] [--measure M] [--order time|packets|bytes] [--raw] [--limit N]${source === 'flow' ? ' [--purpose PURPOSE [--reason WHY]]' : ''} [--format table|csv|json|parquet] [--data DIR] [--json]`,
    summary,
    options: {
      ...DATA_OPTIONS,
      last: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      top: { type: 'string' },
      series: { type: 'string' },
      measure: { type: 'string' },
      order: { type: 'string' },
      raw: { type: 'boolean' },
      limit: { type: 'string' },
      format: { type: 'string' },
      ...(source === 'flow' ? { purpose: { type: 'string' }, reason: { type: 'string' } } : {}),
    },
    run: (invocation) => explore(source, invocation),
  };
}

async function explore(source: ExploreSource, invocation: Invocation): Promise<number> {
  const format = formatOf(invocation);
  const query: Query = {
    source,
    ...scopeOf(invocation),
    measure: textOption(invocation, 'measure'),
    order: textOption(invocation, 'order'),
    purpose: textOption(invocation, 'purpose'),
  };
  const shape = shapeOf(invocation);
  const limit = limitOf(invocation, format);
  const hub = await connectHub(configOf(invocation));
  try {
    await takeLeave(hub, invocation);
    if (format === 'table') await printAnswer(hub, shape, { ...query, ...shape.query }, limit);
    else await passOn(hub, { ...query, ...shape.query, shape: shape.name, format, limit });
  } finally {
    await hub.close();
  }
  return 0;
}

function limitOf(invocation: Invocation, format: Format): number | undefined {
  const limit = numberOption(invocation, 'limit');
  if (limit === undefined || (limit > 0 && (format !== 'table' || limit <= MOST_TABLE_ROWS))) return limit;
  throw new YaguraError('usage', `a table has 1 to ${MOST_TABLE_ROWS} rows; --format csv or json gives more`);
}

function formatOf(invocation: Invocation): Format {
  const asked = textOption(invocation, 'format') ?? (isSet(invocation, 'json') ? 'json' : 'table');
  const format = FORMATS.find((known) => known === asked);
  if (!format) throw new YaguraError('usage', `--format is ${FORMATS.join(', ')}, not "${asked}"`);
  if (format === 'parquet' && process.stdout.isTTY)
    throw new YaguraError('usage', 'Parquet is not for a terminal; send it to a file with > FILE');
  return format;
}

interface Shape {
  readonly name: 'rows' | 'top' | 'series';
  readonly query: Query;
}

/** --top alone is a list, --series alone one line, both together one line per value. */
function shapeOf(invocation: Invocation): Shape {
  const by = textOption(invocation, 'top');
  const series = textOption(invocation, 'series');
  if (series !== undefined) return { name: 'series', query: { by, step: Math.round(spanOf('--series', series) / 1000) } };
  return by === undefined ? { name: 'rows', query: {} } : { name: 'top', query: { by } };
}

function scopeOf(invocation: Invocation): Query {
  const [last, from, to] = ['last', 'from', 'to'].map((name) => textOption(invocation, name));
  if (last !== undefined && (from !== undefined || to !== undefined)) throw new YaguraError('usage', 'give --last, or --from and --to');
  const now = Math.ceil(Date.now() / 60_000) * 60_000;
  const period =
    last === undefined ? { from: timeOf('--from', from), to: timeOf('--to', to) } : { from: now - spanOf('--last', last), to: now };
  return { filter: invocation.positionals.join(' '), ...period, raw: isSet(invocation, 'raw') ? 'true' : undefined };
}

async function passOn(hub: HubClient, query: Query): Promise<void> {
  await pipeline(hub.bytes(`/explore/export${toQuery(query)}`), process.stdout, { end: false });
}

async function printAnswer(hub: HubClient, { name }: Shape, query: Query, limit: number | undefined): Promise<void> {
  if (name === 'rows') printRows(await hub.get<ExploreRows>('/explore/rows', { ...query, limit: limit ?? USUAL_TABLE_ROWS }));
  if (name === 'top') printTop(await hub.get<ExploreTop>('/explore/top', { ...query, limit: limit ?? USUAL_TOP_ROWS }));
  if (name === 'series') printSeries(await hub.get<ExploreSeriesAnswer>('/explore/series', query));
}

/** What fits a terminal; the files have every column. */
const TABLE_COLUMNS: readonly string[] = [
  'time',
  'duration',
  'protocol',
  'source',
  'source-port',
  'destination',
  'destination-port',
  'class',
  'port',
  'flags',
  'packets',
  'bytes',
  'targets',
  'mark',
  'asn',
  'country',
  'exporter',
  'sensor',
];

function printRows({ rows, columns, cursor, ...answer }: ExploreRows): void {
  const shown = TABLE_COLUMNS.flatMap((id) => columns.filter((column) => column.id === id));
  const lines = rows.map((row) => shown.map(({ id }) => toCell(id, row[id] ?? '')));
  printAligned(
    shown.map(({ id }) => id.toUpperCase()),
    lines,
    shown.map(({ type }) => type === 'number' || type === 'port' || type === 'duration'),
  ); // prettier-ignore
  sayAbout(answer, cursor === null ? `${rows.length} rows` : `the first ${rows.length} rows; --limit or --format csv gives more`);
}

function toCell(id: string, value: string | number): string {
  if (id === 'time') return new Date(Number(value)).toISOString().slice(0, 19).replace('T', ' ');
  if (id === 'bytes') return toUnits(Number(value), 'B');
  if (id === 'packets') return toUnits(Number(value), '');
  return id === 'duration' ? `${(Number(value) / 1000).toFixed(1)} s` : String(value);
}

function printTop({ by, measure, rows, total, ...answer }: ExploreTop): void {
  const isDistinct = measure === 'sources' || measure === 'destinations';
  const heads = [
    ...by.map((id) => id.toUpperCase()),
    'NAME',
    'PACKETS',
    'BYTES',
    'RECORDS',
    ...(isDistinct ? [measure.toUpperCase()] : []),
    'SHARE',
  ];
  const lines = rows.map((row) => {
    const value =
      { packets: row.packets, bytes: row.bytes, flows: row.records, sources: row.sources, destinations: row.destinations }[measure] ?? 0;
    const names = row.labels.filter((label, i) => label.en.toLowerCase() !== row.keys[i]).map(({ en }) => en);
    const counts = [toUnits(row.packets, ''), toUnits(row.bytes, 'B'), row.records === null ? '–' : toUnits(row.records, '')];
    return [
      ...row.keys,
      names.join(', '),
      ...counts,
      ...(isDistinct ? [toUnits(value, '')] : []),
      total > 0 ? `${((100 * value) / total).toFixed(1)} %` : '–',
    ];
  });
  printAligned(
    heads,
    lines,
    heads.map((_, i) => i > by.length),
  ); // prettier-ignore
  sayAbout(answer, `${toUnits(total, measure === 'bytes' ? 'B' : '')} ${measure === 'bytes' ? '' : measure} in all`.replace('  ', ' '));
}

function printSeries({ stepSeconds, series, measure, gaps, ...answer }: ExploreSeriesAnswer): void {
  const heads = ['TIME', ...series.map(({ key, label }) => (key === null ? measure.toUpperCase() : label.en))];
  const start = Math.floor(answer.from / 60_000) * 60_000;
  const lines = (series[0]?.values ?? []).map((_, i) => {
    const at = start + i * stepSeconds * 1000;
    const isGap = gaps.some(({ from, to }) => from <= at && at + stepSeconds * 1000 <= to);
    const figures = series.map(({ values }) => (isGap ? 'no data' : toUnits(values[i] ?? 0, measure === 'bytes' ? 'B' : '')));
    return [toCell('time', at).slice(0, 16), ...figures];
  });
  printAligned(
    heads,
    lines,
    heads.map((_, i) => i > 0),
  ); // prettier-ignore
  sayAbout(answer, `steps of ${stepSeconds} s`);
}

/** Numbers end in one column, words begin in one. */
function printAligned(heads: readonly string[], lines: readonly (readonly string[])[], isNumber: readonly boolean[]): void {
  const widths = heads.map((head, i) => Math.max(head.length, ...lines.map((line) => line[i]?.length ?? 0)));
  const pad = (line: readonly string[]): string[] => line.map((cell, i) => (isNumber[i] ? cell.padStart(widths[i] ?? 0) : cell));
  printTable(pad(heads), lines.map(pad));
}

const SCALES = ['', 'k', 'M', 'G', 'T', 'P'];

/** 999, 1.2 k, 34.5 MB: thousands, as networks are measured. */
function toUnits(value: number, unit: Measure | 'B' | ''): string {
  let [rest, scale] = [value, 0];
  while (rest >= 999.95 && scale < SCALES.length - 1) [rest, scale] = [rest / 1000, scale + 1];
  const figure = scale === 0 ? String(rest) : rest.toFixed(1);
  return `${figure} ${SCALES[scale]}${unit}`.trim();
}

interface About {
  readonly from: number;
  readonly to: number;
  readonly dataQuality: DataQualityAnswer;
}

function sayAbout({ from, to, dataQuality }: About, whole: string): void {
  say(`${toDay(from)} – ${toDay(to)} UTC, ${whole}`);
  for (const note of dataQuality.notes) say(`note: ${note.en}`);
}
