/**
 * A surge against what was usual: the usual range as a band with its median dashed, what
 * came as the one ink line, the onset where the bell rang, and gaps hatched.
 */
import { max } from 'd3-array';
import { scaleLinear, scaleTime } from 'd3-scale';
import { area, line } from 'd3-shape';
import { useMemo, useRef } from 'react';
import type { SurgeDetail } from '../../../src/server/surge-contract.ts';
import { useFormat } from '../../format.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Gaps, HatchPattern, TimeAxis, ValueAxis } from '../../parts/traffic-chart.tsx';
import { useRoom } from '../../parts/use-room.ts';
import { useWords } from '../../preferences.tsx';

const LEFT = 46;
const RIGHT = 14;
const BOTTOM = 28;
const AFTER_END = 1.03;

interface Step {
  readonly at: number;
  readonly sources: number | null;
  readonly usual: number | null;
  readonly high: number | null;
}

const toSteps = ({ from, stepSeconds, sources, usual, high }: SurgeDetail['series']): Step[] =>
  sources.map((count, i) => ({ at: from + i * stepSeconds * 1000, sources: count, usual: usual[i] ?? null, high: high[i] ?? null }));

export function SurgeChart({ detail, description }: { readonly detail: SurgeDetail; readonly description: string }) {
  const words = useWords();
  const box = useRef<HTMLDivElement>(null);
  const { width, height } = useRoom(box);
  const { series, gaps, surge } = detail;
  const steps = useMemo(() => toSteps(series), [series]);
  const half = (series.stepSeconds * 1000) / 2;
  // A little room after the end, so that its time does not run into the one before.
  const x = scaleTime([series.from, series.from + steps.length * 2 * half * AFTER_END], [LEFT, width - RIGHT]);
  const highest = max(steps, (step) => Math.max(step.sources ?? 0, step.high ?? 0)) || 1;
  const y = scaleLinear([0, highest * 1.1], [height - BOTTOM, 26]).nice(4);
  const middle = (step: Step): number => x(step.at + half);
  const path = (value: (step: Step) => number | null): string =>
    line<Step>()
      .defined((step) => value(step) !== null)
      .x(middle)
      .y((step) => y(value(step) ?? 0))(steps) ?? '';
  const band = area<Step>()
    .defined((step) => step.high !== null)
    .x(middle)
    .y0(y(0))
    .y1((step) => y(step.high ?? 0));
  const lastUsual = steps.findLast((step) => step.high !== null);
  return (
    <div className="chart-box">
      <div className="chart-room surge-room" ref={box}>
        <svg className="chart" width={width} height={height} role="img" aria-label={description}>
          <HatchPattern id="traffic-hatch" />
          <path d={band(steps) ?? ''} className="surge-band" />
          <ValueAxis y={y} from={LEFT} to={width - RIGHT} />
          <path d={path((step) => step.high)} className="surge-limit" />
          <path d={path((step) => step.usual)} className="surge-median" />
          <Gaps gaps={gaps} x={x} height={height} />
          <path d={path((step) => step.sources)} className="surge-line" />
          <Onset at={x(surge.onsetAt)} time={surge.onsetAt} right={width - RIGHT} height={height} />
          <TimeAxis x={x} height={height} />
          {lastUsual ? (
            <text x={middle(lastUsual)} y={y(lastUsual.high ?? 0) - 5} textAnchor="end" className="t-q halo">
              {words.surges.band}
            </text>
          ) : null}
        </svg>
      </div>
    </div>
  );
}

const BELL =
  'M2.200 11c1.300-1.300 1.500-3 1.800-5 .3-2 1.400-3.400 3-3.400S9.700 4 10 6c.3 2 .5 3.700 1.800 5zM5.600 12.200a1.500 1.200 0 0 0 2.800 0z';
const LABEL_ROOM = 150;

function Onset({
  at,
  time,
  right,
  height,
}: {
  readonly at: number;
  readonly time: number;
  readonly right: number;
  readonly height: number;
}) {
  const words = useWords();
  const format = useFormat();
  const isLate = at > right - LABEL_ROOM;
  return (
    <g className="surge-onset">
      <line x1={at} x2={at} y1={16} y2={height - BOTTOM} />
      <path transform={`translate(${at - 7} 2)`} d={BELL} />
      <text x={isLate ? at - 11 : at + 11} y={14} textAnchor={isLate ? 'end' : 'start'} className="halo">
        {words.surges.onsetMark(format.time(time))}
      </text>
    </g>
  );
}

/** The same figures for those who do not see the picture; folded away, because they are many. */
export function SurgeFigures({ detail }: { readonly detail: SurgeDetail }) {
  const words = useWords();
  const format = useFormat();
  const steps = useMemo(() => toSteps(detail.series), [detail.series]);
  const columns = useMemo((): Column<Step>[] => {
    const figure = (value: number | null): string => (value === null ? words.surges.unknownUsual : format.count(Math.round(value)));
    return [
      { id: 'time', head: words.surges.time, isRowHeader: true, className: 'nowrap', cell: (step) => format.dateTime(step.at) },
      {
        id: 'sources',
        head: words.surges.seen,
        isNumber: true,
        cell: (step) => (step.sources === null ? words.surges.nobody : format.count(step.sources)),
      },
      { id: 'usual', head: words.surges.usual, isNumber: true, cell: (step) => figure(step.usual) },
      { id: 'high', head: words.surges.bandTo, isNumber: true, cell: (step) => figure(step.high) },
    ];
  }, [words, format]);
  return (
    <details className="chart-figures">
      <summary>{words.surges.chartTable}</summary>
      <div>
        <DataTable caption={words.surges.chart} columns={columns} rows={steps} rowKey={(step) => String(step.at)} total={steps.length} />
      </div>
    </details>
  );
}
