/** C&C servers in flow records: what a search found, who confirmed what, and the list that leaves. */
import './c2.css';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import type { C2CandidateAnswer, C2CandidateList, C2RunAnswer } from '../../../src/server/c2-contract.ts';
import { HubError, hubUrl, send } from '../../api.ts';
import { type Format, useFormat } from '../../format.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { problemText } from '../../parts/notify.ts';
import { Answered, Empty, PageHead, Panel } from '../../parts/page.tsx';
import { PurposeDialog } from '../../parts/purpose-dialog.tsx';
import { whoText } from '../../parts/who.ts';
import { type Language, usePreferences, useWords } from '../../preferences.tsx';
import { c2RunsQuery, candidatesQuery, grantsQuery } from '../../queries.ts';
import type { Words } from '../../words/ja.ts';
import { AllowPanel } from './allow-panel.tsx';
import { StateMark } from './state-mark.tsx';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export function C2Screen() {
  const candidates = useQuery(candidatesQuery());
  const runs = useQuery(c2RunsQuery());
  return (
    <>
      <C2Head list={candidates.data} runs={runs.data?.rows} />
      <div className="stack">
        <CandidatePanel candidates={candidates} />
        <ListPanel confirmed={candidates.data?.counts['confirmed'] ?? 0} />
        <RunsPanel runs={runs} />
        <AllowPanel />
      </div>
    </>
  );
}

function C2Head({ list, runs }: { readonly list: C2CandidateList | undefined; readonly runs: readonly C2RunAnswer[] | undefined }) {
  const words = useWords();
  const [outcome, setOutcome] = useState('');
  const tools = <SearchButton onOutcome={setOutcome} />;
  if (!list || !runs) return <PageHead title={words.c2.title} heading={words.c2.title} tools={tools} />;
  const waiting = (list.counts['candidate'] ?? 0) + (list.counts['confirmed-once'] ?? 0);
  const isNew = runs.length === 0 && list.rows.length === 0;
  const heading = isNew ? words.c2.headingNever : waiting > 0 ? words.c2.headingWaiting(waiting) : words.c2.headingNone;
  return (
    <PageHead title={words.c2.title} heading={heading} tools={tools}>
      <p>{isNew ? words.c2.leadNever : words.c2.lead(list.counts['confirmed'] ?? 0)}</p>
      <p role="status">{outcome}</p>
    </PageHead>
  );
}

/** With leave in force it searches at once; without, the purpose is asked for first. What the hub refuses all the same leads there too. */
function SearchButton({ onOutcome }: { readonly onOutcome: (text: string) => void }) {
  const words = useWords();
  const client = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const grants = useQuery(grantsQuery());
  const hasLeave = grants.data?.rows.some((one) => one.state === 'active' && one.isMine && one.purpose === 'c2-detection');
  const search = useMutation({
    mutationFn: () => {
      const to = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS;
      return send<C2RunAnswer>('/c2/runs', { from: to - DAY_MS, to });
    },
    onSuccess: async (run) => {
      onOutcome(words.c2.started(run.found, run.created));
      await client.invalidateQueries();
    },
    onError: (error) => {
      if (error instanceof HubError && error.code === 'purpose-needed') setIsAsking(true);
      else onOutcome(problemText(error, words));
    },
  });
  return (
    <>
      <Button className="btn go" isDisabled={search.isPending} onPress={() => (hasLeave === false ? setIsAsking(true) : search.mutate())}>
        {words.c2.start}
      </Button>
      <span className="quiet small">{words.c2.startNote}</span>
      {isAsking ? (
        <PurposeDialog
          of={['c2-detection']}
          hours={[1, 8, 24]}
          onClose={() => setIsAsking(false)}
          onGranted={() => {
            setIsAsking(false);
            search.mutate();
          }}
        />
      ) : null}
    </>
  );
}

interface Asked<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

function CandidatePanel({ candidates }: { readonly candidates: Asked<C2CandidateList> }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const columns = useMemo(() => candidateColumns(words, format, language), [words, format, language]);
  return (
    <Panel className="tbl" title={words.c2.table} note={words.c2.tableNote(format.zone)}>
      <Answered of={candidates} lines={6}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty>{words.c2.none}</Empty>
          ) : (
            <DataTable caption={words.c2.table} columns={columns} rows={rows} rowKey={(row) => row.id} total={rows.length} hasKeys />
          )
        }
      </Answered>
    </Panel>
  );
}

