/** What we judged: by kind over time, then one row per resource and weakness, and decisions about many of them. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { memo, useState } from 'react';
import type { Status } from '../../../src/server/contract.ts';
import type { FindingCounts, FindingMarkResult } from '../../../src/server/finding-contract.ts';
import { useFormat } from '../../format.ts';
import { FilterField, Pick } from '../../parts/fields.tsx';
import { Answered, Empty, PageHead } from '../../parts/page.tsx';
import { stepFor } from '../../parts/period.ts';
import { usePreferences, useWords, wordFor } from '../../preferences.tsx';
import { constituentsQuery, findingSeriesQuery, findingTotalQuery, type Period, statusQuery } from '../../queries.ts';
import { AsidePanel } from './aside-panel.tsx';
import { BulkBar } from './bulk-bar.tsx';
import { FindingGrid, type Selection } from './grid.tsx';
import { MarkOutcome } from './mark-outcome.tsx';
import { countsQuery, type ListFilter } from './queries.ts';
import { SeriesPanel } from './series-panel.tsx';
import './findings.css';

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
const ORDERS = ['recent', 'severity'] as const;
const MOST_BARS = 60;

type FindingSearch = {
  kind?: string;
  severity?: string;
  state?: string;
  sensor?: string;
  constituent?: string;
  q?: string;
  order?: string;
};

export function FindingsScreen() {
  const { data: status } = useQuery(statusQuery());
  const { order, ...filter } = useSearch({ from: '/findings' });
  const counts = useQuery(countsQuery(filter));
  const period = seriesPeriod(status);
  const series = useQuery({
    ...findingSeriesQuery(period ?? { from: 0, to: 1 }, period ? stepFor(period, MOST_BARS) : 60),
    placeholderData: keepPreviousData,
    enabled: period !== undefined,
  });
  return (
    <>
      <FindingsHead />
      {series.data && series.data.series.length > 0 ? <SeriesPanel series={series.data} /> : null}
      <Answered of={counts} lines={10}>
        {(data) => <FindingList filter={filter} order={order} counts={data} />}
      </Answered>
      <AsidePanel />
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

interface FindingListProps {
  readonly filter: ListFilter;
  readonly order: string | undefined;
  readonly counts: FindingCounts;
}

function FindingList({ filter, order, counts }: FindingListProps) {
  const words = useWords();
  const [result, setResult] = useState<FindingMarkResult | null>(null);
  const question = JSON.stringify([filter, order]);
  const { selection, select } = useSelection(question);
  return (
    <>
      <MarkOutcome result={result} onUndone={() => setResult(null)} />
      <section className="panel tbl" aria-label={words.findings.table}>
        <States counts={counts} />
        <FindingFilters counts={counts} />
        {counts.total === 0 ? (
          <Empty action={Object.keys(filter).length > 0 ? <ClearLink /> : null}>{words.findings.none}</Empty>
        ) : (
          <FindingGrid key={question} filter={filter} order={order} total={counts.total} selection={selection} onSelect={select} />
        )}
        <p className="keys">{words.judgement.gridHint}</p>
      </section>
      <BulkBar
        selection={selection}
        onClear={() => select(() => NOTHING)}
        onDone={(done) => {
          select(() => NOTHING);
          setResult(done);
        }}
      />
    </>
  );
}

const NOTHING: Selection = new Map();

/** What is not in the list any more cannot be meant by a decision: another question begins with nothing selected. */
function useSelection(question: string) {
  const [state, setState] = useState({ question, selection: NOTHING });
  const of = (one: typeof state): Selection => (one.question === question ? one.selection : NOTHING);
  const select = (change: (before: Selection) => Selection): void => setState((before) => ({ question, selection: change(of(before)) }));
  return { selection: of(state), select };
}

function ClearLink() {
  const words = useWords();
  return (
    <Link to="/findings" search={{}}>
      {words.common.clearFilters}
    </Link>
  );
}

/** States with how many are in each; a link, so that a view can be kept and shared. */
const States = memo(function States({ counts }: { readonly counts: FindingCounts }) {
  const words = useWords();
  const format = useFormat();
  const { state } = useSearch({ from: '/findings' });
  const all = Object.values(counts.byState).reduce((sum, count) => sum + count, 0);
  const tab = (id: string | undefined, title: string, count: number) => (
    <Link
      key={title}
      to="/findings"
      search={(before) => withState(before, id)}
      activeOptions={{ exact: true }}
      {...(state === id ? { 'aria-current': 'page' as const } : { 'aria-current': undefined })}
      activeProps={{}}
    >
      {title} <span className="cnt">{format.count(count)}</span>
    </Link>
  );
  return (
    <nav className="views" aria-label={words.judgement.states}>
      {tab(undefined, words.common.all, all)}
      {STATES.filter((id) => (counts.byState[id] ?? 0) > 0 || state === id).map((id) =>
        tab(id, wordFor(words.findingState, id), counts.byState[id] ?? 0),
      )}
    </nav>
  );
});

function withState({ state: _, ...rest }: FindingSearch, state: string | undefined): FindingSearch {
  return state === undefined ? rest : { ...rest, state };
}

/** Filters write to the address; an empty value takes its key away. */
const FindingFilters = memo(function FindingFilters({ counts }: { readonly counts: FindingCounts }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const filter = useSearch({ from: '/findings' });
  const navigate = useNavigate({ from: '/findings' });
  const constituents = useQuery(constituentsQuery());
  const set = (key: keyof FindingSearch, value: string | undefined): void =>
    void navigate({ replace: true, search: ({ [key]: _, ...rest }: FindingSearch) => (value ? { ...rest, [key]: value } : rest) });
  const counted = (title: string, count: number | undefined): string => `${title} ${words.common.bracket(format.count(count ?? 0)).trim()}`;
  return (
    <div className="flt">
      <FilterField label={words.findings.search} value={filter.q ?? ''} onSettle={(value) => set('q', value)} />
      <Pick
        label={words.findings.kind}
        all={words.findings.anyKind}
        value={filter.kind}
        onPick={(value) => set('kind', value)}
        options={Object.keys(counts.byKind).map((id) => ({
          id,
          title: counted(counts.kindTitles[id]?.[language] ?? id, counts.byKind[id]),
        }))}
      />
      <Pick
        label={words.findings.severity}
        all={words.findings.anySeverity}
        value={filter.severity}
        onPick={(value) => set('severity', value)}
        options={SEVERITIES.map((id) => ({ id, title: counted(words.severity[id], counts.bySeverity[id]) }))}
      />
      <Pick
        label={words.judgement.sensor}
        all={words.judgement.anySensor}
        value={filter.sensor}
        onPick={(value) => set('sensor', value)}
        options={counts.sensors.map((id) => ({ id, title: id }))}
      />
      <Pick
        label={words.findings.constituent}
        all={words.findings.anyConstituent}
        value={filter.constituent}
        onPick={(value) => set('constituent', value)}
        options={(constituents.data?.rows ?? []).map((row) => ({ id: row.id, title: row.name[language] }))}
      />
      <Pick
        label={words.judgement.order}
        all={words.judgement.orderName.recent}
        value={filter.order === 'severity' ? 'severity' : undefined}
        onPick={(value) => set('order', value)}
        options={ORDERS.filter((id) => id !== 'recent').map((id) => ({ id, title: words.judgement.orderName[id] }))}
      />
      <span className="quiet small end">{format.count(counts.total)}</span>
    </div>
  );
});
