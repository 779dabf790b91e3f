/** One constituent: its resources with the time each was theirs, how it is reached, and what is open. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Case, Constituent } from '../../src/server/contract.ts';
import { type Format, useFormat } from '../format.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Answered, AnsweredScreen, Empty, PageHead, Panel } from '../parts/page.tsx';
import { useNow } from '../parts/use-now.ts';
import { usePreferences, useWords, wordFor } from '../preferences.tsx';
import { casesQuery, constituentQuery } from '../queries.ts';
import type { Words } from '../words/ja.ts';
import { caseColumns } from './cases.tsx';

const CLOSED: ReadonlySet<string> = new Set(['verified_fixed', 'suppressed']);

export function ConstituentScreen() {
  const { id } = useParams({ from: '/constituents/$id' });
  const words = useWords();
  const constituent = useQuery(constituentQuery(id));
  return (
    <AnsweredScreen of={constituent} name={id} title={words.constituents.title}>
      {(data) => <ConstituentPage constituent={data} />}
    </AnsweredScreen>
  );
}

function ConstituentPage({ constituent }: { readonly constituent: Constituent }) {
  const words = useWords();
  const { language } = usePreferences();
  const name = constituent.name[language];
  const crumb = (
    <>
      <Link to="/constituents">{words.constituents.title}</Link> / {constituent.id}
    </>
  );
  return (
    <>
      <PageHead title={name} heading={words.constituent.heading(name, constituent.openCases)} crumb={crumb}>
        <p>{wordFor(words.constituentKind, constituent.kind)}</p>
      </PageHead>
      <div className="row main-side">
        <OpenCases constituent={constituent} />
        <div className="stack">
          <Contacts constituent={constituent} />
        </div>
      </div>
      <Resources constituent={constituent} />
    </>
  );
}

function OpenCases({ constituent }: { readonly constituent: Constituent }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const cases = useInfiniteQuery(casesQuery({ constituent: constituent.id }));
  const now = useNow();
  const columns = useMemo<Column<Case>[]>(
    () => caseColumns(words, format, language, now).filter((column) => !['constituent', 'findings', 'channel'].includes(column.id)),
    [words, format, language, now],
  );
  return (
    <Panel
      className="tbl"
      title={words.constituent.openCases}
      end={
        <Link to="/cases" search={{ constituent: constituent.id }}>
          {words.constituent.allCases}
        </Link>
      }
    >
      <Answered of={{ data: cases.data?.pages[0], error: cases.error, refetch: cases.refetch }}>
        {(page) => {
          const open = page.rows.filter((row) => !CLOSED.has(row.state));
          return open.length === 0 ? (
            <Empty>{words.constituent.noCases}</Empty>
          ) : (
            <DataTable
              caption={words.constituent.openCases}
              columns={columns}
              rows={open}
              rowKey={(row) => row.id}
              total={open.length}
              hasKeys
            />
          );
        }}
      </Answered>
    </Panel>
  );
}

function Contacts({ constituent }: { readonly constituent: Constituent }) {
  const words = useWords();
  return (
    <Panel title={words.constituent.contacts}>
      <div className="in">
        {constituent.channels.length === 0 ? (
          <p className="amberc">{words.constituent.noChannels}</p>
        ) : (
          <ul className="plain-list">
            {constituent.channels.map((channel) => (
              <li key={channel}>{wordFor(words.channel, channel)}</li>
            ))}
          </ul>
        )}
        <p className="small quiet">{words.constituent.contactNote(wordFor(words.languageName, constituent.language))}</p>
      </div>
    </Panel>
  );
}

type Resource = Constituent['resources'][number];

function Resources({ constituent }: { readonly constituent: Constituent }) {
  const words = useWords();
  const format = useFormat();
  const columns = useMemo(() => resourceColumns(words, format), [words, format]);
  return (
    <Panel className="tbl" title={words.constituent.resources} note={format.zone}>
      {constituent.resources.length === 0 ? (
        <Empty>{words.constituent.noResources}</Empty>
      ) : (
        <DataTable
          caption={words.constituent.resources}
          columns={columns}
          rows={constituent.resources}
          rowKey={(row) => `${row.kind} ${row.value} ${row.validFrom ?? ''}`}
          total={constituent.resources.length}
        />
      )}
    </Panel>
  );
}

function resourceColumns(words: Words, format: Format): Column<Resource>[] {
  return [
    {
      id: 'value',
      head: words.constituent.resource,
      isRowHeader: true,
      cell: (row) => (row.kind === 'asn' ? `AS${row.value}` : row.value),
    },
    { id: 'kind', head: words.constituent.kind, cell: (row) => wordFor(words.resourceKind, row.kind) },
    {
      id: 'from',
      head: words.constituent.validFrom,
      cell: (row) => (row.validFrom === null ? words.case.sinceEver : format.date(row.validFrom)),
    },
    { id: 'to', head: words.constituent.validTo, cell: (row) => (row.validTo === null ? words.case.untilNow : format.date(row.validTo)) },
  ];
}
