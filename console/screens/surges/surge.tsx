/** One surge: its picture, whose the sources are, and what vulnerability may be behind it. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { SurgeDetail } from '../../../src/server/surge-contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { AnsweredScreen, Empty, PageHead, Panel } from '../../parts/page.tsx';
import { portName } from '../../parts/top-table.tsx';
import { type Language, usePreferences, useWords } from '../../preferences.tsx';
import { surgeQuery } from '../../queries.ts';
import type { Words } from '../../words/ja.ts';
import { StateTag } from './index.tsx';
import { SurgeChart, SurgeFigures } from './surge-chart.tsx';
import './surges.css';

export function SurgeScreen() {
  const { id } = useParams({ from: '/surges/$id' });
  const words = useWords();
  const surge = useQuery(surgeQuery(id));
  return (
    <AnsweredScreen of={surge} name={id} title={words.surges.title}>
      {(data) => <SurgeView key={data.surge.id} detail={data} />}
    </AnsweredScreen>
  );
}

function SurgeView({ detail }: { readonly detail: SurgeDetail }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const { surge } = detail;
  const port = portName(surge.port.key);
  const heading =
    surge.kind === 'slow' ? words.surges.detailSlow(port) : words.surges.detailHeading(port, surge.peak, Math.round(surge.usual));
  const alt = words.surges.chartAlt(port, format.dateTime(surge.onsetAt), surge.peak, format.dateTime(surge.peakAt));
  return (
    <>
      <PageHead
        title={`${words.surges.title} ${port}`}
        heading={heading}
        crumb={
          <>
            <Link to="/surges">{words.surges.title}</Link> / {port}
          </>
        }
        tools={
          <Link className="btn" to="/explore" search={{ source: 'telescope', ...detail.explore }}>
            {words.surges.explore}
          </Link>
        }
      >
        <p>{surge.because[language]}</p>
      </PageHead>
      <div className="stack">
        <Panel title={words.surges.chart} note={words.surges.chartNote(format.zone)}>
          <SurgeChart detail={detail} description={alt} />
          <SurgeFigures detail={detail} />
        </Panel>
        <div className="row main-side">
          <div className="stack">
            <Shares title={words.surges.bySources} rows={detail.networksBySources} total={surge.sources} />
            <FittingKev detail={detail} />
          </div>
          <div className="stack">
            <Facts detail={detail} />
            <Shares title={words.surges.countries} rows={detail.countries} total={surge.sources} />
          </div>
        </div>
      </div>
    </>
  );
}

function Facts({ detail }: { readonly detail: SurgeDetail }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const { surge, marks, singlePacket } = detail;
  const rows: readonly (readonly [string, React.ReactNode])[] = [
    [words.surges.state, <StateTag key="state" surge={surge} />],
    [words.surges.sensor, surge.sensor.title[language]],
    [words.surges.onset, format.dateTime(surge.onsetAt)],
    [words.surges.detected, words.surges.detectedAfter(format.dateTime(surge.detectedAt), format.lasted(surge.onsetAt, surge.detectedAt))],
    [words.surges.ended, surge.endedAt === null ? words.common.none : format.dateTime(surge.endedAt)],
    [words.surges.basis, words.surges.basisWith(surge.basisText[language], surge.samples)],
    [words.surges.sources, format.count(surge.sources)],
    [words.surges.fresh, format.count(surge.fresh)],
    [words.surges.networks, format.count(surge.networks)],
    [words.surges.asns, surge.asns === 0 ? words.common.unknown : format.count(surge.asns)],
    [words.surges.single, `${format.count(singlePacket)} ${format.share(singlePacket, surge.sources)}`],
    [words.surges.marks, marksText(marks, words, format)],
    [words.surges.growth, format.list(surge.growth.map((step) => words.surges.growthAt(step.sources, format.dateTime(step.at))))],
  ];
  return (
    <Panel title={words.surges.facts}>
      <div className="in">
        <dl className="facts">
          {rows.map(([name, value]) => (
            <div key={name} className="fact-row">
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Panel>
  );
}

const TOOLS: Readonly<Record<string, string>> = { mirai: 'Mirai', zmap: 'ZMap', masscan: 'masscan', nmap: 'Nmap' };

const marksText = (marks: SurgeDetail['marks'], words: Words, format: Format): string =>
  marks.length === 0 ? words.common.none : format.list(marks.map(({ tool, sources }) => `${TOOLS[tool] ?? tool} ${format.count(sources)}`));

type Share = SurgeDetail['countries'][number];

function Shares({ title, rows, total }: { readonly title: string; readonly rows: readonly Share[]; readonly total: number }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const columns = useMemo(() => shareColumns(words, format, language, total), [words, format, language, total]);
  return (
    <Panel className="tbl" title={title}>
      <DataTable caption={title} columns={columns} rows={rows} rowKey={(row) => row.key} total={rows.length} />
    </Panel>
  );
}

const shareColumns = (words: Words, format: Format, language: Language, total: number): Column<Share>[] => [
  { id: 'name', head: words.surges.name, isRowHeader: true, className: 'el', cell: (row) => row.label[language] },
  { id: 'sources', head: words.surges.sources, isNumber: true, sortBy: (row) => row.sources, cell: (row) => format.count(row.sources) },
  { id: 'share', head: words.now.share, isNumber: true, cell: (row) => format.share(row.sources, total) },
];

type Fitting = SurgeDetail['kev'][number];

const kevColumns = (words: Words): Column<Fitting>[] => [
  { id: 'cve', head: words.surges.vulnerability, isRowHeader: true, className: 'nowrap', cell: ({ entry }) => entry.cve },
  {
    id: 'name',
    head: words.surges.product,
    className: 'reason',
    cell: ({ entry }) => (
      <span lang="en" title={entry.description}>
        {entry.name || `${entry.vendor} ${entry.product}`}
      </span>
    ),
  },
  { id: 'service', head: words.surges.service, className: 'nowrap', cell: ({ service }) => service },
  {
    id: 'listed',
    head: words.surges.listed,
    className: 'nowrap',
    cell: ({ entry, daysBefore }) => (
      <>
        {new Date(entry.addedAt).toISOString().slice(0, 10)} <span className="quiet">{words.surges.daysBefore(daysBefore)}</span>
      </>
    ),
  },
];

function FittingKev({ detail }: { readonly detail: SurgeDetail }) {
  const words = useWords();
  const columns = useMemo(() => kevColumns(words), [words]);
  const note = words.surges.kevFitsNote(detail.kevDays);
  if (!detail.kevEdition || detail.kev.length === 0)
    return (
      <Panel title={words.surges.kevFits} note={note}>
        <Empty>{detail.kevEdition ? words.surges.kevFitsNone : words.surges.kevNone}</Empty>
      </Panel>
    );
  return (
    <Panel className="tbl" title={words.surges.kevFits} note={note}>
      <p className="in soft">{words.surges.kevLead}</p>
      <DataTable
        caption={words.surges.kevFits}
        columns={columns}
        rows={detail.kev}
        rowKey={({ entry }) => entry.cve}
        total={detail.kev.length}
      />
    </Panel>
  );
}
