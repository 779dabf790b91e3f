/** The busiest ports, networks, countries or sources of a period, each with a bar from zero. */
import { useQuery } from '@tanstack/react-query';
import type { TrafficTop } from '../../src/server/contract.ts';
import { useFormat } from '../format.ts';
import { usePreferences, useWords } from '../preferences.tsx';
import { type Period, topQuery } from '../queries.ts';
import { exploreAddress } from './explore-address.ts';
import { classColour } from './icons.tsx';
import { Answered, Empty, Panel } from './page.tsx';

interface TopTableProps {
  readonly by: TrafficTop['by'];
  readonly title: string;
  readonly head: string;
  readonly period: Period;
}

export function TopTable({ by, title, head, period }: TopTableProps) {
  const words = useWords();
  const format = useFormat();
  const top = useQuery(topQuery(by, period));
  return (
    <Panel title={title}>
      <Answered of={top} lines={6}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty>{words.now.noTop}</Empty>
          ) : (
            <table className="tops">
              <caption className="sr">{title}</caption>
              <colgroup>
                <col />
                <col />
                <col />
                <col />
              </colgroup>
              <thead>
                <tr>
                  <th scope="col">{head}</th>
                  <th scope="col" className="num">
                    {words.now.packets}
                  </th>
                  <th scope="col">
                    <span className="sr">{words.now.share}</span>
                  </th>
                  <th scope="col" className="num">
                    {words.now.sources}
                  </th>
                </tr>
              </thead>
              <tbody>
                {data.rows.map((row) => (
                  <tr key={row.key}>
                    <th scope="row">
                      <a href={exploreAddress(by, row.key, period)} title={words.now.exploreTop(titleOf(by, row))}>
                        <TopName by={by} row={row} />
                      </a>
                    </th>
                    <td className="num">{format.count(row.packets)}</td>
                    <td>
                      <ShareBar packets={row.packets} highest={data.rows[0]?.packets ?? 1} traffic={row.class} />
                    </td>
                    <td className="num">{format.count(row.sources)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Answered>
    </Panel>
  );
}

type TopRow = TrafficTop['rows'][number];

/** In full: the cell cuts long names off. */
const titleOf = (by: TrafficTop['by'], row: TopRow): string =>
  by === 'port' ? portName(row.key) : by === 'network' ? row.label.en : row.key;

/** The key first where people know it by its key (23/TCP, AS 64496), the name beside it. */
function TopName({ by, row }: { readonly by: TrafficTop['by']; readonly row: TopRow }) {
  const { language } = usePreferences();
  const words = useWords();
  const format = useFormat();
  const label = by === 'network' ? row.label[language].replace(`AS${row.key} `, '') : row.label[language];
  if (by === 'country') return row.key === '' ? words.common.unknown : format.country(row.key);
  if (by === 'source') return row.key;
  if (by === 'network' && (row.key === '0' || row.key === '')) return words.common.unknown;
  const key = by === 'port' ? portName(row.key) : row.key;
  return (
    <>
      <b>{key}</b> {label === row.key || label === key ? null : <span className="quiet">{label}</span>}
    </>
  );
}

/** 'tcp/23' as people write it: 23/TCP. */
export function portName(key: string): string {
  const [transport = '', port] = key.split('/');
  return port === undefined ? key : `${port}/${transport.toUpperCase()}`;
}

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' };

/** 23/TCP from numbers; protocols without ports by their name alone. */
export function portLabel(protocol: number, port: number, none: string): string {
  const name = PROTOCOLS[protocol];
  if (name === undefined) return none;
  return protocol === 6 || protocol === 17 ? `${port}/${name}` : name;
}

function ShareBar({ packets, highest, traffic }: { readonly packets: number; readonly highest: number; readonly traffic: string | null }) {
  const width = Math.max(1.5, (58 * packets) / highest);
  return (
    <svg width="58" height="10" viewBox="0 0 58 10" aria-hidden="true">
      <rect width={width} height="10" rx="1" fill={traffic ? classColour(traffic) : 'var(--control)'} />
    </svg>
  );
}
