/** One sensor: how it is doing, its gaps, its exporters, and how many addresses it observed from when on. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Sensor, SensorDetail } from '../../../src/server/sensor-contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { countText, lastText, lossText, rateText, skewText } from '../../parts/health-cells.tsx';
import { HealthMark } from '../../parts/health-mark.tsx';
import { AnsweredScreen, Empty, PageHead, Panel } from '../../parts/page.tsx';
import { readSettings } from '../../parts/settings.ts';
import { SettingsTable } from '../../parts/settings-table.tsx';
import { Trend } from '../../parts/trend.tsx';
import { type Language, usePreferences, useWords } from '../../preferences.tsx';
import { modulesQuery, sensorQuery } from '../../queries.ts';
import type { Words } from '../../words/ja.ts';
import { AddressHistory } from './address-history.tsx';
import { EditDialog } from './edit-dialog.tsx';

export function SensorScreen() {
  const { id } = useParams({ from: '/sensors/$id' });
  const words = useWords();
  const sensor = useQuery(sensorQuery(id));
  return (
    <AnsweredScreen of={sensor} name={id} title={words.sensors.title}>
      {(data) => <SensorView key={data.sensor.id} detail={data} />}
    </AnsweredScreen>
  );
}

function SensorView({ detail }: { readonly detail: SensorDetail }) {
  const words = useWords();
  const { language } = usePreferences();
  const [isEditing, setIsEditing] = useState(false);
  const { sensor } = detail;
  const name = sensor.title[language];
  const crumb = (
    <>
      <Link to="/sensors">{words.sensors.title}</Link> / {sensor.id}
    </>
  );
  return (
    <>
      <PageHead
        title={name}
        heading={words.sensors.detailTitle(name, words.sensors.detailHeading[sensor.state])}
        crumb={crumb}
        tools={
          <Button className="btn" onPress={() => setIsEditing(true)}>
            {words.sensors.edit}
          </Button>
        }
      >
        <p>{sensor.reason[language]}</p>
      </PageHead>
      <div className="row main-side">
        <div className="stack">
          <Arrivals sensor={sensor} />
          {sensor.exporters.length > 0 ? <Exporters rows={sensor.exporters} /> : null}
          {sensor.kind === 'telescope' ? <AddressHistory detail={detail} /> : null}
        </div>
        <div className="stack">
          <About sensor={sensor} />
          {sensor.kind === 'feed' ? null : <Gaps detail={detail} />}
        </div>
      </div>
      <ModuleSettings sensor={sensor} />
      <EditDialog sensor={sensor} isOpen={isEditing} onClose={() => setIsEditing(false)} />
    </>
  );
}

function Arrivals({ sensor }: { readonly sensor: Sensor }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  return (
    <Panel title={words.sensors.chart} note={words.sensors.tableNote(format.zone)} className="arrivals">
      <div className="in stack">
        <Trend name={sensor.title[language]} trend={sensor.trend} gaps={sensor.gaps} />
        <dl className="facts">
          <dt>{words.sensors.perSecond(words.sensors.unitName[sensor.unit])}</dt>
          <dd>{rateText(sensor, words)}</dd>
          <dt>{words.sensors.lost}</dt>
          <dd>
            {sensor.losses.length === 0
              ? words.common.unknown
              : format.list(sensor.losses.map((loss) => lossText({ ...sensor, losses: [loss] }, words)))}
          </dd>
          <dt>{words.sensors.dropped}</dt>
          <dd>{countText(sensor.dropped, words, format)}</dd>
          <dt>{words.sensors.malformed}</dt>
          <dd>{countText(sensor.malformed, words, format)}</dd>
          {sensor.kind === 'flow' ? (
            <>
              <dt>{words.sensors.withoutTemplate}</dt>
              <dd>{countText(sensor.withoutTemplate, words, format)}</dd>
              <dt>{words.sensors.skew}</dt>
              <dd>{skewText(sensor, words, format)}</dd>
            </>
          ) : null}
        </dl>
      </div>
    </Panel>
  );
}

function About({ sensor }: { readonly sensor: Sensor }) {
  const words = useWords();
  const format = useFormat();
  const span = format.step(sensor.cadenceSeconds);
  return (
    <Panel title={words.sensors.about}>
      <div className="in">
        <dl className="facts">
          <dt>{words.sensors.state}</dt>
          <dd>
            <HealthMark state={sensor.state} />
          </dd>
          <dt>{words.sensors.kind}</dt>
          <dd>{words.sensors.kindName[sensor.kind]}</dd>
          {sensor.kind === 'telescope' ? (
            <>
              <dt>{words.sensors.addresses}</dt>
              <dd>{countText(sensor.addresses, words, format)}</dd>
            </>
          ) : null}
          <dt>{words.sensors.location}</dt>
          <dd>{sensor.location || words.sensors.unsaid}</dd>
          <dt>{words.sensors.contact}</dt>
          <dd>{sensor.contact || words.sensors.unsaid}</dd>
          <dt>{words.sensors.cadence}</dt>
          <dd>{sensor.isCadenceStated ? words.sensors.cadenceStated(span) : words.sensors.cadenceUsual(span)}</dd>
          {sensor.protocol ? (
            <>
              <dt>{words.sensors.protocol}</dt>
              <dd>{sensor.protocol}</dd>
            </>
          ) : null}
          <dt>{words.sensors.firstAt}</dt>
          <dd>{sensor.firstAt === null ? words.common.none : format.dateTime(sensor.firstAt)}</dd>
          <dt>{words.sensors.lastAt}</dt>
          <dd>{lastText(sensor, words, format)}</dd>
        </dl>
      </div>
    </Panel>
  );
}

const DAY_MS = 86_400_000;

/** The list begins within it: how long it really was is not known here. */
const isOlder = (gap: SensorDetail['gapList'][number], detail: SensorDetail): boolean =>
  gap.from <= detail.at - detail.gapDays * DAY_MS && gap.from !== detail.sensor.firstAt;

