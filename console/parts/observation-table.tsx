/** Observations as they are kept: minute cells of the telescope, or a report's own columns. Times are UTC. */
import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { ObservationPage } from '../../src/server/contract.ts';
import { useFormat } from '../format.ts';
import { useWords } from '../preferences.tsx';
import { ClassMark } from './icons.tsx';
import { Empty } from './page.tsx';

type Observation = ObservationPage['rows'][number];

interface ObservationTableProps {
  readonly page: ObservationPage;
  readonly caption: string;
  readonly isBrief?: boolean;
}

export function ObservationTable({ page, caption, isBrief = false }: ObservationTableProps) {
  const words = useWords();
  if (page.rows.length === 0) return <Empty>{words.finding.noObservations}</Empty>;
  return page.source === 'feed' ? (
    <FeedTable rows={page.rows} caption={caption} isBrief={isBrief} />
  ) : (
    <CellTable rows={page.rows} caption={caption} />
  );
}

interface RowsProps {
  readonly rows: readonly Observation[];
  readonly caption: string;
}

function CellTable({ rows, caption }: RowsProps) {
  const words = useWords();
  const format = useFormat();
  return (
    <table>
      <caption className="sr">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{words.finding.observedAt}</th>
          <th scope="col">{words.intakes.sensor}</th>
          <th scope="col">{words.finding.class}</th>
          <th scope="col">{words.findings.port}</th>
          <th scope="col" className="num">
            {words.finding.packets}
          </th>
          <th scope="col" className="num">
            {words.finding.targets}
          </th>
          <th scope="col">{words.finding.mark}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={`${row.at} ${row.sensor} ${row.class} ${row.protocol} ${row.port}`}>
            <td className="nowrap">{format.utc(row.at)}</td>
            <td>{row.sensor}</td>
            <td>
              <ClassCell id={row.class} />
            </td>
            <td className="nowrap">{portOf(row, words.common.none)}</td>
            <td className="num">{row.packets === null ? words.common.none : format.count(row.packets)}</td>
            <td className="num">{row.targets === null ? words.common.none : format.count(row.targets)}</td>
            <td className="mono nowrap">{row.mark ?? words.common.none}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const portOf = (row: Observation, none: string): string =>
  row.port === null ? (row.protocol?.toUpperCase() ?? none) : `${row.port}/${(row.protocol ?? '').toUpperCase()}`;

function ClassCell({ id }: { readonly id: string | null }) {
  const words = useWords();
  if (id === null) return words.common.none;
  return (
    <span className="cl">
      <ClassMark id={id} />
      {words.trafficClass[id as keyof typeof words.trafficClass] ?? id}
    </span>
  );
}

function FeedTable({ rows, caption, isBrief }: RowsProps & { readonly isBrief: boolean }) {
  const words = useWords();
  const format = useFormat();
  return (
    <table>
      <caption className="sr">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{words.finding.observedAt}</th>
          <th scope="col">{words.findings.port}</th>
          <th scope="col">{words.finding.file}</th>
          <th scope="col" className="num">
            {words.finding.record}
          </th>
          <th scope="col">{words.finding.columns}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={`${row.file} ${row.record} ${row.at}`}>
            <td className="nowrap">{format.utc(row.at)}</td>
            <td className="nowrap">{portOf(row, words.common.none)}</td>
            <td className="el" title={row.file ?? ''}>
              {row.file ?? words.common.unknown}
            </td>
            <td className="num">{row.record === null ? words.common.none : format.count(row.record)}</td>
            <td>{row.attributes ? <Attributes attributes={row.attributes} isBrief={isBrief} /> : words.common.none}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Every column the report carried, on request; empty ones are left out of sight, not of the record. */
function Attributes({ attributes, isBrief }: { readonly attributes: Readonly<Record<string, string>>; readonly isBrief: boolean }) {
  const words = useWords();
  const [isOpen, setIsOpen] = useState(false);
  const entries = Object.entries(attributes).filter(([, value]) => value !== '');
  if (isBrief) return <span className="quiet">{entries.length}</span>;
  return (
    <>
      <Button className="linklike" aria-expanded={isOpen} onPress={() => setIsOpen(!isOpen)}>
        {words.finding.showColumns(entries.length)}
      </Button>
      {isOpen ? (
        <dl className="attributes">
          {entries.map(([name, value]) => (
            <div key={name}>
              <dt className="mono">{name}</dt>
              <dd className="mono">{value}</dd>
            </div>
          ))}
        </dl>
      ) : null}
    </>
  );
}
