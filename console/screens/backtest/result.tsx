/** What would have changed: the figures side by side, samples of each kind of change, and how to switch it on. */
import { Button } from 'react-aria-components';
import type { BacktestResult, BacktestSample } from '../../../src/server/finding-contract.ts';
import { useFormat } from '../../format.ts';
import { Strikes } from '../../parts/icons.tsx';
import { Panel } from '../../parts/page.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';

export function TrialResult({ result }: { readonly result: BacktestResult }) {
  const words = useWords();
  const format = useFormat();
  const { judgement } = words;
  const changed = result.raised + result.lowered;
  return (
    <div className="stack">
      <Panel title={judgement.trialFound(result.added, result.lost)}>
        <div className="in stack">
          <p className="soft">{judgement.trialFigures(result.days, result.judged, format.count(result.seconds))}</p>
          {result.isWhole ? null : <p>{judgement.trialPart}</p>}
          <Figures result={result} />
          <div>
            <h3>{judgement.trialYaml}</h3>
            <pre className="mono yaml">{result.yaml}</pre>
            <Button className="btn" onPress={() => void navigator.clipboard.writeText(result.yaml)}>
              {words.common.copy}
            </Button>
          </div>
        </div>
      </Panel>
      <Samples title={judgement.trialAdded} total={result.added} rows={result.samples.added} />
      <Samples title={judgement.trialLost} total={result.lost} rows={result.samples.lost} />
      <Samples title={judgement.trialChanged} total={changed} rows={result.samples.changed} />
    </div>
  );
}

function Figures({ result }: { readonly result: BacktestResult }) {
  const words = useWords();
  const format = useFormat();
  const { judgement } = words;
  const rows: readonly (readonly [string, number | null, number | null])[] = [
    [words.findings.total, result.present, result.proposed],
    ...result.bySeverity
      .filter(({ present, proposed }) => present + proposed > 0)
      .map(({ severity, present, proposed }) => [words.severity[severity], present, proposed] as const),
    [judgement.trialSame, null, result.unchanged],
    [judgement.trialRaised, null, result.raised],
    [judgement.trialLowered, null, result.lowered],
  ];
  const cell = (value: number | null): string => (value === null ? words.common.none : format.count(value));
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={words.common.tableRegion(judgement.trialSeverity)}>
      <table className="trial-figures">
        <caption className="sr">{judgement.trialSeverity}</caption>
        <thead>
          <tr>
            <th scope="col">{judgement.trialSeverity}</th>
            <th scope="col" className="num">
              {judgement.trialNow}
            </th>
            <th scope="col" className="num">
              {judgement.trialProposed}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, present, proposed]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="num">{cell(present)}</td>
              <td className="num">{cell(proposed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface SamplesProps {
  readonly title: string;
  readonly total: number;
  readonly rows: readonly BacktestSample[];
}

function Samples({ title, total, rows }: SamplesProps) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const { judgement } = words;
  return (
    <Panel title={title} note={rows.length === 0 ? null : judgement.trialSample(rows.length, total)}>
      {rows.length === 0 ? (
        <p className="in soft">{judgement.trialNone}</p>
      ) : (
        <div className="scroll trial-samples" tabIndex={0} role="region" aria-label={words.common.tableRegion(title)}>
          <table>
            <caption className="sr">{title}</caption>
            <thead>
              <tr>
                <th scope="col">{words.findings.asset}</th>
                <th scope="col">{words.findings.kind}</th>
                <th scope="col">{judgement.trialDay}</th>
                <th scope="col" className="num">
                  {words.findings.count}
                </th>
                <th scope="col">{judgement.trialNow}</th>
                <th scope="col">{judgement.trialProposed}</th>
                <th scope="col">{words.finding.why}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={`${row.asset} ${row.kind} ${row.identifier} ${row.port} ${row.day} ${row.sensor}`}>
                  <th scope="row" className="nowrap">
                    {row.asset}
                  </th>
                  <td className="nowrap">
                    {row.kind} <span className="quiet">{row.identifier}</span>
                  </td>
                  <td className="nowrap">{format.utc(row.day).slice(0, 10)}</td>
                  <td className="num">{format.count(row.count)}</td>
                  <td>{row.present ? <Strikes severity={row.present} /> : words.common.none}</td>
                  <td>{row.proposed ? <Strikes severity={row.proposed} /> : words.common.none}</td>
                  <td className="el" title={row.because[language]}>
                    {row.because[language]}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
