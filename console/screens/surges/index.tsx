/** Ports that many new sources began to ask for. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Surge, SurgePage } from '../../../src/server/surge-contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { CommandLine } from '../../parts/feed-panel.tsx';
import { Answered, Empty, PageHead, Panel } from '../../parts/page.tsx';
import { portName } from '../../parts/top-table.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';
import { kevQuery, surgesQuery } from '../../queries.ts';
import type { Words } from '../../words/ja.ts';
import './surges.css';

export function SurgesScreen() {
  const words = useWords();
  const format = useFormat();
  const surges = useQuery(surgesQuery());
  return (
    <>
      <SurgesHead page={surges.data} />
      <div className="stack">
        <Panel className="tbl" title={words.surges.table} note={words.surges.tableNote(format.zone)}>
          <Answered of={surges} lines={6}>
            {({ rows, total }) => (rows.length === 0 ? <Empty>{words.surges.empty}</Empty> : <SurgeTable rows={rows} total={total} />)}
          </Answered>
        </Panel>
        <div className="row main-side">
          <History page={surges.data} />
          <Kev />
        </div>
      </div>
    </>
  );
}

function SurgesHead({ page }: { readonly page: SurgePage | undefined }) {
  const words = useWords();
  const { title } = words.surges;
  const open = page?.rows.filter(({ endedAt }) => endedAt === null).length ?? 0;
  const heading = page ? (open === 0 ? words.surges.headingNone : words.surges.heading(open)) : title;
  return (
    <PageHead
      title={title}
      heading={heading}
      tools={
        <Link className="btn" to="/campaigns">
          {words.surges.campaignsLink}
        </Link>
      }
    >
      <p>
        {words.surges.lead} {page?.isBehind ? words.surges.behind : null}
      </p>
    </PageHead>
  );
}

function SurgeTable({ rows, total }: { readonly rows: readonly Surge[]; readonly total: number }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const columns = useMemo(() => columnsOf(words, format, language), [words, format, language]);
  return <DataTable caption={words.surges.table} columns={columns} rows={rows} rowKey={(row) => row.id} total={total} hasKeys />;
}

/** Whether it goes on, and a warning where the sources may not be who they seem. */
export function StateTag({ surge }: { readonly surge: Surge }) {
  const words = useWords();
  const { endedAt, endReason, isSpoofable } = surge;
  const state = endedAt === null ? words.surges.goesOn : endReason === 'became-usual' ? words.surges.becameUsual : words.surges.over;
  return (
    <>
      <span className={endedAt === null ? 'tag bell' : 'tag'}>{state}</span>
      {isSpoofable ? <span className="tag amber">{words.surges.spoofable}</span> : null}
    </>
  );
}

function columnsOf(words: Words, format: Format, language: 'ja' | 'en'): Column<Surge>[] {
  const count = (id: string, head: string, value: (row: Surge) => number): Column<Surge> => ({
    id,
    head,
    isNumber: true,
    sortBy: value,
    cell: (row) => format.count(Math.round(value(row))),
  });
  return [
    {
      id: 'port',
      head: words.surges.port,
      isRowHeader: true,
      className: 'el',
      sortBy: (row) => row.port.key,
      cell: (row) => (
        <Link to="/surges/$id" params={{ id: row.id }}>
          <PortWord port={row.port} />
        </Link>
      ),
    },
    {
      id: 'onset',
      head: words.surges.onset,
      className: 'nowrap',
      sortBy: (row) => row.onsetAt,
      cell: (row) => format.dateTime(row.onsetAt),
    },
    {
      id: 'state',
      head: words.surges.state,
      className: 'nowrap',
      sortBy: (row) => row.endedAt ?? Infinity,
      cell: (row) => <StateTag surge={row} />,
    },
    {
      id: 'lasted',
      head: words.surges.lasted,
      isNumber: true,
      sortBy: (row) => row.lastAt - row.onsetAt,
      cell: (row) => format.lasted(row.onsetAt, row.lastAt),
    },
    count('usual', words.surges.usual, (row) => row.usual),
    count('peak', words.surges.peak, (row) => row.peak),
    count('sources', words.surges.sources, (row) => row.sources),
    count('networks', words.surges.networks, (row) => row.networks),
    count('asns', words.surges.asns, (row) => row.asns),
    {
      id: 'sensor',
      head: words.surges.sensor,
      className: 'nowrap',
      sortBy: (row) => row.sensor.id,
      cell: (row) => row.sensor.title[language],
    },
    {
      id: 'kev',
      head: words.surges.kev,
      isNumber: true,
      sortBy: (row) => row.fitting,
      cell: (row) => (row.fitting === 0 ? words.common.none : format.count(row.fitting)),
    },
  ];
}

/** 23/TCP, and what it is called. */
export function PortWord({ port }: { readonly port: Surge['port'] }) {
  const { language } = usePreferences();
  const name = portName(port.key);
  const label = port.label[language];
  return (
    <>
      <b>{name}</b> {label === name ? null : <span className="quiet">{label}</span>}
    </>
  );
}

function History({ page }: { readonly page: SurgePage | undefined }) {
  const words = useWords();
  const format = useFormat();
  return (
    <Panel title={words.surges.history} note={words.surges.historyNote}>
      <div className="in stack">
        <p className="soft">{words.surges.historyLead}</p>
        <dl className="facts">
          {page?.judged.map(({ sensor, from, hours }) => (
            <div key={sensor} className="fact-row">
              <dt>{sensor}</dt>
              <dd>{words.surges.hoursSince(hours, format.dateTime(from))}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Panel>
  );
}

function Kev() {
  const words = useWords();
  const kev = useQuery(kevQuery());
  return (
    <Panel title={words.surges.kevPanel} note="CISA KEV">
      <div className="in stack">
        <Answered of={kev} lines={2}>
          {({ edition, total }) => (
            <p className="soft">{edition ? words.surges.kevEdition(edition.version, total) : words.surges.kevNone}</p>
          )}
        </Answered>
        <CommandLine label={words.surges.kevCommand} command="./yagura kev import known_exploited_vulnerabilities.json" />
      </div>
    </Panel>
  );
}
