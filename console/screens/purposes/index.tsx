/** Who may look at records of communications and for what, and who did. */
import '../c2/c2.css';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import type { AccessPage, Grant, GrantList, PurposeList } from '../../../src/server/c2-contract.ts';
import { send } from '../../api.ts';
import { type Format, useFormat } from '../../format.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { MoreRows } from '../../parts/more-rows.tsx';
import { problemText } from '../../parts/notify.ts';
import { Answered, Empty, PageHead, Panel } from '../../parts/page.tsx';
import { PurposeDialog } from '../../parts/purpose-dialog.tsx';
import { whoText } from '../../parts/who.ts';
import { usePreferences, useWords, wordFor } from '../../preferences.tsx';
import { accessQuery, grantsQuery, purposesQuery } from '../../queries.ts';
import type { Words } from '../../words/ja.ts';

type Titles = ReadonlyMap<string, string>;
type Entry = AccessPage['rows'][number];
type Dialog = 'own' | 'daily' | null;

const CLIENT_PURPOSES = ['network-operation', 'incident-response', 'own-subscriber-alert', 'c2-detection'] as const;
const STANDING_HOURS = 365 * 24;

export function PurposesScreen() {
  const words = useWords();
  const { language } = usePreferences();
  const purposes = useQuery(purposesQuery());
  const grants = useQuery(grantsQuery());
  const [dialog, setDialog] = useState<Dialog>(null);
  const close = (): void => setDialog(null);
  const titles: Titles = useMemo(
    () => new Map(purposes.data?.rows.map(({ id, title }) => [id, title[language]])),
    [purposes.data, language],
  );
  return (
    <>
      <PurposesHead grants={grants.data} onAsk={setDialog} />
      <div className="stack">
        <Panel className="tbl" title={words.purposes.grants}>
          <Answered of={grants} lines={4}>
            {(list) => <GrantTable list={list} titles={titles} />}
          </Answered>
        </Panel>
        <LogPanel titles={titles} />
        <Panel className="tbl" title={words.purposes.list}>
          <Answered of={purposes} lines={5}>
            {({ rows }) => <PurposeTable rows={rows} />}
          </Answered>
        </Panel>
      </div>
      {dialog === 'own' ? <PurposeDialog of={CLIENT_PURPOSES} hours={[1, 8, 24]} onClose={close} onGranted={close} /> : null}
      {dialog === 'daily' ? (
        <PurposeDialog
          of={['c2-detection']}
          grantedTo={grants.data?.dailyRun ?? ''}
          hours={[STANDING_HOURS]}
          onClose={close}
          onGranted={close}
        />
      ) : null}
    </>
  );
}

function PurposesHead({ grants, onAsk }: { readonly grants: GrantList | undefined; readonly onAsk: (dialog: Dialog) => void }) {
  const words = useWords();
  const rows = grants?.rows ?? [];
  const requests = rows.filter(({ state }) => state === 'requested').length;
  const hasDaily = rows.some(({ state, grantedTo }) => state === 'active' && grantedTo === grants?.dailyRun);
  const tools = (
    <>
      {grants?.mayGrant === true && !hasDaily ? (
        <Button className="btn" onPress={() => onAsk('daily')}>
          {words.purposes.standing}
        </Button>
      ) : null}
      <Button className="btn" onPress={() => onAsk('own')}>
        {words.c2.ask.open}
      </Button>
    </>
  );
  const active = rows.filter(({ state }) => state === 'active').length;
  return (
    <PageHead title={words.purposes.title} heading={grants ? words.purposes.heading(active) : words.purposes.title} tools={tools}>
      <p>
        {words.purposes.lead} {requests > 0 ? words.purposes.requests(requests) : null}
      </p>
    </PageHead>
  );
}

function GrantTable({ list, titles }: { readonly list: GrantList; readonly titles: Titles }) {
  const words = useWords();
  const format = useFormat();
  const client = useQueryClient();
  const [problem, setProblem] = useState('');
  const { mutate } = useMutation({
    mutationFn: ({ id, verb }: { readonly id: string; readonly verb: 'approve' | 'end' }) =>
      send<Grant>(`/grants/${encodeURIComponent(id)}/${verb}`, {}),
    onSuccess: async () => {
      setProblem('');
      await client.invalidateQueries({ queryKey: ['purpose'] });
    },
    onError: (error) => setProblem(problemText(error, words)),
  });
  const columns = useMemo(
    () => grantColumns(words, format, titles, list.mayGrant, (id, verb) => mutate({ id, verb })),
    [words, format, titles, list.mayGrant, mutate],
  );
  if (list.rows.length === 0) return <Empty>{words.purposes.grantsNone}</Empty>;
  return (
    <>
      <p className="errorc small pad-x" role="alert">
        {problem}
      </p>
      <DataTable caption={words.purposes.grants} columns={columns} rows={list.rows} rowKey={(row) => row.id} total={list.rows.length} />
    </>
  );
}

