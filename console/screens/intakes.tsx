/** What files came in, how far they are, which records could not be used and why, and what changed in a feed. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { AlarmPage, Intake, QuarantinePage } from '../../src/server/contract.ts';
import { type Format, useFormat } from '../format.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { FeedPanel, OwnDataPanel } from '../parts/feed-panel.tsx';
import { IntakeTag } from '../parts/intake-tag.tsx';
import { MoreRows } from '../parts/more-rows.tsx';
import { Answered, Empty, PageHead, Panel } from '../parts/page.tsx';
import { type Language, usePreferences, useWords } from '../preferences.tsx';
import { alarmsQuery, intakesQuery, quarantineQuery, statusQuery } from '../queries.ts';
import type { Words } from '../words/ja.ts';

export function IntakesScreen() {
  const words = useWords();
  const { data: status } = useQuery(statusQuery());
  const intakes = useInfiniteQuery(intakesQuery());
  const pages = intakes.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.rows) ?? [], [pages]);
  return (
    <>
      <IntakesHead rows={rows} total={pages?.at(-1)?.total} />
      <Panel className="tbl mb" title={words.intakes.files}>
        <Answered of={{ data: pages, error: intakes.error, refetch: intakes.refetch }} lines={8}>
          {(loaded) =>
            rows.length === 0 ? (
              <Empty>{words.intakes.empty}</Empty>
            ) : (
              <IntakeTable rows={rows} total={loaded.at(-1)?.total ?? rows.length} />
            )
          }
        </Answered>
        <MoreRows query={intakes} />
      </Panel>
      <div className="row halves">
        {status?.simulation ? <OwnDataPanel /> : <FeedPanel title={words.intakes.add} />}
        <Alarms />
      </div>
      <Quarantine files={rows} />
    </>
  );
}

function IntakesHead({ rows, total }: { readonly rows: readonly Intake[]; readonly total: number | undefined }) {
  const words = useWords();
  const { data: status } = useQuery(statusQuery());
  if (total === undefined) return <PageHead title={words.intakes.title} heading={words.intakes.title} />;
  const accepted = rows.reduce((sum, row) => sum + row.accepted, 0);
  return (
    <PageHead title={words.intakes.title} heading={intakeHeading(rows, total, status?.counts.quarantined ?? 0, words)}>
      <p>
        {total === 0
          ? words.now.emptyLead
          : rows.length < total
            ? words.intakes.leadShown(rows.length, accepted)
            : words.intakes.lead(total, accepted)}
      </p>
    </PageHead>
  );
}

function intakeHeading(rows: readonly Intake[], total: number, quarantined: number, words: Words): string {
  const running = rows.filter((row) => row.state === 'running').length;
  const failed = rows.filter((row) => row.state === 'failed').length;
  if (total === 0) return words.intakes.headingEmpty;
  if (running > 0) return words.intakes.headingRunning(running);
  if (failed > 0) return words.intakes.headingFailed(failed);
  return quarantined > 0 ? words.intakes.headingQuarantine(quarantined) : words.intakes.headingFine;
}

function IntakeTable({ rows, total }: { readonly rows: readonly Intake[]; readonly total: number }) {
  const words = useWords();
  const format = useFormat();
  const columns = useMemo(() => intakeColumns(words, format), [words, format]);
  return <DataTable caption={words.intakes.files} columns={columns} rows={rows} rowKey={(row) => row.id} total={total} />;
}

function intakeColumns(words: Words, format: Format): Column<Intake>[] {
  return [
    { id: 'file', head: words.intakes.file, isRowHeader: true, className: 'el', cell: (row) => <span title={row.file}>{row.file}</span> },
    { id: 'collector', head: words.intakes.collector, className: 'nowrap', cell: (row) => row.collector || words.common.unknown },
    { id: 'sensor', head: words.intakes.sensor, className: 'nowrap', cell: (row) => row.sensor || words.common.none },
    {
      id: 'state',
      head: words.intakes.state,
      cell: (row) => (
        <>
          <IntakeTag intake={row} />
          {row.problem ? <span className="errorc small"> {row.problem}</span> : null}
        </>
      ),
    },
    { id: 'records', head: words.intakes.records, isNumber: true, cell: (row) => format.count(row.records) },
    { id: 'accepted', head: words.intakes.accepted, isNumber: true, cell: (row) => format.count(row.accepted) },
    { id: 'quarantined', head: words.intakes.quarantined, isNumber: true, cell: (row) => <QuarantineCount intake={row} /> },
    {
      id: 'period',
      head: words.intakes.period,
      className: 'nowrap',
      cell: (row) =>
        row.firstSeenAt === null || row.lastSeenAt === null ? words.common.none : format.span(row.firstSeenAt, row.lastSeenAt),
    },
    { id: 'at', head: words.intakes.at, isNumber: true, cell: (row) => format.dateTime(row.at) },
    { id: 'seconds', head: words.intakes.seconds, isNumber: true, cell: (row) => row.seconds.toFixed(1) },
  ];
}

function QuarantineCount({ intake }: { readonly intake: Intake }) {
  const format = useFormat();
  const words = useWords();
  if (intake.quarantined === 0) return format.count(0);
  return (
    <Link to="/intakes" search={{ intake: intake.id }} hash="quarantine">
      {format.count(intake.quarantined)} <span className="sr">{words.intakes.quarantine}</span>
    </Link>
  );
}

function Alarms() {
  const words = useWords();
  const alarms = useInfiniteQuery(alarmsQuery());
  const pages = alarms.data?.pages;
  return (
    <Panel title={words.intakes.alarms} note={words.intakes.alarmsNote}>
      <Answered of={{ data: pages, error: alarms.error, refetch: alarms.refetch }}>
        {(loaded) => {
          const rows = loaded.flatMap((page) => page.rows);
          return rows.length === 0 ? <Empty>{words.intakes.noAlarm}</Empty> : <AlarmList rows={rows} />;
        }}
      </Answered>
      <MoreRows query={alarms} />
    </Panel>
  );
}

function AlarmList({ rows }: { readonly rows: AlarmPage['rows'] }) {
  const format = useFormat();
  const { language } = usePreferences();
  return (
    <ol className="tl">
      {rows.map((row) => (
        <li key={row.id}>
          <time dateTime={new Date(row.at).toISOString()}>{format.dateTime(row.at)}</time>
          <div>
            <span>{row.text[language]}</span>
            {row.file === null ? null : <span className="soft">{row.file}</span>}
          </div>
        </li>
      ))}
    </ol>
  );
}

type QuarantineRow = QuarantinePage['rows'][number];

function Quarantine({ files }: { readonly files: readonly Intake[] }) {
  const words = useWords();
  const { language } = usePreferences();
  const format = useFormat();
  const { intake } = useSearch({ from: '/intakes' });
  const quarantine = useInfiniteQuery(quarantineQuery(intake));
  const pages = quarantine.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.rows) ?? [], [pages]);
  const only = files.find((file) => file.id === intake)?.file;
  const columns = useMemo(() => quarantineColumns(words, format, language), [words, format, language]);
  return (
    <div id="quarantine">
      <Panel
        className="tbl"
        title={words.intakes.quarantine}
        note={only ? words.intakes.quarantineOf(only) : words.intakes.quarantineNote}
        end={
          intake ? (
            <Link to="/intakes" search={{}}>
              {words.common.clearFilters}
            </Link>
          ) : null
        }
      >
        <Answered of={{ data: pages, error: quarantine.error, refetch: quarantine.refetch }}>
          {(loaded) =>
            rows.length === 0 ? (
              <Empty>{words.intakes.noQuarantine}</Empty>
            ) : (
              <DataTable
                caption={words.intakes.quarantine}
                columns={columns}
                rows={rows}
                rowKey={(row) => `${row.intake} ${row.record}`}
                total={loaded.at(-1)?.total ?? rows.length}
              />
            )
          }
        </Answered>
        <MoreRows query={quarantine} />
      </Panel>
    </div>
  );
}

function quarantineColumns(words: Words, format: Format, language: Language): Column<QuarantineRow>[] {
  return [
    { id: 'file', head: words.intakes.file, isRowHeader: true, className: 'el', cell: (row) => <span title={row.file}>{row.file}</span> },
    { id: 'record', head: words.intakes.record, isNumber: true, cell: (row) => format.count(row.record) },
    { id: 'reason', head: words.intakes.reason, cell: (row) => row.reason[language] },
    { id: 'excerpt', head: words.intakes.excerpt, className: 'el mono', cell: (row) => <span title={row.excerpt}>{row.excerpt}</span> },
  ];
}
