/** All cases by state, worst and most urgent first; orphans and unseen ones stay in sight. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { Button } from 'react-aria-components';
import type { Case, CasePage } from '../../src/server/contract.ts';
import { daysBetween, type Format, useFormat } from '../format.ts';
import { OPEN_KEYS } from '../frame/keys-dialog.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { FilterField, Pick } from '../parts/fields.tsx';
import { CaseState, Strikes } from '../parts/icons.tsx';
import { MoreRows } from '../parts/more-rows.tsx';
import { Answered, Empty, PageHead } from '../parts/page.tsx';
import { useNow } from '../parts/use-now.ts';
import { type Language, usePreferences, useWords, wordFor } from '../preferences.tsx';
import { casesQuery, constituentsQuery, statusQuery } from '../queries.ts';
import type { Words } from '../words/ja.ts';

const TABS = ['open', 'reopened', 'notified', 'answered', 'orphan', 'unseen', 'suppressed', 'verified_fixed'] as const;
const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
const CLOSED: ReadonlySet<string> = new Set(['verified_fixed', 'suppressed']);
const DAY_MS = 86_400_000;

export function CasesScreen() {
  const words = useWords();
  const filter = useSearch({ from: '/cases' });
  const cases = useInfiniteQuery(casesQuery(filter));
  const pages = cases.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.rows) ?? [], [pages]);
  return (
    <>
      <CasesHead />
      <section className="panel tbl" aria-label={words.cases.table}>
        <StateTabs page={pages?.[0]} />
        <CaseFilters total={pages?.at(-1)?.total} shown={rows.length} />
        <Answered of={{ data: pages, error: cases.error, refetch: cases.refetch }} lines={10}>
          {(loaded) => <CaseTable rows={rows} total={loaded.at(-1)?.total ?? rows.length} filter={filter} />}
        </Answered>
        <MoreRows query={cases} />
        <KeyHints />
      </section>
    </>
  );
}

function CasesHead() {
  const words = useWords();
  const { data: status } = useQuery(statusQuery());
  if (!status) return <PageHead title={words.cases.title} heading={words.cases.title} />;
  const { decisions, cases, openCases, orphans } = status.counts;
  return (
    <PageHead title={words.cases.title} heading={cases === 0 ? words.cases.headingEmpty : words.cases.heading(decisions)}>
      <p>{cases === 0 ? words.cases.emptyLead : words.cases.lead(cases, openCases, orphans)}</p>
    </PageHead>
  );
}

function StateTabs({ page }: { readonly page: CasePage | undefined }) {
  const words = useWords();
  const format = useFormat();
  const { state } = useSearch({ from: '/cases' });
  const all = page ? Object.values(page.byState).reduce((sum, count) => sum + count, 0) : undefined;
  const tab = (id: string | undefined, title: string, count: number | undefined) => (
    <Link
      key={title}
      to="/cases"
      search={(before) => withState(before, id)}
      activeOptions={{ exact: true }}
      {...(state === id ? { 'aria-current': 'page' as const } : { 'aria-current': undefined })}
      activeProps={{}}
    >
      {title} {count === undefined ? null : <span className="cnt">{format.count(count)}</span>}
    </Link>
  );
  return (
    <nav className="views" aria-label={words.cases.views}>
      {tab(undefined, words.common.all, all)}
      {TABS.map((id) => tab(id, words.caseState[id], page?.byState[id] ?? (page ? 0 : undefined)))}
    </nav>
  );
}

type CaseSearch = { state?: string; constituent?: string; severity?: string; q?: string };

function withState({ state: _, ...rest }: CaseSearch, state: string | undefined): CaseSearch {
  return state === undefined ? rest : { ...rest, state };
}

/** Filters write to the address; an empty value takes its key away. */
function CaseFilters({ total, shown }: { readonly total: number | undefined; readonly shown: number }) {
  const words = useWords();
  const { language } = usePreferences();
  const filter = useSearch({ from: '/cases' });
  const navigate = useNavigate({ from: '/cases' });
  const constituents = useQuery(constituentsQuery());
  const set = (key: keyof CaseSearch, value: string | undefined): void =>
    void navigate({ replace: true, search: ({ [key]: _, ...rest }: CaseSearch) => (value ? { ...rest, [key]: value } : rest) });
  return (
    <div className="flt">
      <FilterField label={words.cases.search} value={filter.q ?? ''} onSettle={(value) => set('q', value)} />
      <Pick
        label={words.severity.label}
        all={words.findings.anySeverity}
        value={filter.severity}
        onPick={(value) => set('severity', value)}
        options={SEVERITIES.map((id) => ({ id, title: words.severity[id] }))}
      />
      <Pick
        label={words.cases.constituent}
        all={words.findings.anyConstituent}
        value={filter.constituent}
        onPick={(value) => set('constituent', value)}
        options={(constituents.data?.rows ?? []).map((row) => ({ id: row.id, title: row.name[language] }))}
      />
      {total === undefined ? null : (
        <span className="quiet small end">
          {words.common.shown(shown, total)}
          {words.common.join}
          {words.cases.order}
        </span>
      )}
    </div>
  );
}

