/** Servers known to be harmless; taking an entry back undoes what it did. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import type { C2AllowList } from '../../../src/server/c2-contract.ts';
import { send } from '../../api.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { problemText } from '../../parts/notify.ts';
import { Answered, Empty, Panel } from '../../parts/page.tsx';
import { whoText } from '../../parts/who.ts';
import { useWords } from '../../preferences.tsx';
import { c2AllowQuery } from '../../queries.ts';
import type { Words } from '../../words/ja.ts';

type Entry = C2AllowList['rows'][number];

export function AllowPanel() {
  const words = useWords();
  const client = useQueryClient();
  const entries = useQuery(c2AllowQuery());
  const [outcome, setOutcome] = useState('');
  const remove = useMutation({
    mutationFn: (id: string) => send<C2AllowList>(`/c2/allow/${encodeURIComponent(id)}/remove`, {}),
    onSuccess: async (after) => {
      setOutcome(words.c2.allowDone(after.findings));
      await client.invalidateQueries();
    },
    onError: (error) => setOutcome(problemText(error, words)),
  });
  const columns = useMemo(() => allowColumns(words, (id) => remove.mutate(id)), [words, remove]);
  return (
    <Panel className="tbl" title={words.c2.allow} note={words.c2.allowNote}>
      <p className="small pad-x" role="status">
        {outcome}
      </p>
      <Answered of={entries} lines={2}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty>{words.c2.allowNone}</Empty>
          ) : (
            <DataTable caption={words.c2.allow} columns={columns} rows={rows} rowKey={(row) => row.id} total={rows.length} />
          )
        }
      </Answered>
    </Panel>
  );
}

function allowColumns(words: Words, remove: (id: string) => void): Column<Entry>[] {
  return [
    { id: 'prefix', head: words.c2.prefix, isRowHeader: true, className: 'nowrap', cell: (row) => row.prefix },
    { id: 'port', head: words.c2.port, isNumber: true, cell: (row) => row.port ?? words.c2.anyPort },
    { id: 'by', head: words.c2.addedBy, className: 'el', cell: (row) => whoText(row.addedBy, words) },
    { id: 'reason', head: words.c2.reason, className: 'el', cell: (row) => row.reason },
    {
      id: 'remove',
      head: words.c2.allowRemove,
      isQuiet: true,
      cell: (row) => (
        <Button className="linklike" aria-label={words.c2.allowRemoveName(row.prefix)} onPress={() => remove(row.id)}>
          {words.c2.allowRemove}
        </Button>
      ),
    },
  ];
}
