/**
 * The rhythm of a beacon, drawn from two numbers: the interval and how even it is.
 *
 * No time of any communication goes into the picture, because the workbench has none: the
 * marks stand where a program that keeps such time would call.
 */
import { useWords } from '../../preferences.tsx';
import type { Words } from '../../words/ja.ts';

const WIDTH = 560;
const HEIGHT = 96;
const BASE = 64;
const BEATS = 9;
const MARGIN = 14;

export interface RhythmFigures {
  readonly periodSeconds: number;
  /** How even the intervals are, 1 like a clock; null when not known. */
  readonly evenness: number | null;
}

export function Rhythm({ periodSeconds, evenness }: RhythmFigures) {
  const words = useWords();
  const step = (WIDTH - 2 * MARGIN) / (BEATS - 1);
  const reach = Math.min(0.5, 1 - (evenness ?? 1)) * step;
  const beats = Array.from({ length: BEATS }, (_, i) => MARGIN + i * step);
  const label = words.c2.rhythmAlt(lengthText(periodSeconds, words), evenness === null ? words.common.unknown : evenness.toFixed(2));
  return (
    <figure className="pad rhythm">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        <line x1="0" x2={WIDTH} y1={BASE} y2={BASE} stroke="var(--control)" />
        {beats.map((x) => (
          <g key={x}>
            {reach > 1 ? <rect x={x - reach} width={2 * reach} y={BASE - 26} height="26" fill="var(--action-wash)" /> : null}
            <line x1={x} x2={x} y1={BASE - 40} y2={BASE} stroke="var(--ink)" strokeWidth="2" />
          </g>
        ))}
        <path d={`M${beats[0]} ${BASE + 10}v6h${step}v-6`} fill="none" stroke="var(--ink-3)" />
        <text x={(beats[0] ?? 0) + step / 2} y={HEIGHT - 2} textAnchor="middle" fontSize="12" fill="var(--ink-2)">
          {lengthText(periodSeconds, words)}
        </text>
      </svg>
      <figcaption className="small">
        {label} <span className="quiet">{words.c2.rhythmNote}</span>
      </figcaption>
    </figure>
  );
}

function lengthText(seconds: number, words: Words): string {
  if (seconds < 120) return words.c2.seconds(seconds);
  const minutes = seconds / 60;
  if (minutes < 120) return words.common.minutes(Math.round(minutes));
  return words.common.hours(Math.round(minutes / 60));
}
