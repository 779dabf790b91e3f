/** What came in, what waits for a decision, what was read last; in an empty hub, how to begin. */
import { useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Case, Intake, Status, Traffic } from '../../src/server/contract.ts';
import { type Format, useFormat } from '../format.ts';
import { saveCsv } from '../parts/csv.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { FeedPanel, OwnDataPanel } from '../parts/feed-panel.tsx';
import { Segments } from '../parts/fields.tsx';
import { Strikes } from '../parts/icons.tsx';
import { IntakeTag } from '../parts/intake-tag.tsx';
import { Answered, AnsweredScreen, Empty, PageHead, Panel } from '../parts/page.tsx';
import { stepFor } from '../parts/period.ts';
import { portName, TopTable } from '../parts/top-table.tsx';
import { TrafficChart } from '../parts/traffic-chart.tsx';
import { type Language, usePreferences, useWords, wordFor } from '../preferences.tsx';
import { caseListQuery, intakesQuery, type Period, statusQuery, topQuery, trafficQuery } from '../queries.ts';
import type { Words } from '../words/ja.ts';

const HOUR_MS = 3_600_000;
const RANGES = ['all', 'week', 'day', 'hour'] as const;
type Range = (typeof RANGES)[number];
const RANGE_MS: Readonly<Record<Exclude<Range, 'all'>, number>> = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 168 * HOUR_MS };
const RECENT = 2 * HOUR_MS;

export function NowScreen() {
  const words = useWords();
  const status = useQuery(statusQuery());
  return (
    <AnsweredScreen of={status} name={words.now.title} title={words.now.title}>
      {(data) =>
        data.data.lastAt === null || data.data.firstAt === null ? (
          <EmptyHub status={data} />
        ) : (
          <FullHub status={data} period={{ from: data.data.firstAt, to: data.data.lastAt }} />
        )
      }
    </AnsweredScreen>
  );
}

function EmptyHub({ status }: { readonly status: Status }) {
  const words = useWords();
  return (
    <>
      <PageHead title={words.now.title} heading={words.now.emptyHeading}>
        <p>{words.now.emptyLead}</p>
      </PageHead>
      <div className="row halves">
        {status.simulation ? <OwnDataPanel /> : <FeedPanel title={words.now.feed} />}
        <RecentIntakes />
      </div>
      {status.counts.openCases > 0 ? <Decisions status={status} /> : null}
    </>
  );
}

function FullHub({ status, period: data }: { readonly status: Status; readonly period: Period }) {
  const words = useWords();
  const search = useSearch({ from: '/' });
  const navigate = useNavigate({ from: '/' });
  const isLive = status.now - data.to < RECENT;
  const standard: Range = data.to - data.from > RANGE_MS.day && isLive ? 'day' : 'all';
  const range = RANGES.find((known) => known === search.range) ?? standard;
  const end = data.to + 1;
  const period: Period = range === 'all' ? { from: data.from, to: end } : { from: Math.max(data.from, end - RANGE_MS[range]), to: end };
  const traffic = useQuery(trafficQuery(period, stepFor(period)));
  const titles: Readonly<Record<Range, string>> = {
    all: words.now.rangeAll,
    week: words.now.rangeWeek,
    day: words.now.rangeDay,
    hour: words.now.rangeHour,
  };
  const tools = (
    <Segments<Range>
      label={words.now.range}
      value={range}
      onPick={(next) => void navigate({ search: (before) => ({ ...before, range: next }), replace: true })}
      options={RANGES.toReversed().map((id) => ({ id, title: titles[id] }))}
    />
  );
  return (
    <>
      <NowHead traffic={traffic.data} period={period} span={spanKey(range, isLive)} tools={tools} />
      <div className="row chart-side">
        <TrafficPanel traffic={traffic} />
        <Decisions status={status} />
      </div>
      <div className="row thirds">
        <TopTable by="port" title={words.now.ports} head={words.now.port} period={period} />
        <TopTable by="network" title={words.now.networks} head={words.now.network} period={period} />
        <TopTable by="country" title={words.now.countries} head={words.now.country} period={period} />
      </div>
      <div className="row halves">
        <RecentIntakes />
        {status.simulation ? <OwnDataPanel /> : <FeedPanel title={words.now.feed} />}
      </div>
      <footer className="foot">
        <span>{words.common.gapNote}</span>
        <span>{words.common.estimatedCountry}</span>
      </footer>
    </>
  );
}

type SpanKey = 'spanHour' | 'spanDay' | 'spanWeek' | 'spanLastHour' | 'spanLastDay' | 'spanLastWeek' | 'all';

/** Old captures have no "last 24 hours" of ours, only of their own. */
function spanKey(range: Range, isLive: boolean): SpanKey {
  if (range === 'all') return 'all';
  const live = { hour: 'spanHour', day: 'spanDay', week: 'spanWeek' } as const;
  const past = { hour: 'spanLastHour', day: 'spanLastDay', week: 'spanLastWeek' } as const;
  return isLive ? live[range] : past[range];
}