function candidateColumns(words: Words, format: Format, language: Language): Column<C2CandidateAnswer>[] {
  return [
    {
      id: 'server',
      head: words.c2.server,
      isRowHeader: true,
      className: 'nowrap',
      sortBy: (row) => row.address,
      cell: (row) => (
        <Link to="/c2/$id" params={{ id: row.id }}>
          {words.c2.heading(row.address, row.port)}
        </Link>
      ),
    },
    { id: 'score', head: words.c2.score, isNumber: true, sortBy: (row) => row.score, cell: (row) => row.score.toFixed(3) },
    { id: 'state', head: words.c2.state, className: 'nowrap', sortBy: (row) => row.state, cell: (row) => <StateMark state={row.state} /> },
    {
      id: 'methods',
      head: words.c2.methods,
      className: 'el',
      cell: (row) => format.list(row.methods.map((method) => words.c2.methodName[method])),
    },
    { id: 'family', head: words.c2.family, className: 'el', cell: (row) => row.family ?? words.common.unknown },
    {
      id: 'network',
      head: words.c2.network,
      className: 'el',
      cell: (row) => [row.network ?? words.common.unknown, row.country ? format.country(row.country) : ''].filter(Boolean).join(' '),
    },
    {
      id: 'last',
      head: words.c2.lastSeen,
      isNumber: true,
      sortBy: (row) => row.lastSeenAt,
      cell: (row) => format.dateTime(row.lastSeenAt),
    },
    {
      id: 'words',
      head: words.c2.words,
      className: 'el',
      cell: (row) =>
        [row.confirmedBy, row.secondedBy]
          .flatMap((name) => (name === null ? [] : whoText(name, words)))
          .join(language === 'ja' ? '、' : ', ') || words.common.none,
    },
  ];
}

function ListPanel({ confirmed }: { readonly confirmed: number }) {
  const words = useWords();
  return (
    <Panel title={words.c2.list} note={words.c2.listNote(confirmed)}>
      <div className="pad">
        <p>{words.c2.listLead}</p>
        <p className="side-by-side">
          <a className="btn" href={hubUrl('/c2/list', { format: 'csv' })} download>
            {words.c2.listCsv}
          </a>
          <a className="btn" href={hubUrl('/c2/list', { format: 'json' })} download="yagura-c2-list.json">
            {words.c2.listJson}
          </a>
        </p>
      </div>
    </Panel>
  );
}

function RunsPanel({ runs }: { readonly runs: Asked<{ readonly rows: readonly C2RunAnswer[] }> }) {
  const words = useWords();
  const format = useFormat();
  const columns = useMemo(() => runColumns(words, format), [words, format]);
  return (
    <Panel className="tbl" title={words.c2.runs} note={words.c2.runsNote}>
      <Answered of={runs} lines={3}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty>{words.c2.runsNone}</Empty>
          ) : (
            <DataTable caption={words.c2.runs} columns={columns} rows={rows} rowKey={(row) => row.id} total={rows.length} />
          )
        }
      </Answered>
    </Panel>
  );
}

function runColumns(words: Words, format: Format): Column<C2RunAnswer>[] {
  return [
    { id: 'at', head: words.c2.runAt, isRowHeader: true, className: 'nowrap', cell: (row) => format.dateTime(row.at) },
    { id: 'actor', head: words.c2.actor, className: 'el', cell: (row) => whoText(row.actor, words) },
    { id: 'period', head: words.c2.period, className: 'nowrap', cell: (row) => format.span(row.from, row.to) },
    {
      id: 'found',
      head: words.c2.found,
      isNumber: true,
      cell: (row) => (row.state === 'done' ? format.count(row.found) : words.c2[row.state]),
    },
    { id: 'keep', head: words.c2.keepUntil, isNumber: true, cell: (row) => format.date(row.keepUntil) },
    {
      id: 'deletion',
      head: words.c2.deletion,
      className: 'el',
      cell: (row) => (row.deletion === null ? words.c2.notYet : words.c2.deleted(row.deletion.rows, row.deletion.hash.slice(0, 12))),
    },
  ];
}
