/** The state of a sensor as a shape beside its word, so that colour is never alone. */
import type { Sensor } from '../../src/server/sensor-contract.ts';
import { useWords } from '../preferences.tsx';

const SHAPES: Readonly<Record<Sensor['state'], React.JSX.Element>> = {
  healthy: <circle cx="7" cy="7" r="4.5" fill="var(--ok)" />,
  degraded: <path d="M7 1.8 12.8 12.200H1.2Z" fill="none" stroke="var(--amber)" strokeWidth="1.8" strokeLinejoin="round" />,
  silent: <path d="M7 1.2 13.4 12.800H.6Z" fill="var(--amber)" />,
  unknown: <circle cx="7" cy="7" r="4.5" fill="none" stroke="var(--ink-3)" strokeWidth="1.600" strokeDasharray="2.200 1.800" />,
};
const COLOURS: Readonly<Record<Sensor['state'], string>> = { healthy: 'okc', degraded: 'amberc', silent: 'amberc', unknown: 'soft' };

export function HealthMark({ state }: { readonly state: Sensor['state'] }) {
  const words = useWords();
  return (
    <span className={`cl ${COLOURS[state]}`}>
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
        {SHAPES[state]}
      </svg>
      {words.sensors.stateName[state]}
    </span>
  );
}
