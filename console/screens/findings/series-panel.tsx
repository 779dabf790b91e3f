/** Findings by kind over time: names carry no colour, and a row is a filter. */
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import type { FindingSeries } from '../../../src/server/contract.ts';
import { useFormat } from '../../format.ts';
import { saveCsv } from '../../parts/csv.ts';
import { Panel } from '../../parts/page.tsx';
import { SparkBars } from '../../parts/spark-bars.tsx';
import { type Language, usePreferences, useWords } from '../../preferences.tsx';
import type { Words } from '../../words/ja.ts';

const TOP_KINDS = 6;

export function SeriesPanel({ series }: { readonly series: FindingSeries }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const [isWhole, setIsWhole] = useState(false);
  const sorted = useMemo(() => [...series.series].sort((a, b) => b.total - a.total), [series]);
  const shown = isWhole ? sorted : sorted.slice(0, TOP_KINDS);
  const highest = Math.max(1, ...shown.flatMap((one) => one.counts));
  const first = sorted[0];
  return (
    <Panel
      className="mb"
      title={words.findings.series}
      note={words.findings.seriesNote(
        format.step(series.stepSeconds),
        `${words.common.range(format.date(series.from), format.date(series.to))} ${format.zone}`,
      )}
      end={
        <Button className="linklike" aria-label={words.common.csvHint} onPress={() => saveSeries(series, language, words)}>
          {words.common.csv}
        </Button>
      }
    >
      <table className="sparks">
        <caption className="sr">
          {words.findings.series} {first ? words.findings.seriesAlt(first.title[language], first.total) : ''}
        </caption>
        <thead>
          <tr>
            <th scope="col">{words.findings.kind}</th>
            <th scope="col">{words.findings.trend}</th>
            <th scope="col" className="num">
              {words.findings.total}
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((one) => (
            <tr key={one.kind}>
              <th scope="row">
                <Link to="/findings" search={{ kind: one.kind }}>
                  {one.title[language]}
                </Link>
              </th>
              <td>
                <SparkBars counts={one.counts} highest={highest} />
              </td>
              <td className="num">{format.count(one.total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {sorted.length > TOP_KINDS ? (
        <div className="more">
          <Button className="btn" aria-expanded={isWhole} onPress={() => setIsWhole(!isWhole)}>
            {isWhole ? words.findings.fewerKinds : words.findings.otherKinds(sorted.length - TOP_KINDS)}
          </Button>
        </div>
      ) : null}
    </Panel>
  );
}

function saveSeries(series: FindingSeries, language: Language, words: Words): void {
  const head = [`${words.now.time} (UTC)`, ...series.series.map((one) => one.title[language])];
  const rows = (series.series[0]?.counts ?? []).map((_, index) =>
    [new Date(series.from + index * series.stepSeconds * 1000).toISOString() as string | number].concat(
      series.series.map((one) => one.counts[index] ?? 0),
    ),
  );
  saveCsv('yagura-findings', [head, ...rows]);
}
