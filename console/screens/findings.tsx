/** What we judged: by kind over time, then one row per resource and weakness. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Finding, FindingSeries, Status } from '../../src/server/contract.ts';
import { type Format, useFormat } from '../format.ts';
import { saveCsv } from '../parts/csv.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { portText } from '../parts/evidence-tree.tsx';
import { FilterField, Pick } from '../parts/fields.tsx';
import { Strikes } from '../parts/icons.tsx';
import { MoreRows } from '../parts/more-rows.tsx';
import { Answered, Empty, PageHead, Panel } from '../parts/page.tsx';
import { stepFor } from '../parts/period.ts';
import { SparkBars } from '../parts/spark-bars.tsx';
import { type Language, usePreferences, useWords, wordFor } from '../preferences.tsx';
import { constituentsQuery, findingSeriesQuery, findingsQuery, findingTotalQuery, type Period, statusQuery } from '../queries.ts';
import type { Words } from '../words/ja.ts';

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
const STATES = [
  'new',
  'triaged',
  'notified',
  'acknowledged',
  'fix_claimed',
  'verified_fixed',
  'reopened',
  'unseen',
  'false_positive',
  'accepted',
] as const;
const TOP_KINDS = 6;
const MOST_BARS = 60;

type FindingSearch = { kind?: string; constituent?: string; state?: string; severity?: string; q?: string };

export function FindingsScreen() {
  const words = useWords();
  const { data: status } = useQuery(statusQuery());
  const filter = useSearch({ from: '/findings' });
  const findings = useInfiniteQuery(findingsQuery(filter));
  const pages = findings.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.rows) ?? [], [pages]);
  const period = seriesPeriod(status);
  const series = useQuery({
    ...findingSeriesQuery(period ?? { from: 0, to: 1 }, period ? stepFor(period, MOST_BARS) : 60),
    enabled: period !== undefined,
  });
  return (
    <>
      <FindingsHead />
      {series.data && series.data.series.length > 0 ? <SeriesPanel series={series.data} /> : null}
      <section className="panel tbl" aria-label={words.findings.table}>
        <FindingFilters kinds={series.data} shown={rows.length} total={pages?.at(-1)?.total} />
        <Answered of={{ data: pages, error: findings.error, refetch: findings.refetch }} lines={10}>
          {(loaded) => <FindingTable rows={rows} total={loaded.at(-1)?.total ?? rows.length} />}
        </Answered>
        <MoreRows query={findings} />
      </section>
    </>
  );
}

const seriesPeriod = (status: Status | undefined): Period | undefined =>
  status?.data.firstAt != null && status.data.lastAt !== null ? { from: status.data.firstAt, to: status.data.lastAt + 1 } : undefined;

function FindingsHead() {
  const words = useWords();
  const { data: status } = useQuery(statusQuery());
  const critical = useQuery(findingTotalQuery('critical'));
  const high = useQuery(findingTotalQuery('high'));
  if (!status || !critical.data) return <PageHead title={words.findings.title} heading={words.findings.title} />;
  const total = status.counts.findings;
  const heading =
    total === 0
      ? words.findings.headingEmpty
      : critical.data.total > 0
        ? words.findings.headingCritical(critical.data.total)
        : words.findings.heading(total);
  return (
    <PageHead title={words.findings.title} heading={heading}>
      <p>{total === 0 ? words.findings.emptyLead : high.data ? words.findings.lead(total, high.data.total) : null}</p>
    </PageHead>
  );
}

/** Kinds as small multiples: names carry no colour, and a row is a filter. */
function SeriesPanel({ series }: { readonly series: FindingSeries }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const [isWhole, setIsWhole] = useState(false);
  const sorted = useMemo(() => [...series.series].sort((a, b) => b.total - a.total), [series]);
  const shown = isWhole ? sorted : sorted.slice(0, TOP_KINDS);
  const highest = Math.max(1, ...shown.flatMap((one) => one.counts));
  const first = sorted[0];
  return (
    <Panel
      className="mb"
      title={words.findings.series}
      note={words.findings.seriesNote(
        format.step(series.stepSeconds),
        `${words.common.range(format.date(series.from), format.date(series.to))} ${format.zone}`,
      )}
      end={
        <Button className="linklike" aria-label={words.common.csvHint} onPress={() => saveSeries(series, language, words)}>
          {words.common.csv}
        </Button>
      }
    >
      <table className="sparks">
        <caption className="sr">
          {words.findings.series} {first ? words.findings.seriesAlt(first.title[language], first.total) : ''}
        </caption>
        <thead>
          <tr>
            <th scope="col">{words.findings.kind}</th>
            <th scope="col">{words.findings.trend}</th>
            <th scope="col" className="num">
              {words.findings.total}
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((one) => (
            <tr key={one.kind}>
              <th scope="row">
                <Link to="/findings" search={{ kind: one.kind }}>
                  {one.title[language]}
                </Link>
              </th>
              <td>
                <SparkBars counts={one.counts} highest={highest} />
              </td>
              <td className="num">{format.count(one.total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {sorted.length > TOP_KINDS ? (
        <div className="more">
          <Button className="btn" aria-expanded={isWhole} onPress={() => setIsWhole(!isWhole)}>
            {isWhole ? words.findings.fewerKinds : words.findings.otherKinds(sorted.length - TOP_KINDS)}
          </Button>
        </div>
      ) : null}
    </Panel>
  );
}

function saveSeries(series: FindingSeries, language: Language, words: Words): void {
  const head = [`${words.now.time} (UTC)`, ...series.series.map((one) => one.title[language])];
  const rows = (series.series[0]?.counts ?? []).map((_, index) =>
    [new Date(series.from + index * series.stepSeconds * 1000).toISOString() as string | number].concat(
      series.series.map((one) => one.counts[index] ?? 0),
    ),
  );
  saveCsv('yagura-findings', [head, ...rows]);
}

interface FindingFiltersProps {
  readonly kinds: FindingSeries | undefined;
  readonly shown: number;
  readonly total: number | undefined;
}

function FindingFilters({ kinds, shown, total }: FindingFiltersProps) {
  const words = useWords();
  const { language } = usePreferences();
  const filter = useSearch({ from: '/findings' });
  const navigate = useNavigate({ from: '/findings' });
  const constituents = useQuery(constituentsQuery());
  const set = (key: keyof FindingSearch, value: string | undefined): void =>
    void navigate({ replace: true, search: ({ [key]: _, ...rest }: FindingSearch) => (value ? { ...rest, [key]: value } : rest) });
  return (
    <div className="flt">
      <FilterField label={words.findings.search} value={filter.q ?? ''} onSettle={(value) => set('q', value)} />
      <Pick
        label={words.findings.kind}
        all={words.findings.anyKind}
        value={filter.kind}
        onPick={(value) => set('kind', value)}
        options={(kinds?.series ?? []).map((one) => ({ id: one.kind, title: one.title[language] }))}
      />
      <Pick
        label={words.findings.severity}
        all={words.findings.anySeverity}
        value={filter.severity}
        onPick={(value) => set('severity', value)}
        options={SEVERITIES.map((id) => ({ id, title: words.severity[id] }))}
      />
      <Pick
        label={words.findings.state}
        all={words.common.all}
        value={filter.state}
        onPick={(value) => set('state', value)}
        options={STATES.map((id) => ({ id, title: words.findingState[id] }))}
      />
      <Pick
        label={words.findings.constituent}
        all={words.findings.anyConstituent}
        value={filter.constituent}
        onPick={(value) => set('constituent', value)}
        options={(constituents.data?.rows ?? []).map((row) => ({ id: row.id, title: row.name[language] }))}
      />
      {total === undefined ? null : <span className="quiet small end">{words.common.shown(shown, total)}</span>}
    </div>
  );
}

function FindingTable({ rows, total }: { readonly rows: readonly Finding[]; readonly total: number }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const columns = useMemo(() => findingColumns(words, format, language), [words, format, language]);
  if (rows.length === 0) return <Empty>{words.findings.none}</Empty>;
  return <DataTable caption={words.findings.table} columns={columns} rows={rows} rowKey={(row) => row.fingerprint} total={total} hasKeys />;
}

function findingColumns(words: Words, format: Format, language: Language): Column<Finding>[] {
  return [
    { id: 'severity', head: words.findings.severity, cell: (row) => <Strikes severity={row.severity} /> },
    {
      id: 'kind',
      head: words.findings.kind,
      isRowHeader: true,
      className: 'el',
      cell: (row) => (
        <>
          <Link to="/findings/$fingerprint" params={{ fingerprint: row.fingerprint }}>
            {row.kindTitle[language]}
          </Link>{' '}
          <span className="quiet">{row.identifier}</span>
        </>
      ),
    },
    { id: 'asset', head: words.findings.asset, className: 'el', cell: (row) => <span title={row.asset.value}>{row.asset.value}</span> },
    { id: 'port', head: words.findings.port, className: 'nowrap', cell: (row) => portText(row) || words.common.none },
    {
      id: 'constituent',
      head: words.findings.constituent,
      className: 'el',
      cell: (row) => row.attribution.constituentName?.[language] ?? <span className="quiet">{words.common.noOwner}</span>,
    },
    { id: 'state', head: words.findings.state, className: 'nowrap', cell: (row) => wordFor(words.findingState, row.state) },
    { id: 'first', head: words.findings.first, isNumber: true, cell: (row) => format.dateTime(row.firstSeenAt) },
    { id: 'last', head: words.findings.last, isNumber: true, cell: (row) => format.dateTime(row.lastSeenAt) },
    { id: 'count', head: words.findings.count, isNumber: true, cell: (row) => format.count(row.count) },
  ];
}
