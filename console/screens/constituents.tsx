/** Whom we serve, what they hold and how they can be told. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Constituent, ConstituentPage } from '../../src/server/contract.ts';
import { type Format, useFormat } from '../format.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { FileFeed } from '../parts/feed-panel.tsx';
import { FilterField } from '../parts/fields.tsx';
import { Answered, Empty, PageHead, Panel } from '../parts/page.tsx';
import { type Language, usePreferences, useWords, wordFor } from '../preferences.tsx';
import { constituentsQuery } from '../queries.ts';
import type { Words } from '../words/ja.ts';

export function ConstituentsScreen() {
  const words = useWords();
  const constituents = useQuery(constituentsQuery());
  const { q = '' } = useSearch({ from: '/constituents' });
  const navigate = useNavigate({ from: '/constituents' });
  return (
    <>
      <ConstituentsHead page={constituents.data} />
      <section className="panel tbl mb" hidden={constituents.data?.total === 0} aria-label={words.constituents.table}>
        <div className="flt">
          <FilterField
            label={words.constituents.search}
            value={q}
            onSettle={(value) => void navigate({ replace: true, search: value ? { q: value } : {} })}
          />
        </div>
        <Answered of={constituents}>{(page) => <ConstituentTable rows={page.rows.filter((row) => fits(row, q))} />}</Answered>
      </section>
      <Panel title={words.constituents.importFile} note={words.constituents.importLead}>
        <div className="in">
          <FileFeed<ConstituentPage>
            path="/constituents"
            accept={['.yaml', '.yml', '.csv']}
            onDone={() => ''}
            doneText={(page) => words.constituents.imported(page.total)}
            failText={words.constituents.importFailed}
          />
        </div>
      </Panel>
    </>
  );
}

function ConstituentsHead({ page }: { readonly page: ConstituentPage | undefined }) {
  const words = useWords();
  if (!page) return <PageHead title={words.constituents.title} heading={words.constituents.title} />;
  const missing = page.rows.filter((row) => row.channels.length === 0).length;
  const resources = page.rows.reduce((sum, row) => sum + row.resources.length, 0);
  const heading =
    page.total === 0
      ? words.constituents.headingEmpty
      : missing > 0
        ? words.constituents.headingMissing(missing)
        : words.constituents.heading(page.total);
  return (
    <PageHead title={words.constituents.title} heading={heading}>
      <p>{page.total === 0 ? words.constituents.emptyLead : words.constituents.lead(page.total, resources)}</p>
    </PageHead>
  );
}

function fits(row: Constituent, q: string): boolean {
  const needle = q.trim().toLowerCase();
  return [row.id, row.name.ja, row.name.en, ...row.resources.map((resource) => resource.value)].some((value) =>
    value.toLowerCase().includes(needle),
  );
}

function ConstituentTable({ rows }: { readonly rows: readonly Constituent[] }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const columns = useMemo(() => constituentColumns(words, format, language), [words, format, language]);
  if (rows.length === 0) return <Empty>{words.constituents.none}</Empty>;
  return (
    <DataTable caption={words.constituents.table} columns={columns} rows={rows} rowKey={(row) => row.id} total={rows.length} hasKeys />
  );
}

const resourceText = (row: Constituent, list: (items: readonly string[]) => string): string =>
  list(row.resources.map((resource) => (resource.kind === 'asn' ? `AS${resource.value}` : resource.value)));

function constituentColumns(words: Words, format: Format, language: Language): Column<Constituent>[] {
  return [
    {
      id: 'name',
      head: words.constituents.name,
      isRowHeader: true,
      className: 'el',
      sortBy: (row) => row.name[language],
      cell: (row) => (
        <Link to="/constituents/$id" params={{ id: row.id }}>
          {row.name[language]}
        </Link>
      ),
    },
    {
      id: 'kind',
      head: words.constituents.kind,
      className: 'nowrap',
      sortBy: (row) => wordFor(words.constituentKind, row.kind),
      cell: (row) => wordFor(words.constituentKind, row.kind),
    },
    {
      id: 'resources',
      head: words.constituents.resources,
      className: 'el',
      cell: (row) => resourceText(row, format.list) || words.common.none,
    },
    {
      id: 'channels',
      head: words.constituents.channels,
      className: 'nowrap',
      cell: (row) =>
        row.channels.length === 0 ? (
          <span className="amberc">{words.constituents.noChannel}</span>
        ) : (
          format.list(row.channels.map((channel) => wordFor(words.channel, channel)))
        ),
    },
    { id: 'language', head: words.constituents.language, className: 'nowrap', cell: (row) => wordFor(words.languageName, row.language) },
    {
      id: 'open',
      head: words.constituents.openCases,
      isNumber: true,
      sortBy: (row) => row.openCases,
      cell: (row) => format.count(row.openCases),
    },
    { id: 'cases', head: words.constituents.cases, isNumber: true, sortBy: (row) => row.cases, cell: (row) => format.count(row.cases) },
  ];
}
