/** Every notice: to whom, by which channel, and what really happened to it. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Notice, NotifyResult } from '../../src/server/contract.ts';
import { send } from '../api.ts';
import { type Format, useFormat } from '../format.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Confirm } from '../parts/dialogs.tsx';
import { Strikes } from '../parts/icons.tsx';
import { MoreRows } from '../parts/more-rows.tsx';
import { notifyOutcome, problemText } from '../parts/notify.ts';
import { Answered, Empty, PageHead } from '../parts/page.tsx';
import { type Language, usePreferences, useWords, wordFor } from '../preferences.tsx';
import { noticesQuery, statusQuery } from '../queries.ts';
import type { Words } from '../words/ja.ts';

export function NoticesScreen() {
  const words = useWords();
  const notices = useInfiniteQuery(noticesQuery());
  const pages = notices.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.rows) ?? [], [pages]);
  const [outcome, setOutcome] = useState('');
  return (
    <>
      <NoticesHead rows={rows} total={pages?.at(-1)?.total} onOutcome={setOutcome} />
      <p className="okc" role="status">
        {outcome}
      </p>
      <section className="panel tbl" aria-label={words.notices.table}>
        <Answered of={{ data: pages, error: notices.error, refetch: notices.refetch }} lines={8}>
          {(loaded) =>
            rows.length === 0 ? (
              <Empty>{words.notices.none}</Empty>
            ) : (
              <NoticeTable rows={rows} total={loaded.at(-1)?.total ?? rows.length} />
            )
          }
        </Answered>
        <MoreRows query={notices} />
      </section>
    </>
  );
}

interface NoticesHeadProps {
  readonly rows: readonly Notice[];
  readonly total: number | undefined;
  readonly onOutcome: (text: string) => void;
}

function NoticesHead({ rows, total, onOutcome }: NoticesHeadProps) {
  const words = useWords();
  const failed = rows.filter((row) => row.state === 'failed').length;
  const queued = rows.filter((row) => row.state === 'queued').length;
  const delivered = rows.filter((row) => row.state === 'delivered').length;
  const heading =
    total === undefined
      ? words.notices.title
      : total === 0
        ? words.notices.headingEmpty
        : failed > 0
          ? words.notices.headingFailed(failed)
          : queued > 0
            ? words.notices.headingQueued(queued)
            : words.notices.heading(delivered);
  return (
    <PageHead title={words.notices.title} heading={heading} tools={<RunButton onOutcome={onOutcome} />}>
      <p>{total === undefined ? null : total === 0 ? words.notices.emptyLead : words.notices.lead(total)}</p>
    </PageHead>
  );
}

function RunButton({ onOutcome }: { readonly onOutcome: (text: string) => void }) {
  const words = useWords();
  const client = useQueryClient();
  const { data: status } = useQuery(statusQuery());
  const [isAsking, setIsAsking] = useState(false);
  const run = useMutation({
    mutationFn: () => send<NotifyResult>('/notices/run', {}),
    onSuccess: async (result) => {
      setIsAsking(false);
      onOutcome(notifyOutcome(result, words));
      await client.invalidateQueries();
    },
  });
  return (
    <>
      <Button className="btn go" onPress={() => setIsAsking(true)}>
        {words.notices.run}
      </Button>
      <Confirm
        title={words.notices.runConfirm}
        go={run.isPending ? words.notices.running : words.notices.runNow}
        isOpen={isAsking}
        isBusy={run.isPending}
        problem={run.error ? problemText(run.error, words) : undefined}
        onClose={() => setIsAsking(false)}
        onGo={() => run.mutate()}
      >
        <p>{words.notices.runBody}</p>
        {status?.simulation ? <p>{words.case.sendSimulation}</p> : null}
      </Confirm>
    </>
  );
}

function NoticeTable({ rows, total }: { readonly rows: readonly Notice[]; readonly total: number }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const columns = useMemo(() => noticeColumns(words, format, language), [words, format, language]);
  return <DataTable caption={words.notices.table} columns={columns} rows={rows} rowKey={(row) => row.id} total={total} hasKeys />;
}

export function NoticeTag({ state }: { readonly state: string }) {
  const words = useWords();
  const tone = state === 'delivered' ? 'ok' : state === 'failed' ? 'error' : '';
  return <span className={`tag ${tone}`}>{wordFor(words.noticeState, state)}</span>;
}

function noticeColumns(words: Words, format: Format, language: Language): Column<Notice>[] {
  return [
    {
      id: 'id',
      head: words.notices.no,
      isRowHeader: true,
      className: 'nowrap',
      cell: (row) => (
        <Link to="/notices/$id" params={{ id: row.id }}>
          {row.id}
        </Link>
      ),
    },
    { id: 'to', head: words.notices.to, className: 'el', cell: (row) => row.constituentName[language] },
    { id: 'channel', head: words.notices.channel, className: 'nowrap', cell: (row) => row.channelTitle[language] },
    { id: 'state', head: words.notices.state, cell: (row) => <NoticeTag state={row.state} /> },
    { id: 'severity', head: words.severity.label, cell: (row) => <Strikes severity={row.severity} /> },
    { id: 'items', head: words.notices.items, isNumber: true, cell: (row) => format.count(row.items) },
    { id: 'created', head: words.notices.created, isNumber: true, cell: (row) => format.dateTime(row.createdAt) },
    {
      id: 'delivered',
      head: words.notices.delivered,
      isNumber: true,
      cell: (row) => (row.deliveredAt === null ? words.common.none : format.dateTime(row.deliveredAt)),
    },
    {
      id: 'detail',
      head: words.notices.detail,
      className: 'el',
      cell: (row) => <span title={row.detail ?? ''}>{row.detail ?? words.common.none}</span>,
    },
  ];
}
