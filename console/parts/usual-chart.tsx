/**
 * Today against usual: a grey band of what the same time of day had before, its median
 * dashed, and today as the one ink line. A gap breaks the line; it is never drawn across.
 */
import { max } from 'd3-array';
import { scaleLinear, scaleTime } from 'd3-scale';
import { area, line } from 'd3-shape';
import { useRef } from 'react';
import type { Usual } from '../../src/server/contract.ts';
import { useFormat } from '../format.ts';
import { usePreferences, useWords } from '../preferences.tsx';
import { Gaps, HatchPattern, TimeAxis, ValueAxis } from './traffic-chart.tsx';
import { useRoom } from './use-room.ts';
import { isInGap, perMinute } from './usual-figures.ts';

const LEFT = 46;
const RIGHT = 10;

interface Step {
  readonly at: number; // the middle, Unix ms
  readonly today: number | null;
  readonly low: number | null;
  readonly median: number | null;
  readonly high: number | null;
}

function toSteps(usual: Usual): Step[] {
  const figure = (value: number | null | undefined): number | null => (value == null ? null : perMinute(value, usual));
  return usual.today.map((packets, i) => ({
    at: usual.from + (i + 0.5) * usual.stepSeconds * 1000,
    today: isInGap(usual, i) ? null : figure(packets),
    low: figure(usual.usual?.low[i]),
    median: figure(usual.usual?.median[i]),
    high: figure(usual.usual?.high[i]),
  }));
}

export function UsualChart({ usual, description }: { readonly usual: Usual; readonly description: string }) {
  const words = useWords();
  const box = useRef<HTMLDivElement>(null);
  const { width, height } = useRoom(box);
  const steps = toSteps(usual);
  const x = scaleTime([usual.from, usual.to], [LEFT, width - RIGHT]);
  const highest = max(steps, (step) => Math.max(step.today ?? 0, step.high ?? 0)) || 1;
  const y = scaleLinear([0, highest * 1.12], [height - 28, 26]).nice(4);
  const band = area<Step>()
    .defined((step) => step.low !== null && step.high !== null)
    .x((step) => x(step.at))
    .y0((step) => y(step.low ?? 0))
    .y1((step) => y(step.high ?? 0));
  const path = (value: (step: Step) => number | null): string =>
    line<Step>()
      .defined((step) => value(step) !== null)
      .x((step) => x(step.at))
      .y((step) => y(value(step) ?? 0))(steps) ?? '';
  const last = steps.findLast((step) => step.today !== null);
  const lastUsual = steps.findLast((step) => step.low !== null);
  return (
    <div className="chart-box">
      <div className="chart-room short" ref={box}>
        <svg className="chart" width={width} height={height} role="img" aria-label={description}>
          <HatchPattern id="traffic-hatch" />
          <ValueAxis y={y} from={LEFT} to={width - RIGHT} />
          <path d={band(steps) ?? ''} className="usual-band" />
          <path d={path((step) => step.median)} className="usual-median" />
          <Gaps gaps={usual.gaps} x={x} height={height} />
          <path d={path((step) => step.today)} className="today" />
          <Bells usual={usual} place={(at) => x(at)} right={width - RIGHT} height={height} />
          <TimeAxis x={x} height={height} />
          {lastUsual ? (
            <text x={width - RIGHT} y={labelBelow(y(lastUsual.low ?? 0), height)} textAnchor="end" className="t-q halo">
              {words.usual.label(usual.days)}
            </text>
          ) : null}
          {last ? (
            <text x={x(last.at)} y={Math.max(20, y(last.today ?? 0) - 10)} textAnchor="end" className="t-ink halo strong">
              {words.usual.today}
            </text>
          ) : null}
        </svg>
      </div>
    </div>
  );
}

const labelBelow = (low: number, height: number): number => Math.min(height - 34, low + 18);

interface BellsProps {
  readonly usual: Usual;
  readonly place: (at: number) => number;
  readonly right: number;
  readonly height: number;
}

/** Where a surge passed its threshold: the only vermilion here. */
function Bells({ usual, place, right, height }: BellsProps) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  return usual.bells.map((bell) => {
    const x = place(bell.at);
    const isLate = x > right - 150;
    return (
      <g key={bell.at} className="surge">
        <line x1={x} x2={x} y1={14} y2={height - 28} />
        <path
          transform={`translate(${x - 6} 0)`}
          d="M2.200 11c1.300-1.300 1.500-3 1.800-5 .3-2 1.400-3.400 3-3.400S9.700 4 10 6c.3 2 .5 3.700 1.800 5zM5.600 12.200a1.500 1.200 0 0 0 2.800 0z"
        />
        <text x={isLate ? x - 9 : x + 9} y={12} textAnchor={isLate ? 'end' : 'start'} className="halo">
          {words.usual.surge(format.time(bell.at))}
          <title>{bell.text[language]}</title>
        </text>
      </g>
    );
  });
}
