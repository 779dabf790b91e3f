/** What arrived over a day as small bars; a gap is hatched over its whole time, never drawn as zero. */
import type { Sensor } from '../../src/server/sensor-contract.ts';
import { useFormat } from '../format.ts';
import { useWords } from '../preferences.tsx';

const HEIGHT = 24;
const SHORTEST = 1.5;

interface TrendProps {
  readonly name: string;
  readonly trend: Sensor['trend'];
  readonly gaps: Sensor['gaps'];
}

export function Trend({ name, trend, gaps }: TrendProps) {
  const words = useWords();
  const format = useFormat();
  const { from, stepSeconds, received } = trend;
  const span = received.length * stepSeconds * 1000;
  const place = (at: number): number => Math.min(100, Math.max(0, ((at - from) / span) * 100));
  const list = format.list(gaps.map((gap) => words.common.range(format.dateTime(gap.from), format.dateTime(gap.to))));
  const highest = Math.max(1, ...received);
  const bars = received.map((count, index) =>
    count > 0 ? `M${index} ${HEIGHT}h.76v${-Math.max(SHORTEST, ((HEIGHT - 2) * count) / highest)}h-.76z` : '',
  );
  return (
    <span
      className="trend"
      role="img"
      aria-label={words.sensors.trendAlt(name, gaps.length > 0 ? words.sensors.gapsAre(list) : words.sensors.noGaps)}
    >
      <svg viewBox={`0 0 ${received.length} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <path d={bars.join('')} fill="var(--ink-2)" />
      </svg>
      {gaps.map((gap) => (
        <span key={gap.from} className="hatch" style={{ left: `${place(gap.from)}%`, width: `${place(gap.to) - place(gap.from)}%` }} />
      ))}
    </span>
  );
}