interface NowHeadProps {
  readonly traffic: Traffic | undefined;
  readonly period: Period;
  readonly span: SpanKey;
  readonly tools: ReactNode;
}

function NowHead({ traffic, period, span, tools }: NowHeadProps) {
  const words = useWords();
  const format = useFormat();
  const ports = useQuery(topQuery('port', period));
  if (!traffic) return <PageHead title={words.now.title} heading={words.now.title} tools={tools} />;
  const name = span === 'all' ? words.now.spanAll(...spanEnds(period, format)) : words.now[span];
  const busiest = busiestClass(traffic);
  const port = ports.data?.rows[0]?.key;
  const { packets, sources } = traffic.totals;
  const heading =
    packets > 0 && busiest
      ? words.now.heading(name, packets, format.share(busiest.total, packets), wordFor(words.trafficMany, busiest.class))
      : words.now.headingNone(name);
  return (
    <PageHead title={words.now.title} heading={heading} tools={tools}>
      <p>
        {packets > 0 ? (port ? words.now.lead(sources, portName(port)) : words.now.leadNoPort(sources)) : null}{' '}
        {traffic.gaps.length > 0 ? words.now.gapLead : null}
      </p>
    </PageHead>
  );
}

function spanEnds(period: Period, format: Format): [string, string] {
  const isOneDay = format.date(period.from) === format.date(period.to);
  return isOneDay ? [format.dateTime(period.from), format.time(period.to)] : [format.date(period.from), format.date(period.to)];
}

const busiestClass = (traffic: Traffic): Traffic['series'][number] | undefined => [...traffic.series].sort((a, b) => b.total - a.total)[0];

function describeTraffic(traffic: Traffic, words: Words, format: Format): string {
  const busiest = busiestClass(traffic);
  const sums = (traffic.series[0]?.packets ?? []).map((_, index) =>
    traffic.series.reduce((sum, one) => sum + (one.packets[index] ?? 0), 0),
  );
  const peakAt = traffic.from + sums.indexOf(Math.max(...sums, 0)) * traffic.stepSeconds * 1000;
  const gaps = traffic.gaps.map((gap) => words.common.range(format.dateTime(gap.from), format.dateTime(gap.to)));
  return words.now.trafficAlt(
    traffic.totals.packets,
    format.share(busiest?.total ?? 0, traffic.totals.packets),
    wordFor(words.trafficMany, busiest?.class ?? 'other'),
    format.dateTime(peakAt),
    gaps.length > 0 ? words.watch.gapList(format.list(gaps)) : words.watch.noGap,
  );
}

interface TrafficPanelProps {
  readonly traffic: { readonly data: Traffic | undefined; readonly error: unknown; readonly refetch: () => unknown };
}

function TrafficPanel({ traffic }: TrafficPanelProps) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const [isTable, setIsTable] = useState(false);
  const end = (
    <>
      <Button className="linklike" onPress={() => setIsTable(!isTable)} aria-expanded={isTable}>
        {isTable ? words.common.asChart : words.common.asTable}
      </Button>
      <Button
        className="linklike"
        aria-label={words.common.csvHint}
        isDisabled={!traffic.data}
        onPress={() => traffic.data && saveTraffic(traffic.data, language, words)}
      >
        {words.common.csv}
      </Button>
    </>
  );
  return (
    <Panel
      className="chart-panel"
      title={words.now.traffic}
      note={words.now.trafficNote(words.common.packetsPerMinute, format.zone)}
      end={end}
    >
      <Answered of={traffic} lines={8}>
        {(data) =>
          isTable ? <TrafficTable traffic={data} /> : <TrafficChart traffic={data} description={describeTraffic(data, words, format)} />
        }
      </Answered>
    </Panel>
  );
}

function saveTraffic(traffic: Traffic, language: Language, words: Words): void {
  const head = [`${words.now.time} (UTC)`, ...traffic.series.map((one) => one.title[language])];
  const rows = traffic.series[0]?.packets.map((_, index) => [
    new Date(traffic.from + index * traffic.stepSeconds * 1000).toISOString(),
    ...traffic.series.map((one) => (isGapAt(traffic, index) ? words.common.noData : (one.packets[index] ?? 0))),
  ]);
  saveCsv('yagura-traffic', [head, ...(rows ?? [])]);
}

function isGapAt(traffic: Traffic, index: number): boolean {
  const middle = traffic.from + (index + 0.5) * traffic.stepSeconds * 1000;
  return traffic.gaps.some((gap) => middle >= gap.from && middle < gap.to);
}

