/** The busiest ports, countries or networks with their share of all packets. */
import type { Statistics } from '../../../src/server/statistics-contract.ts';
import { useFormat } from '../../format.ts';
import { Empty, Panel } from '../../parts/page.tsx';
import { portName } from '../../parts/top-table.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';

interface TopsProps {
  readonly id: 'ports' | 'countries' | 'networks';
  readonly title: string;
  readonly note: string;
  readonly head: string;
  readonly rows: Statistics['ports'];
}

export function Tops({ id, title, note, head, rows }: TopsProps) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  return (
    <Panel title={title} note={note}>
      {rows.length === 0 ? (
        <Empty>{words.statistics.noTop}</Empty>
      ) : (
        <table className="statistics-tops">
          <caption className="sr">{title}</caption>
          <thead>
            <tr>
              <th scope="col">{head}</th>
              <th scope="col" className="num">
                {words.statistics.total}
              </th>
              <th scope="col" className="num">
                {words.statistics.share}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key}>
                <th scope="row">
                  {id === 'ports' ? <b>{portName(row.key)} </b> : null}
                  {row.label[language] === portName(row.key) ? null : row.label[language]}
                </th>
                <td className="num">{format.count(row.packets)}</td>
                <td className="num">{format.share(row.share, 1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