function CaseTable({ rows, total, filter }: { readonly rows: readonly Case[]; readonly total: number; readonly filter: CaseSearch }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const now = useNow();
  const columns = useMemo(() => caseColumns(words, format, language, now), [words, format, language, now]);
  if (rows.length === 0) {
    const { state, ...others } = filter;
    const isNarrowed = Object.keys(others).length > 0;
    return <Empty action={isNarrowed ? <ClearLink /> : null}>{wordFor(words.cases.none, isNarrowed ? 'all' : (state ?? 'all'))}</Empty>;
  }
  return <DataTable caption={words.cases.table} columns={columns} rows={rows} rowKey={(row) => row.id} total={total} hasKeys />;
}

function ClearLink() {
  const words = useWords();
  return (
    <Link to="/cases" search={{}}>
      {words.common.clearFilters}
    </Link>
  );
}

export function caseColumns(words: Words, format: Format, language: Language, now: number): Column<Case>[] {
  return [
    { id: 'severity', head: words.severity.label, cell: (row) => <Strikes severity={row.severity} /> },
    {
      id: 'id',
      head: words.cases.no,
      isRowHeader: true,
      className: 'nowrap',
      cell: (row) => (
        <Link to="/cases/$id" params={{ id: row.id }}>
          {row.id}
        </Link>
      ),
    },
    {
      id: 'constituent',
      head: words.cases.constituent,
      className: 'el',
      cell: (row) => row.constituentName?.[language] ?? <span className="quiet">{words.common.noOwner}</span>,
    },
    { id: 'what', head: words.cases.what, className: 'el', cell: (row) => <span title={row.title[language]}>{row.title[language]}</span> },
    { id: 'asset', head: words.cases.resource, className: 'el', cell: (row) => <span title={row.asset.value}>{row.asset.value}</span> },
    { id: 'findings', head: words.cases.findings, isNumber: true, cell: (row) => format.count(row.findings) },
    { id: 'state', head: words.cases.state, cell: (row) => <CaseState state={row.state} /> },
    { id: 'channel', head: words.cases.channel, className: 'nowrap', cell: (row) => channels(row, words, format) },
    { id: 'days', head: words.cases.days, isNumber: true, cell: (row) => format.count(daysBetween(row.openedAt, now)) },
    { id: 'due', head: words.cases.due, isNumber: true, cell: (row) => <Due row={row} now={now} /> },
  ];
}

const channels = (row: Case, words: Words, format: Format): string =>
  row.channels.length === 0 ? words.common.none : format.list(row.channels.map((channel) => wordFor(words.channel, channel)));

function Due({ row, now }: { readonly row: Case; readonly now: number }) {
  const words = useWords();
  const format = useFormat();
  if (row.dueAt === null || CLOSED.has(row.state)) return words.common.none;
  if (row.dueAt < now) return <span className="due">{words.common.overdue}</span>;
  const isToday = row.dueAt - now < DAY_MS && new Date(row.dueAt).getDate() === new Date(now).getDate();
  return isToday ? <span className="due">{words.common.today}</span> : format.date(row.dueAt);
}

function KeyHints() {
  const words = useWords();
  const { hasKeys } = usePreferences();
  if (!hasKeys) return null;
  return (
    <div className="keys">
      <span>
        <kbd>J</kbd> <kbd>K</kbd> {words.cases.keysMove}
      </span>
      <span>
        <kbd>Enter</kbd> {words.cases.keysOpen}
      </span>
      <span>
        <kbd>/</kbd> {words.cases.keysFilter}
      </span>
      <Button className="linklike" onPress={() => document.dispatchEvent(new Event(OPEN_KEYS))}>
        <kbd>?</kbd> {words.cases.keysAll}
      </Button>
    </div>
  );
}
