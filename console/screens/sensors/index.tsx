/** Whether we are watching: every sensor with its state, what it sees and what goes missing. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Sensor, SensorPage } from '../../../src/server/sensor-contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { CommandLine } from '../../parts/feed-panel.tsx';
import { countText, lastText, lossText, rateText, skewText, worstLoss } from '../../parts/health-cells.tsx';
import { HealthMark } from '../../parts/health-mark.tsx';
import { Answered, PageHead, Panel } from '../../parts/page.tsx';
import { Trend } from '../../parts/trend.tsx';
import { type Language, usePreferences, useWords } from '../../preferences.tsx';
import { sensorsQuery } from '../../queries.ts';
import type { Words } from '../../words/ja.ts';

/** The minute it was last heard of was still watched. */
const MINUTE_MS = 60_000;

export function SensorsScreen() {
  const words = useWords();
  const format = useFormat();
  const sensors = useQuery(sensorsQuery());
  return (
    <>
      <SensorsHead page={sensors.data} />
      <Answered of={sensors} lines={6}>
        {({ rows }) => {
          const watching = rows.filter((row) => row.kind !== 'feed').toSorted((a, b) => ORDER[a.state] - ORDER[b.state]);
          const feeds = rows.filter((row) => row.kind === 'feed');
          return (
            <div className="stack">
              {watching.length === 0 ? (
                <ConnectPanel />
              ) : (
                <Panel className="tbl" title={words.sensors.table} note={words.sensors.tableNote(format.zone)}>
                  <SensorTable rows={watching} caption={words.sensors.table} />
                </Panel>
              )}
              {feeds.length === 0 ? null : (
                <Panel className="tbl" title={words.sensors.feeds} note={words.sensors.feedsNote}>
                  <FeedTable rows={feeds} />
                </Panel>
              )}
            </div>
          );
        }}
      </Answered>
    </>
  );
}

function SensorsHead({ page }: { readonly page: SensorPage | undefined }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  if (!page) return <PageHead title={words.sensors.title} heading={words.sensors.title} />;
  const rows = page.rows.filter((row) => row.kind !== 'feed');
  return (
    <PageHead title={words.sensors.title} heading={headingOf(rows, page, words, format, language)}>
      <p>{rows.length === 0 ? words.sensors.emptyLead : leadOf(rows, words, language)}</p>
    </PageHead>
  );
}

/** The worst there is to say comes first. */
function headingOf(rows: readonly Sensor[], page: SensorPage, words: Words, format: Format, language: Language): string {
  if (rows.length === 0) return page.rows.length > 0 ? words.sensors.headingFeeds : words.sensors.headingEmpty;
  const of = (state: Sensor['state']): Sensor[] => rows.filter((row) => row.state === state);
  const [silent, degraded, unknown] = [of('silent'), of('degraded'), of('unknown')];
  const [first] = silent;
  if (first && silent.length === 1 && first.lastAt !== null)
    return words.sensors.headingSilentOne(first.title[language], format.age(first.lastAt + MINUTE_MS, page.at));
  if (silent.length > 0) return words.sensors.headingSilent(silent.length);
  if (degraded.length > 0) return words.sensors.headingDegraded(degraded.length);
  return unknown.length > 0 ? words.sensors.headingUnknown(unknown.length) : words.sensors.heading(rows.length);
}

function leadOf(rows: readonly Sensor[], words: Words, language: Language): string {
  const watching = rows.filter(({ state }) => state === 'healthy' || state === 'degraded').length;
  const telescopes = rows.filter(({ kind }) => kind === 'telescope');
  const counts = telescopes.map(({ addresses }) => addresses);
  const total = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const addresses =
    telescopes.length === 0 ? '' : counts.includes(null) ? words.sensors.leadUnknownAddresses : words.sensors.leadAddresses(total);
  return [words.sensors.lead(watching, rows.length), addresses].filter((sentence) => sentence !== '').join(language === 'ja' ? '' : ' ');
}