function Gaps({ detail }: { readonly detail: SensorDetail }) {
  const words = useWords();
  const format = useFormat();
  const columns: Column<SensorDetail['gapList'][number]>[] = [
    {
      id: 'from',
      head: words.sensors.gapFrom,
      isRowHeader: true,
      cell: (gap) => (isOlder(gap, detail) ? words.sensors.gapEarlier(format.dateTime(gap.from)) : format.dateTime(gap.from)),
    },
    { id: 'to', head: words.sensors.gapTo, cell: (gap) => format.dateTime(gap.to) },
    {
      id: 'span',
      head: words.sensors.gapSpan,
      isNumber: true,
      cell: (gap) => (isOlder(gap, detail) ? words.common.none : format.lasted(gap.from, gap.to)),
    },
  ];
  return (
    <Panel className="tbl" title={words.sensors.gaps} note={`${words.sensors.gapsNote(detail.gapDays)}${words.common.join}${format.zone}`}>
      {detail.gapList.length === 0 ? (
        <Empty>{words.sensors.noGapDays(detail.gapDays)}</Empty>
      ) : (
        <DataTable
          caption={words.sensors.gaps}
          columns={columns}
          rows={detail.gapList}
          rowKey={(gap) => String(gap.from)}
          total={detail.gapList.length}
          className="narrow"
        />
      )}
      {detail.gapTotal > detail.gapList.length ? (
        <p className="more">{words.sensors.gapsMore(detail.gapList.length, detail.gapTotal)}</p>
      ) : null}
    </Panel>
  );
}

type Exporter = Sensor['exporters'][number];

function Exporters({ rows }: { readonly rows: readonly Exporter[] }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const columns = useMemo(() => exporterColumns(words, format, language), [words, format, language]);
  return (
    <Panel className="tbl" title={words.sensors.exporters} note={words.sensors.exportersNote}>
      <DataTable caption={words.sensors.exporters} columns={columns} rows={rows} rowKey={(row) => row.address} total={rows.length} />
    </Panel>
  );
}

function exporterColumns(words: Words, format: Format, language: Language): Column<Exporter>[] {
  return [
    { id: 'address', head: words.sensors.exporter, isRowHeader: true, className: 'nowrap', cell: (row) => row.address },
    { id: 'protocol', head: words.sensors.protocol, className: 'nowrap', cell: (row) => row.protocol || words.common.none },
    { id: 'state', head: words.sensors.state, className: 'nowrap', cell: (row) => <HealthMark state={row.state} /> },
    { id: 'reason', head: words.sensors.reason, className: 'reason', cell: (row) => row.reason[language] },
    {
      id: 'trend',
      head: words.sensors.trend,
      className: 'trend-cell',
      cell: (row) => <Trend name={row.address} trend={row.trend} gaps={row.gaps} />,
    },
    { id: 'rate', head: words.sensors.received, isNumber: true, cell: (row) => rateText(row, words) },
    { id: 'lost', head: words.sensors.lost, isNumber: true, cell: (row) => lossText(row, words) },
    { id: 'skew', head: words.sensors.skew, isNumber: true, cell: (row) => skewText(row, words, format) },
  ];
}

const INPUTS = { telescope: 'capture', flow: 'flow', feed: 'feed' } as const;

/** What reads this kind of input, with its settings; they are changed in the configuration file. */
function ModuleSettings({ sensor }: { readonly sensor: Sensor }) {
  const words = useWords();
  const { language } = usePreferences();
  const { data } = useQuery(modulesQuery());
  const readers = (data?.rows ?? []).filter((module) => module.input === INPUTS[sensor.kind]);
  const own = readers.filter((module) => reads(module.id, sensor));
  if (own.length === 0) return null;
  return (
    <Panel title={words.sensors.settings} note={words.sensors.settingsNote}>
      {own.map((module) => (
        <article key={module.id} className="module">
          <h3>
            {module.title[language]} <span className="mono quiet">{module.id}</span>
          </h3>
          <SettingsOf schema={module.settings} title={module.title[language]} />
        </article>
      ))}
    </Panel>
  );
}

/** NetFlow and IPFIX are read by one module; of a source that says nothing of itself any may be the one. */
function reads(module: string, { id, kind, protocol }: Sensor): boolean {
  if (kind === 'feed') return module === id;
  if (kind === 'telescope' || protocol === '') return true;
  return protocol.split(', ').some((spoken) => spoken === module || (module === 'netflow' && /^(?:netflow|ipfix)/.test(spoken)));
}

function SettingsOf({ schema, title }: { readonly schema: unknown; readonly title: string }) {
  const words = useWords();
  const settings = readSettings(schema, words);
  if (settings.length === 0) return <p className="small quiet">{words.modules.noSettings}</p>;
  return <SettingsTable settings={settings} caption={words.modules.settingsOf(title)} />;
}
