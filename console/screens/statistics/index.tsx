/** Public statistics in plain words: what arrived, beside how much was watched. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { Statistics } from '../../../src/server/statistics-contract.ts';
import { hubUrl, type Query } from '../../api.ts';
import { type Format, useFormat } from '../../format.ts';
import { Segments } from '../../parts/fields.tsx';
import { Answered, Empty, PageHead, Panel } from '../../parts/page.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';
import { statisticsQuery } from '../../queries.ts';
import type { Words } from '../../words/ja.ts';
import { addressText } from './address-text.ts';
import { Charts } from './charts.tsx';
import { Tops } from './tops.tsx';
import { Years } from './years.tsx';

const MOST_YEARS = 3;

/** What the hub is asked for a choice: the span's steps, or a year by days. */
const whichOf = (span: string): Query => (/^\d{4}$/.test(span) ? { year: span } : { step: span === 'day' ? 300 : 3600 });

export function StatisticsScreen() {
  const words = useWords();
  const { span = 'weeks' } = useSearch({ from: '/statistics' });
  const known = /^(day|weeks|\d{4})$/.test(span) ? span : 'weeks';
  const statistics = useQuery(statisticsQuery(whichOf(known)));
  return (
    <>
      <StatisticsHead statistics={statistics.data} span={known} />
      <Answered of={statistics} lines={10}>
        {(data) =>
          data.years.length === 0 ? <Empty>{words.statistics.emptyLead}</Empty> : <Page statistics={data} which={whichOf(known)} />
        }
      </Answered>
    </>
  );
}

function StatisticsHead({ statistics, span }: { readonly statistics: Statistics | undefined; readonly span: string }) {
  const words = useWords();
  if (!statistics) return <PageHead title={words.statistics.title} heading={words.statistics.title} />;
  if (statistics.years.length === 0) return <PageHead title={words.statistics.title} heading={words.statistics.headingEmpty} />;
  const { hosts } = statistics.totals;
  return (
    <PageHead
      title={words.statistics.title}
      heading={headingOf(statistics, span, words)}
      tools={<SpanPick span={span} years={statistics.years.map(({ year }) => year)} />}
    >
      <p className="lead">{words.statistics.lead}</p>
      {hosts === null ? null : <p>{words.statistics.leadHosts(hosts)}</p>}
      {statistics.partialGaps.length > 0 ? <p className="amberc">{words.statistics.leadGap}</p> : null}
    </PageHead>
  );
}

const HOUR_MS = 3_600_000;

function headingOf(statistics: Statistics, span: string, words: Words): string {
  const said = words.statistics.spanSaid;
  const isOld = statistics.to < statistics.at - HOUR_MS;
  const period =
    span === 'day' ? (isOld ? said.dayOld : said.day) : span === 'weeks' ? (isOld ? said.weeksOld : said.weeks) : said.year(span);
  const { perAddress, packets } = statistics.totals;
  const hasGap = statistics.partialGaps.length > 0;
  if (perAddress !== null && perAddress >= 1 && !hasGap) return words.statistics.headingPerAddress(period, perAddress);
  return hasGap ? words.statistics.headingAtLeast(period, packets) : words.statistics.heading(period, packets);
}

function SpanPick({ span, years }: { readonly span: string; readonly years: readonly number[] }) {
  const words = useWords();
  const navigate = useNavigate({ from: '/statistics' });
  const options = [
    { id: 'day', title: words.statistics.span.day },
    { id: 'weeks', title: words.statistics.span.weeks },
    ...years.slice(-MOST_YEARS).map((year) => ({ id: String(year), title: words.statistics.span.year(String(year)) })),
  ];
  return (
    <Segments
      label={words.statistics.spans}
      value={span}
      options={options}
      onPick={(next) => void navigate({ replace: true, search: next === 'weeks' ? {} : { span: next } })}
    />
  );
}

function Page({ statistics, which }: { readonly statistics: Statistics; readonly which: Query }) {
  const words = useWords();
  return (
    <div className="stack">
      <KeyFigures statistics={statistics} />
      <Charts statistics={statistics} />
      <div className="row thirds">
        <Tops
          id="ports"
          title={words.statistics.ports}
          note={words.statistics.portsNote}
          head={words.statistics.port}
          rows={statistics.ports}
        />
        <Tops
          id="countries"
          title={words.statistics.countries}
          note={words.statistics.estimated}
          head={words.statistics.country}
          rows={statistics.countries}
        />
        <Tops
          id="networks"
          title={words.statistics.networks}
          note={words.statistics.estimated}
          head={words.statistics.network}
          rows={statistics.networks}
        />
      </div>
      <Years years={statistics.years} />
      <Downloads which={which} />
      <Meanings statistics={statistics} />
    </div>
  );
}

function KeyFigures({ statistics }: { readonly statistics: Statistics }) {
  const words = useWords();
  const format = useFormat();
  const { totals, sensors } = statistics;
  const figures: (readonly [name: string, value: string, note?: string])[] = [
    [words.statistics.total, format.count(totals.packets)],
    [words.statistics.sources, totals.hosts === null ? words.common.unknown : format.count(totals.hosts)],
    [words.statistics.observed, addressText(totals.addresses, words, format)],
    [words.statistics.perAddressTotal, totals.perAddress === null ? words.common.unknown : format.count(totals.perAddress)],
    [words.statistics.sensors, format.count(sensors)],
    [words.statistics.watched, format.share(totals.watched, 1)],
    scannerFigure(statistics, words, format),
  ];
  return (
    <Panel title={words.statistics.key} note={words.statistics.day}>
      <dl className="figures in">
        {figures.map(([name, value, note]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {value}
              {note ? <span className="quiet">{note}</span> : null}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

/** Judgements are of whole days, so a period that begins within one has no share. */
function scannerFigure({ totals }: Statistics, words: Words, format: Format): readonly [string, string, string?] {
  return totals.scannerShare === null
    ? [words.statistics.scanners, words.common.unknown, words.statistics.scannersByDay]
    : [words.statistics.scanners, format.share(totals.scannerShare, 1)];
}

function Downloads({ which }: { readonly which: Query }) {
  const words = useWords();
  const file = (more: Query): string => hubUrl('/public/statistics/export', { ...which, ...more });
  return (
    <Panel title={words.statistics.download} note={words.statistics.downloadNote}>
      <div className="in downloads">
        <a className="btn" href={file({ format: 'csv', table: 'series' })} download>
          {words.statistics.downloadSeries}
        </a>
        <a className="btn" href={file({ format: 'csv', table: 'years' })} download>
          {words.statistics.downloadYears}
        </a>
        <a className="btn" href={file({ format: 'json' })} download>
          {words.statistics.downloadJson}
        </a>
      </div>
    </Panel>
  );
}

function Meanings({ statistics }: { readonly statistics: Statistics }) {
  const words = useWords();
  const { language } = usePreferences();
  return (
    <Panel title={words.statistics.definitions}>
      <dl className="meanings in">
        {statistics.definitions.map(({ id, title, text }) => (
          <div key={id}>
            <dt>{title[language]}</dt>
            <dd className="soft">{text[language]}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
