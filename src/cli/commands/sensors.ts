/** Lists sensors and how they are doing, or says what one is called and how many addresses it observes since when. */
import { YaguraError } from '../../engine/errors.ts';
import type { Sensor, SensorChange, SensorDetail, SensorPage } from '../../server/sensor-contract.ts';
import { toTitle } from '../../store/state/sensors.ts';
import { type Command, DATA_OPTIONS, type Invocation, isSet, numberOption, textOption } from '../command.ts';
import { configOf, connectHub, type HubClient } from '../hub-client.ts';
import { printJson, printLine, printTable } from '../output.ts';
import { toDay } from '../times.ts';

const USAGE =
  'sensors [set ID [--title "JA / EN"] [--addresses N|unknown [--since YYYY-MM-DD]] [--kind K] [--location TEXT] [--contact TEXT] [--cadence SECONDS] [--constituent ID|none]] [--data DIR] [--json]';

const command: Command = {
  usage: USAGE,
  summary: 'Lists sensors and exporters; "set" says what one is and how many addresses it observes since when.',
  options: {
    ...DATA_OPTIONS,
    title: { type: 'string' },
    addresses: { type: 'string' },
    since: { type: 'string' },
    kind: { type: 'string' },
    location: { type: 'string' },
    contact: { type: 'string' },
    cadence: { type: 'string' },
    constituent: { type: 'string' },
  },
  async run(invocation) {
    const [verb, id, ...rest] = invocation.positionals;
    if (verb !== undefined && (verb !== 'set' || id === undefined || rest.length > 0))
      throw new YaguraError('usage', `Usage: yagura ${USAGE}`);
    const change = id === undefined ? undefined : readChange(invocation);
    const hub = await connectHub(configOf(invocation));
    try {
      if (id === undefined) print(await hub.get<SensorPage>('/sensors'), isSet(invocation, 'json'));
      else printDetail(await set(hub, id, change ?? {}, readCount(invocation)), isSet(invocation, 'json'));
    } finally {
      await hub.close();
    }
    return 0;
  },
};
export default command;

function readChange(invocation: Invocation): SensorChange {
  const [title, kind, location, contact] = ['title', 'kind', 'location', 'contact'].map((name) => textOption(invocation, name));
  const cadence = numberOption(invocation, 'cadence');
  const constituent = textOption(invocation, 'constituent');
  return {
    ...(title === undefined ? {} : { title: toTitle(title) }),
    ...(kind === undefined ? {} : { kind: kind as NonNullable<SensorChange['kind']> }),
    ...(location === undefined ? {} : { location }),
    ...(contact === undefined ? {} : { contact }),
    ...(cadence === undefined ? {} : { cadenceSeconds: cadence }),
    ...(constituent === undefined ? {} : { constituentId: constituent === 'none' ? null : constituent }),
  };
}

interface Count {
  readonly since: number;
  readonly addresses: number | null;
}

/** Since ever when no date is given: the common case of a sensor that never changed. */
function readCount(invocation: Invocation): Count | undefined {
  const since = textOption(invocation, 'since');
  const isUnknown = textOption(invocation, 'addresses') === 'unknown';
  const addresses = isUnknown ? null : numberOption(invocation, 'addresses');
  if (addresses === undefined) {
    if (since !== undefined) throw new YaguraError('usage', '--since says from when on the number given with --addresses holds');
    return undefined;
  }
  const at = since === undefined ? 0 : Date.parse(since);
  if (since !== undefined && (!/^\d{4}-\d\d-\d\d$/.test(since) || Number.isNaN(at)))
    throw new YaguraError('usage', `--since takes a day like 2026-04-01 (UTC), not "${since}"`);
  return { since: at, addresses };
}

/** The history is replaced as a whole, so what is there is read first. */
async function set(hub: HubClient, id: string, change: SensorChange, count: Count | undefined): Promise<SensorDetail> {
  const path = `/sensors/${encodeURIComponent(id)}`;
  if (!count) return hub.put<SensorDetail>(path, change);
  const page = await hub.get<SensorPage>('/sensors');
  const known = page.rows.some((row) => row.id === id) ? (await hub.get<SensorDetail>(path)).history : [];
  const others = known.filter(({ since }) => since !== count.since).map(({ since, addresses }) => ({ since, addresses }));
  return hub.put<SensorDetail>(path, { ...change, history: [...others, count] });
}

function print({ rows }: SensorPage, isJson: boolean): void {
  if (isJson) {
    for (const row of rows) printJson(row);
    return;
  }
  if (rows.length === 0) {
    printLine('There are no sensors yet. Feed a capture (yagura ingest FILE) or listen for flows (yagura start --listen netflow:2055).');
    return;
  }
  const lines = rows.flatMap((row) => [toCells(row), ...row.exporters.map((exporter) => toExporterCells(exporter))]);
  printTable(['SENSOR', 'KIND', 'STATE', 'LAST SEEN', 'PER SECOND', 'LOST', 'DROPPED', 'ADDRESSES', 'WHY'], lines);
}

type Row = Sensor['exporters'][number];

function toCells(row: Sensor): string[] {
  return [
    row.id,
    row.kind,
    row.state,
    ...figures(row),
    row.addresses === null ? 'unknown' : row.addresses.toLocaleString('en'),
    row.reason.en,
  ];
}

const toExporterCells = (row: Row): string[] => [
  `  ${row.address}`,
  row.protocol || 'flow',
  row.state,
  ...figures(row),
  '–',
  row.reason.en,
];

function figures(row: Omit<Row, 'address'>): string[] {
  const worst = row.losses.toSorted((a, b) => b.share - a.share)[0];
  return [
    row.lastAt === null ? '–' : toDay(row.lastAt),
    row.perSecond === null ? 'unknown' : row.perSecond.toLocaleString('en', { maximumSignificantDigits: 3 }),
    worst ? `${(worst.share * 100).toLocaleString('en', { maximumFractionDigits: 1 })}% ${worst.unit}s` : 'unknown',
    row.dropped === null ? 'unknown' : row.dropped.toLocaleString('en'),
  ];
}

function printDetail(detail: SensorDetail, isJson: boolean): void {
  if (isJson) {
    printJson(detail);
    return;
  }
  const { sensor, history } = detail;
  printLine(
    `${sensor.id}: ${sensor.title.ja === sensor.title.en ? sensor.title.en : `${sensor.title.ja} / ${sensor.title.en}`}, ${sensor.kind}`,
  );
  printTable(
    ['OBSERVED ADDRESSES', 'FROM', 'UNTIL'],
    history.map(({ since, until, addresses }) => [
      addresses === null ? 'unknown' : addresses.toLocaleString('en'),
      since === 0 ? 'ever' : toDay(since),
      until === null ? 'now' : toDay(until),
    ]),
  );
}