/** How the first sensor is connected: nothing else is worth showing before. */
function ConnectPanel() {
  const words = useWords();
  const ways = [
    [words.sensors.connectCapture, './yagura ingest --data my-data FILE...'],
    [words.sensors.connectLive, 'tcpdump -i eth0 -U -w - | ./yagura start --data my-data --capture -'],
    [words.sensors.connectFlow, './yagura start --data my-data --listen netflow:2055'],
    [words.sensors.connectElsewhere, './yagura collect --to https://hub.example --token-file token --listen netflow:2055'],
  ] as const;
  return (
    <Panel title={words.sensors.connect}>
      <div className="in stack">
        {ways.map(([label, command]) => (
          <div key={command}>
            <p className="soft">{label}</p>
            <CommandLine label={label} command={command} />
          </div>
        ))}
      </div>
    </Panel>
  );
}

function SensorTable({ rows, caption }: { readonly rows: readonly Sensor[]; readonly caption: string }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const columns = useMemo(() => sensorColumns(words, format, language), [words, format, language]);
  return <DataTable caption={caption} columns={columns} rows={rows} rowKey={(row) => row.id} total={rows.length} hasKeys />;
}

function FeedTable({ rows }: { readonly rows: readonly Sensor[] }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const columns = useMemo(
    () => sensorColumns(words, format, language).filter(({ id }) => ['name', 'state', 'reason', 'last'].includes(id)),
    [words, format, language],
  );
  return <DataTable caption={words.sensors.feeds} columns={columns} rows={rows} rowKey={(row) => row.id} total={rows.length} />;
}

/** The gravest first, as everywhere. */
const ORDER: Readonly<Record<Sensor['state'], number>> = { silent: 0, degraded: 1, unknown: 2, healthy: 3 };

function sensorColumns(words: Words, format: Format, language: Language): Column<Sensor>[] {
  return [...nameColumns(words, language), ...figureColumns(words, format, language)];
}

function nameColumns(words: Words, language: Language): Column<Sensor>[] {
  return [
    {
      id: 'name',
      head: words.sensors.name,
      isRowHeader: true,
      className: 'el',
      sortBy: (row) => row.title[language],
      cell: (row) => (
        <Link to="/sensors/$id" params={{ id: row.id }}>
          {row.title[language]}
        </Link>
      ),
    },
    {
      id: 'kind',
      head: words.sensors.kind,
      className: 'nowrap',
      sortBy: (row) => row.kind,
      cell: (row) => words.sensors.kindName[row.kind],
    },
    {
      id: 'state',
      head: words.sensors.state,
      className: 'nowrap',
      sortBy: (row) => ORDER[row.state],
      cell: (row) => <HealthMark state={row.state} />,
    },
    { id: 'reason', head: words.sensors.reason, className: 'reason', cell: (row) => row.reason[language] },
  ];
}

function figureColumns(words: Words, format: Format, language: Language): Column<Sensor>[] {
  return [
    {
      id: 'trend',
      head: words.sensors.trend,
      className: 'trend-cell',
      cell: (row) => <Trend name={row.title[language]} trend={row.trend} gaps={row.gaps} />,
    },
    {
      id: 'rate',
      head: words.sensors.received,
      isNumber: true,
      sortBy: (row) => row.perSecond ?? -1,
      cell: (row) => (
        <>
          {rateText(row, words)} {row.perSecond === null ? null : <span className="quiet">{words.sensors.unitName[row.unit]}</span>}
        </>
      ),
    },
    { id: 'lost', head: words.sensors.lost, isNumber: true, sortBy: worstLoss, cell: (row) => lossText(row, words) },
    {
      id: 'dropped',
      head: words.sensors.dropped,
      isNumber: true,
      sortBy: (row) => row.dropped ?? -1,
      cell: (row) => countText(row.dropped, words, format),
    },
    {
      id: 'skew',
      head: words.sensors.skew,
      isNumber: true,
      sortBy: (row) => row.skewMs?.high ?? -1,
      cell: (row) => skewText(row, words, format),
    },
    {
      id: 'addresses',
      head: words.sensors.addresses,
      isNumber: true,
      sortBy: (row) => row.addresses ?? -1,
      cell: (row) => (row.kind === 'telescope' ? countText(row.addresses, words, format) : words.common.none),
    },
    {
      id: 'last',
      head: words.sensors.lastAt,
      isNumber: true,
      sortBy: (row) => row.lastAt ?? 0,
      cell: (row) => lastText(row, words, format),
    },
  ];
}
