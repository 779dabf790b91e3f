/** How well we could see while it happened: sensors, gaps, losses, what is still kept. */
import type { Explanation } from '../../../src/server/explanation-contract.ts';
import { useFormat } from '../../format.ts';
import { Panel } from '../../parts/page.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';

export function QualityPanel({ explanation }: { readonly explanation: Explanation }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const { quality, finding } = explanation;
  const unknown = words.common.unknown;
  const share = (value: number | null): string =>
    value === null ? unknown : value >= 1 ? '100%' : words.judgement.watchedOf(`${Math.floor(value * 1000) / 10}%`);
  const faults = quality.sensors.reduce((sum, { lost, dropped, malformed }) => sum + lost + dropped + malformed, 0);
  const estimate =
    finding.evidence.facts['areTargetsALowerBound'] === true
      ? words.finding.qualityLowerBound
      : typeof finding.evidence.facts['targets'] === 'number'
        ? words.finding.qualityEstimate
        : null;
  return (
    <Panel title={words.finding.quality}>
      <div className="in stack">
        <dl className="facts">
          {quality.sensors.map((sensor) => (
            <SensorRows
              key={sensor.id}
              name={sensor.title[language]}
              watched={share(sensor.watchedShare)}
              addresses={sensor.addresses === null ? unknown : format.count(sensor.addresses)}
            />
          ))}
          <dt>{words.judgement.sampling}</dt>
          <dd>{quality.sampling[language]}</dd>
          {quality.sensors.some(({ received }) => received !== null) ? (
            <>
              <dt>{words.judgement.lost}</dt>
              <dd>{format.count(faults)}</dd>
            </>
          ) : null}
          <dt>{words.judgement.keptSince}</dt>
          <dd>
            {quality.keptSince === null ? words.judgement.allKept : words.judgement.since(format.utc(quality.keptSince).slice(0, 10))}
          </dd>
        </dl>
        <ul className="plain-list small">
          {[...quality.notes.map((note) => note[language]), ...(estimate ? [estimate] : [])].map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      </div>
    </Panel>
  );
}

interface SensorRowsProps {
  readonly name: string;
  readonly watched: string;
  readonly addresses: string;
}

function SensorRows({ name, watched, addresses }: SensorRowsProps) {
  const { judgement, finding } = useWords();
  return (
    <>
      <dt>{finding.sensors}</dt>
      <dd>{name}</dd>
      <dt>{judgement.addresses}</dt>
      <dd>{addresses}</dd>
      <dt>{judgement.watched}</dt>
      <dd>{watched}</dd>
    </>
  );
}
