/**
 * One figure over time as bars from zero. A gap is hatched over its whole time and has no
 * bar; a step in which the figure changed its meaning carries a mark at its foot.
 */
import { max } from 'd3-array';
import { scaleLinear, scaleTime } from 'd3-scale';
import { useRef } from 'react';
import type { Statistics } from '../../src/server/statistics-contract.ts';
import { useFormat } from '../format.ts';
import { useWords } from '../preferences.tsx';
import { HatchPattern } from './traffic-chart.tsx';
import { useRoom } from './use-room.ts';

const LEFT = 62;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 28;

interface StepChartProps {
  readonly id: string;
  readonly statistics: Statistics;
  /** One per step; null where there is nothing to draw. */
  readonly values: readonly (number | null)[];
  readonly description: string;
}

export function StepChart({ id, statistics, values, description }: StepChartProps) {
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const { width, height } = useRoom(box);
  const { from, to, stepSeconds, steps } = statistics;
  const x = scaleTime([from, to], [LEFT, width - RIGHT]);
  const y = scaleLinear([0, max(values, (value) => value ?? 0) || 1], [height - BOTTOM, TOP]).nice(4);
  const stepWidth = x(from + stepSeconds * 1000) - x(from);
  const bars = steps.map((step, i) => {
    const value = values[i] ?? 0;
    return step.isGap || value <= 0
      ? ''
      : `M${x(step.at)} ${y(0)}h${Math.max(0.6, stepWidth * 0.86)}V${y(value)}h${-Math.max(0.6, stepWidth * 0.86)}z`;
  });
  const span = to - from;
  const label = span <= 36 * 3_600_000 ? format.time : format.date;
  return (
    <div className="line-room" ref={box}>
      <svg className="chart" width={width} height={height} role="img" aria-label={description}>
        <HatchPattern id={`${id}-hatch`} />
        {y.ticks(4).map((tick) => (
          <g key={tick}>
            <line x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
            <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end" className="t-q">
              {tick < 10_000 ? format.count(tick) : compact(tick)}
            </text>
          </g>
        ))}
        <path d={bars.join('')} fill="var(--ink-2)" />
        <Gaps id={id} statistics={statistics} x={x} bottom={height - BOTTOM} />
        {statistics.partialGaps.map((gap) => (
          <rect
            key={gap.from}
            x={x(Math.max(gap.from, from))}
            y={TOP - 8}
            width={Math.max(2, x(Math.min(gap.to, to)) - x(Math.max(gap.from, from)))}
            height={8}
            fill={`url(#${id}-hatch)`}
          />
        ))}
        {statistics.changes.map((change) => (
          <path key={`${change.at} ${change.kind}`} d={`M${x(change.at)} ${height - BOTTOM}l-5 8h10z`} fill="var(--amber)" />
        ))}
        {x.ticks(Math.max(2, Math.floor((width - LEFT) / 90))).map((tick) => (
          <text key={tick.getTime()} x={x(tick)} y={height - 6} textAnchor={x(tick) > width - 40 ? 'end' : 'middle'} className="t-q">
            {label(tick.getTime())}
          </text>
        ))}
      </svg>
    </div>
  );
}

/** 12k, 3.4M: axis figures have little room. */
const compact = (value: number): string =>
  new Intl.NumberFormat('en-GB', { notation: 'compact', maximumSignificantDigits: 3 }).format(value);

interface GapsProps {
  readonly id: string;
  readonly statistics: Statistics;
  readonly x: (at: number) => number;
  readonly bottom: number;
}

function Gaps({ id, statistics, x, bottom }: GapsProps) {
  const words = useWords();
  return statistics.gaps.map((gap) => {
    const [left, right] = [x(Math.max(gap.from, statistics.from)), x(Math.min(gap.to, statistics.to))];
    return (
      <g key={gap.from}>
        <rect
          x={left}
          y={TOP}
          width={Math.max(2, right - left)}
          height={bottom - TOP}
          fill={`url(#${id}-hatch)`}
          stroke="var(--gap)"
          strokeWidth="0.5"
        />
        {right - left > 48 ? (
          <text x={(left + right) / 2} y={(TOP + bottom) / 2} textAnchor="middle" className="halo">
            {words.common.noData}
          </text>
        ) : null}
      </g>
    );
  });
}
