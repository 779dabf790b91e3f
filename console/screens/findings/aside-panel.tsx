/** Evidence that was put aside, with the reason: what an analyst would otherwise miss in the list. */
import { useQuery } from '@tanstack/react-query';
import type { SuppressedPage } from '../../../src/server/suppressed-contract.ts';
import { ask } from '../../api.ts';
import { useFormat } from '../../format.ts';
import { Panel } from '../../parts/page.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';

const SHOWN = 6;

export function AsidePanel() {
  const { judgement, common } = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const { data } = useQuery({
    queryKey: ['finding', '/suppressed'],
    queryFn: ({ signal }) => ask<SuppressedPage>('/suppressed', {}, { signal }),
  });
  if (!data || data.rows.length === 0) return null;
  return (
    <Panel className="mt" title={judgement.aside} note={judgement.asideNote}>
      <div className="scroll" tabIndex={0} role="region" aria-label={common.tableRegion(judgement.aside)}>
        <table>
          <caption className="sr">{judgement.aside}</caption>
          <thead>
            <tr>
              <th scope="col">{judgement.asideDay}</th>
              <th scope="col">{judgement.sensor}</th>
              <th scope="col">{judgement.asideReason}</th>
              <th scope="col" className="num">
                {judgement.asideSources}
              </th>
              <th scope="col" className="num">
                {judgement.asidePackets}
              </th>
            </tr>
          </thead>
          <tbody>
            {data.rows.slice(0, SHOWN).map((row) => (
              <tr key={`${row.day} ${row.sensor} ${row.reason} ${row.module}`}>
                <th scope="row" className="nowrap">
                  {format.utc(row.day).slice(0, 10)}
                </th>
                <td className="nowrap">{row.sensor}</td>
                <td>{row.text[language]}</td>
                <td className="num">{format.count(row.sources)}</td>
                <td className="num">{format.count(row.packets)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