function grantColumns(
  words: Words,
  format: Format,
  titles: Titles,
  mayGrant: boolean,
  act: (id: string, verb: 'approve' | 'end') => void,
): Column<Grant>[] {
  const titleOf = (row: Grant): string => titles.get(row.purpose) ?? row.purpose;
  return [
    { id: 'purpose', head: words.purposes.purpose, isRowHeader: true, className: 'nowrap', cell: titleOf },
    { id: 'state', head: words.purposes.state, className: 'nowrap', cell: (row) => words.purposes.stateName[row.state] },
    { id: 'to', head: words.purposes.grantedTo, className: 'el', cell: (row) => whoText(row.grantedTo, words) },
    {
      id: 'by',
      head: words.purposes.grantedBy,
      className: 'el',
      cell: (row) => (row.grantedBy === null ? words.common.none : whoText(row.grantedBy, words)),
    },
    { id: 'reason', head: words.c2.reason, className: 'el', cell: (row) => row.reason },
    { id: 'until', head: words.purposes.until, isNumber: true, cell: (row) => format.dateTime(row.endedAt ?? row.until) },
    {
      id: 'act',
      head: words.purposes.end,
      isQuiet: true,
      className: 'nowrap',
      cell: (row) => {
        const names = [titleOf(row), whoText(row.grantedTo, words)] as const;
        if (row.state === 'requested' && mayGrant) {
          return <Deed name={words.purposes.approve} label={words.purposes.approveName(...names)} onPress={() => act(row.id, 'approve')} />;
        }
        const isEndable = row.state === 'active' && (row.isMine || mayGrant);
        return isEndable ? (
          <Deed name={words.purposes.end} label={words.purposes.endName(...names)} onPress={() => act(row.id, 'end')} />
        ) : null;
      },
    },
  ];
}

const Deed = ({ name, label, onPress }: { readonly name: string; readonly label: string; readonly onPress: () => void }) => (
  <Button className="linklike" aria-label={label} onPress={onPress}>
    {name}
  </Button>
);

function LogPanel({ titles }: { readonly titles: Titles }) {
  const words = useWords();
  const format = useFormat();
  const log = useInfiniteQuery(accessQuery());
  const pages = log.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.rows) ?? [], [pages]);
  const columns = useMemo(() => logColumns(words, format, titles), [words, format, titles]);
  const isIntact = pages?.[0]?.isIntact;
  return (
    <Panel
      className="tbl"
      title={words.purposes.log}
      note={isIntact === undefined ? null : isIntact ? words.purposes.logIntact : <strong>{words.purposes.logBroken}</strong>}
    >
      <Answered of={{ data: pages, error: log.error, refetch: log.refetch }} lines={6}>
        {() =>
          rows.length === 0 ? (
            <Empty>{words.purposes.logNone}</Empty>
          ) : (
            <DataTable
              caption={words.purposes.log}
              columns={columns}
              rows={rows}
              rowKey={(row) => String(row.position)}
              total={rows.length}
            />
          )
        }
      </Answered>
      <MoreRows query={log} />
    </Panel>
  );
}

function logColumns(words: Words, format: Format, titles: Titles): Column<Entry>[] {
  return [
    { id: 'at', head: words.c2.when, isRowHeader: true, className: 'nowrap', cell: (row) => format.dateTime(row.at) },
    { id: 'who', head: words.purposes.who, className: 'el', cell: (row) => whoText(row.actor, words) },
    { id: 'what', head: words.purposes.what, className: 'nowrap', cell: (row) => wordFor(words.purposes.action, row.action) },
    {
      id: 'purpose',
      head: words.purposes.purpose,
      className: 'el',
      cell: (row) => (row.purpose === null ? words.common.none : (titles.get(row.purpose) ?? row.purpose)),
    },
    { id: 'subject', head: words.purposes.subject, className: 'el', cell: (row) => subjectText(row) },
  ];
}

/** What was asked, in the words of the question. */
function subjectText({ subject, detail }: Entry): string {
  const filter = detail['filter'];
  const reason = detail['reason'];
  return [subject, typeof filter === 'string' ? filter : '', typeof reason === 'string' ? reason : '']
    .filter((word) => word !== '')
    .join(' · ');
}

function PurposeTable({ rows }: { readonly rows: PurposeList['rows'] }) {
  const words = useWords();
  const { language } = usePreferences();
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={words.common.tableRegion(words.purposes.list)}>
      <table className="prose-table">
        <caption className="sr">{words.purposes.list}</caption>
        <thead>
          <tr>
            <th scope="col">{words.purposes.purpose}</th>
            <th scope="col">{words.purposes.shows}</th>
            <th scope="col" className="num">
              {words.purposes.keepDays}
            </th>
            <th scope="col">{words.purposes.basis}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">{row.title[language]}</th>
              <td className="nowrap">{words.purposes.showsName[row.shows]}</td>
              <td className="num">{row.keepDays}</td>
              <td className="reason">{row.legalBasis[language]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