/** The chart's figures, newest first; a step inside a gap says so instead of 0. */
function TrafficTable({ traffic }: { readonly traffic: Traffic }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const steps = (traffic.series[0]?.packets ?? []).map((_, index) => index).toReversed();
  const columns = useMemo(() => trafficColumns(traffic, words, format, language), [traffic, words, format, language]);
  return (
    <div className="chart-table">
      <DataTable caption={words.now.trafficTable} columns={columns} rows={steps} rowKey={String} total={steps.length} />
    </div>
  );
}

function trafficColumns(traffic: Traffic, words: Words, format: Format, language: Language): Column<number>[] {
  return [
    {
      id: 'time',
      head: `${words.now.time} (${format.zone})`,
      isRowHeader: true,
      cell: (index) => format.dateTime(traffic.from + index * traffic.stepSeconds * 1000),
    },
    ...traffic.series.map((one) => ({
      id: one.class,
      head: one.title[language],
      isNumber: true,
      cell: (index: number) => (isGapAt(traffic, index) ? words.common.noData : format.count(one.packets[index] ?? 0)),
    })),
  ];
}

const SEVERITY_ORDER = ['critical', 'high', 'medium', 'low', 'info'];
const WAITING_STATES = ['reopened', 'open', 'orphan'] as const;
const SHOWN_DECISIONS = 7;

/** The cases a person has to decide on, worst first. */
function Decisions({ status }: { readonly status: Status }) {
  const words = useWords();
  const answers = useQueries({ queries: WAITING_STATES.map((state) => caseListQuery({ state }, SHOWN_DECISIONS)) });
  const rows = answers.flatMap((answer) => answer.data?.rows ?? []).sort(bySeverityThenDue);
  const failed = answers.find((answer) => answer.error && !answer.data);
  const count = status.counts.decisions;
  return (
    <Panel
      title={words.now.decisions}
      tag={count > 0 ? <span className="tag bell">{count}</span> : null}
      end={<Link to="/cases">{words.now.toCases}</Link>}
    >
      {failed ? (
        <Answered of={failed}>{() => null}</Answered>
      ) : rows.length === 0 ? (
        <Empty>{words.now.noDecision}</Empty>
      ) : (
        <ol className="dec">
          {rows.slice(0, SHOWN_DECISIONS).map((row) => (
            <Decision key={row.id} row={row} now={status.now} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function bySeverityThenDue(a: Case, b: Case): number {
  const severity = SEVERITY_ORDER.indexOf(a.severity) - SEVERITY_ORDER.indexOf(b.severity);
  return severity !== 0 ? severity : (a.dueAt ?? Infinity) - (b.dueAt ?? Infinity) || a.openedAt - b.openedAt;
}

function Decision({ row, now }: { readonly row: Case; readonly now: number }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const question = row.state === 'orphan' ? words.now.askContact : row.state === 'reopened' ? words.now.askAgain : words.now.askNotify;
  const who = row.constituentName?.[language] ?? words.common.noOwner;
  return (
    <li>
      <Link to="/cases/$id" params={{ id: row.id }}>
        <span className="l1">
          <Strikes severity={row.severity} isBare />
          <b>{question}</b>
          <span className="quiet small">{format.age(row.openedAt, now)}</span>
        </span>
        <span className="l2">
          {row.title[language]}
          {words.common.bracket(format.list([who, row.asset.value]))}
        </span>
      </Link>
    </li>
  );
}

function RecentIntakes() {
  const words = useWords();
  const format = useFormat();
  const intakes = useInfiniteQuery(intakesQuery(6));
  const page = intakes.data?.pages[0];
  const columns = useMemo(() => recentColumns(words, format), [words, format]);
  return (
    <Panel title={words.now.recent} end={<Link to="/intakes">{words.now.toIntakes}</Link>}>
      <Answered of={{ data: page, error: intakes.error, refetch: intakes.refetch }}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty>{words.now.noIntake}</Empty>
          ) : (
            <DataTable
              caption={words.now.recent}
              columns={columns}
              rows={data.rows.slice(0, 6)}
              rowKey={(row) => row.id}
              total={data.total}
            />
          )
        }
      </Answered>
    </Panel>
  );
}

function recentColumns(words: Words, format: Format): Column<Intake>[] {
  return [
    { id: 'file', head: words.intakes.file, isRowHeader: true, className: 'el', cell: (row) => <span title={row.file}>{row.file}</span> },
    { id: 'state', head: words.intakes.state, cell: (row) => <IntakeTag intake={row} /> },
    { id: 'accepted', head: words.intakes.accepted, isNumber: true, cell: (row) => format.count(row.accepted) },
    { id: 'quarantined', head: words.intakes.quarantined, isNumber: true, cell: (row) => format.count(row.quarantined) },
    { id: 'at', head: words.intakes.at, isNumber: true, cell: (row) => format.dateTime(row.at) },
  ];
}
