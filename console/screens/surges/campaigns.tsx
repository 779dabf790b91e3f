/** Sources that ask for the same set of ports, put together day by day. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Campaign, CampaignPage } from '../../../src/server/surge-contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Answered, Empty, PageHead, Panel } from '../../parts/page.tsx';
import { portName } from '../../parts/top-table.tsx';
import { type Language, usePreferences, useWords } from '../../preferences.tsx';
import { campaignsQuery } from '../../queries.ts';
import type { Words } from '../../words/ja.ts';
import './surges.css';

export function CampaignsScreen() {
  const words = useWords();
  const campaigns = useQuery(campaignsQuery());
  return (
    <>
      <CampaignsHead page={campaigns.data} />
      <Panel className="tbl" title={words.surges.campaigns.table} note={words.surges.campaigns.tableNote}>
        <Answered of={campaigns} lines={6}>
          {({ rows, total }) =>
            rows.length === 0 ? <Empty>{words.surges.campaigns.empty}</Empty> : <CampaignTable rows={rows} total={total} />
          }
        </Answered>
      </Panel>
    </>
  );
}

function CampaignsHead({ page }: { readonly page: CampaignPage | undefined }) {
  const words = useWords();
  const own = words.surges.campaigns;
  const current = page?.rows.filter(({ isCurrent }) => isCurrent) ?? [];
  const fresh = current.filter(({ isNew, firstDay, lastDay }) => isNew === true && firstDay === lastDay).length;
  const broad = page?.days.at(-1)?.broad ?? 0;
  const heading = current.length === 0 ? own.headingNone : fresh > 0 ? own.headingNew(current.length, fresh) : own.heading(current.length);
  return (
    <PageHead
      title={own.title}
      heading={page ? heading : own.title}
      crumb={
        <>
          <Link to="/surges">{words.surges.title}</Link> / {own.title}
        </>
      }
      tools={
        <Link className="btn" to="/surges">
          {own.surgesLink}
        </Link>
      }
    >
      <p>
        {own.lead} {broad > 0 ? own.broad(broad) : null} {page?.isBehind ? words.surges.behind : null}
      </p>
    </PageHead>
  );
}

function CampaignTable({ rows, total }: { readonly rows: readonly Campaign[]; readonly total: number }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const columns = useMemo(() => columnsOf(words, format, language), [words, format, language]);
  return <DataTable caption={words.surges.campaigns.table} columns={columns} rows={rows} rowKey={(row) => row.id} total={total} hasKeys />;
}

const MOST_PORTS = 6;
const MOST_COUNTRIES = 3;

/** Days are those of UTC, so they are written as such. */
const dayText = (at: number): string => new Date(at).toISOString().slice(0, 10);

function columnsOf(words: Words, format: Format, language: Language): Column<Campaign>[] {
  const own = words.surges.campaigns;
  const count = (id: string, head: string, value: (row: Campaign) => number): Column<Campaign> => ({
    id,
    head,
    isNumber: true,
    sortBy: value,
    cell: (row) => format.count(value(row)),
  });
  return [
    {
      id: 'ports',
      head: own.ports,
      isRowHeader: true,
      cell: (row) => (
        <Link to="/explore" search={{ source: 'telescope', ...row.explore }} className="port-set">
          {portsText(row, words, format)}
        </Link>
      ),
    },
    count('size', own.size, (row) => row.size),
    count('networks', words.surges.networks, (row) => row.networks),
    {
      id: 'asns',
      head: words.surges.asns,
      isNumber: true,
      sortBy: (row) => row.asns,
      cell: (row) => (row.asns === 0 ? words.common.unknown : format.count(row.asns)),
    },
    {
      id: 'countries',
      head: own.countries,
      className: 'reason',
      cell: (row) =>
        format.list(row.countries.slice(0, MOST_COUNTRIES).map(({ label, sources }) => `${label[language]} ${format.count(sources)}`)),
    },
    { id: 'new', head: own.newness, className: 'nowrap', cell: (row) => <Newness campaign={row} /> },
    { id: 'first', head: own.first, className: 'nowrap', sortBy: (row) => row.firstDay, cell: (row) => dayText(row.firstDay) },
    { id: 'last', head: own.last, className: 'nowrap', sortBy: (row) => row.lastDay, cell: (row) => dayText(row.lastDay) },
    { id: 'days', head: own.daysTrend, cell: (row) => <DayBars campaign={row} /> },
    { id: 'sensor', head: words.surges.sensor, className: 'nowrap', cell: (row) => row.sensor.title[language] },
  ];
}

function portsText({ ports }: Campaign, words: Words, format: Format): string {
  const shown = format.list(ports.slice(0, MOST_PORTS).map(({ key }) => portName(key)));
  return ports.length > MOST_PORTS ? `${shown} ${words.surges.campaigns.morePorts(ports.length - MOST_PORTS)}` : shown;
}

/** New only on the day it began: from the next day on it is known. */
function Newness({ campaign: { isNew, firstDay, lastDay } }: { readonly campaign: Campaign }) {
  const own = useWords().surges.campaigns;
  if (isNew === true && firstDay === lastDay) return <span className="tag amber">{own.isNew}</span>;
  return <span className="quiet">{isNew === null && firstDay === lastDay ? own.cannotSay : own.isKnown}</span>;
}

const BAR = 7;
const HEIGHT = 22;
const MOST_DAYS = 28;

function DayBars({ campaign }: { readonly campaign: Campaign }) {
  const own = useWords().surges.campaigns;
  const format = useFormat();
  const days = campaign.days.slice(-MOST_DAYS);
  const highest = Math.max(1, ...days.map(({ size }) => size));
  const bars = days.map(({ size }, i) => `M${i * BAR} ${HEIGHT}h${BAR - 2}v${-Math.max(1.5, (HEIGHT * size) / highest)}h${2 - BAR}z`);
  const list = format.list(days.map(({ day, size }) => `${dayText(day)} ${format.count(size)}`));
  return (
    <svg className="day-bars" width={days.length * BAR} height={HEIGHT} role="img" aria-label={own.trendAlt(list)}>
      <path d={bars.join('')} />
    </svg>
  );
}
