/**
 * The chart over time, and the choice of a part of it.
 *
 * A drag takes effect when the pointer is lifted. By keyboard two sliders stand for the
 * two ends; what they hold is looked at on Enter, because every step on the way would be
 * a question of its own. Gaps are hatched and nothing is drawn across them.
 */
import { max } from 'd3-array';
import { type ScaleLinear, type ScaleTime, scaleLinear, scaleTime } from 'd3-scale';
import { area } from 'd3-shape';
import { type KeyboardEvent, type PointerEvent, useMemo, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import type { ExploreSeriesAnswer } from '../../../src/server/explore-contract.ts';
import { useFormat } from '../../format.ts';
import { CLASS_ORDER, ClassMark, classColour } from '../../parts/icons.tsx';
import { Cursor, Gaps, HatchPattern, TimeAxis, ValueAxis } from '../../parts/traffic-chart.tsx';
import { useRoom } from '../../parts/use-room.ts';
import { usePreferences, useWords } from '../../preferences.tsx';
import type { Period } from '../../queries.ts';
import { type Band, isUnwatched, stepStart, toBands, toSteps, watchedRuns } from './series-figures.ts';

const LEFT = 52;
const RIGHT = 12;
const LEAST_DRAG_PX = 5;
/** The axis counts whole things. */
const LEAST_TOP = 4;

interface SeriesChartProps {
  readonly answer: ExploreSeriesAnswer;
  readonly description: string;
  readonly onPeriod: (period: Period) => void;
}

export function SeriesChart({ answer, description, onPeriod }: SeriesChartProps) {
  const words = useWords();
  const box = useRef<HTMLDivElement>(null);
  const { width, height } = useRoom(box);
  const [hovered, setHovered] = useState<number | null>(null);
  const [chosen, setChosen] = useChosen(answer);
  const bands = useMemo(() => toBands(answer, CLASS_ORDER), [answer]);
  const runs = useMemo(() => watchedRuns(answer), [answer]);
  const x = scaleTime([answer.from, answer.to], [LEFT, width - RIGHT]);
  const y = scaleLinear([0, Math.max(LEAST_TOP, max(bands.at(-1)?.upper ?? []) ?? 0)], [height - 28, 14]).nice(4);
  const drag = useDrag(answer, x, setChosen, onPeriod);
  return (
    <>
      <div className="chart-box">
        <div className="chart-room short" ref={box}>
          <svg
            className="chart brushed"
            width={width}
            height={height}
            role="img"
            aria-label={description}
            {...drag}
            onPointerMove={(event) => {
              drag.onPointerMove(event);
              setHovered(stepAt(answer, x, event));
            }}
            onPointerLeave={() => setHovered(null)}
          >
            <HatchPattern id="traffic-hatch" />
            <ValueAxis y={y} from={LEFT} to={width - RIGHT} />
            {bands.map((band) => (
              <path
                key={band.key}
                d={bandPath(band, runs, answer, x, y)}
                className="band"
                fill={band.key === null ? 'var(--control)' : classColour(band.key)}
              />
            ))}
            <Gaps gaps={answer.gaps} x={x} height={height} />
            <TimeAxis x={x} height={height} />
            {hovered === null ? null : <Cursor x={x((stepStart(answer, hovered) + stepStart(answer, hovered + 1)) / 2)} height={height} />}
            {chosen ? <Chosen period={chosen} x={x} height={height} /> : null}
          </svg>
          <BrushKeys answer={answer} chosen={chosen} onChoose={setChosen} onPeriod={onPeriod} />
        </div>
      </div>
      {chosen ? (
        <div className="brush-acts">
          <ChosenWords period={chosen} />
          <Button className="btn go" onPress={() => onPeriod(chosen)}>
            {words.explore.usePeriod}
          </Button>
          <Button className="btn" onPress={() => setChosen(undefined)}>
            {words.explore.dropPeriod}
          </Button>
        </div>
      ) : null}
      <Legend answer={answer} bands={bands} hovered={hovered} />
      <p className="panel-foot">{words.explore.brushHint}</p>
    </>
  );
}

type TimeScale = ScaleTime<number, number>;
type ValueScale = ScaleLinear<number, number>;

/** A choice is about one answer: with the next one it is gone. */
function useChosen(answer: ExploreSeriesAnswer): [Period | undefined, (period: Period | undefined) => void] {
  const [state, setState] = useState<{ readonly answer: ExploreSeriesAnswer; readonly period: Period | undefined }>({
    answer,
    period: undefined,
  });
  return [state.answer === answer ? state.period : undefined, (period) => setState({ answer, period })];
}

const within = (event: PointerEvent<SVGSVGElement>): number => event.clientX - event.currentTarget.getBoundingClientRect().left;

function stepAt(answer: ExploreSeriesAnswer, x: TimeScale, event: PointerEvent<SVGSVGElement>): number | null {
  const at = x.invert(within(event)).getTime();
  if (at < answer.from || at >= answer.to) return null;
  return Math.floor((at - stepStart(answer, 0)) / (answer.stepSeconds * 1000));
}

function useDrag(
  answer: ExploreSeriesAnswer,
  x: TimeScale,
  choose: (period: Period | undefined) => void,
  onPeriod: (period: Period) => void,
) {
  const start = useRef<number | null>(null);
  const periodTo = (position: number): Period | undefined => {
    if (start.current === null || Math.abs(position - start.current) < LEAST_DRAG_PX) return undefined;
    return toSteps(answer, x.invert(start.current).getTime(), x.invert(position).getTime());
  };
  return {
    onPointerDown: (event: PointerEvent<SVGSVGElement>): void => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      start.current = within(event);
    },
    onPointerMove: (event: PointerEvent<SVGSVGElement>): void => {
      if (start.current !== null) choose(periodTo(within(event)));
    },
    onPointerUp: (event: PointerEvent<SVGSVGElement>): void => {
      const period = periodTo(within(event));
      start.current = null;
      choose(undefined);
      if (period) onPeriod(period);
    },
    onPointerCancel: (): void => {
      start.current = null;
      choose(undefined);
    },
  };
}

function bandPath(band: Band, runs: readonly number[][], answer: ExploreSeriesAnswer, x: TimeScale, y: ValueScale): string {
  const draw = area<{ readonly at: number; readonly index: number }>()
    .x((point) => x(Math.max(answer.from, point.at)))
    .y0((point) => y(band.lower[point.index] ?? 0))
    .y1((point) => y(band.upper[point.index] ?? 0));
  const corners = (index: number) => [
    { at: stepStart(answer, index), index },
    { at: stepStart(answer, index + 1), index },
  ];
  return runs.map((run) => draw(run.flatMap(corners)) ?? '').join('');
}

function Chosen({ period, x, height }: { readonly period: Period; readonly x: TimeScale; readonly height: number }) {
  return (
    <g className="chosen">
      <rect x={x(period.from)} y={14} width={Math.max(1, x(period.to) - x(period.from))} height={height - 42} />
      <line x1={x(period.from)} x2={x(period.from)} y1={10} y2={height - 24} />
      <line x1={x(period.to)} x2={x(period.to)} y1={10} y2={height - 24} />
    </g>
  );
}

function ChosenWords({ period }: { readonly period: Period }) {
  const format = useFormat();
  return <span>{format.span(period.from, period.to)}</span>;
}

interface BrushKeysProps {
  readonly answer: ExploreSeriesAnswer;
  readonly chosen: Period | undefined;
  readonly onChoose: (period: Period | undefined) => void;
  readonly onPeriod: (period: Period) => void;
}

/** The two ends as sliders: seen only while one has the focus. */
function BrushKeys({ answer, chosen, onChoose, onPeriod }: BrushKeysProps) {
  const words = useWords();
  const format = useFormat();
  const count = answer.series[0]?.values.length ?? 0;
  const step = answer.stepSeconds * 1000;
  const first = stepStart(answer, 0);
  const low = chosen ? Math.round((chosen.from - first) / step) : 0;
  const high = chosen ? Math.round((chosen.to - first) / step) : count;
  const choose = (from: number, to: number): void =>
    onChoose({ from: Math.max(answer.from, stepStart(answer, from)), to: stepStart(answer, to) });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && chosen) onPeriod(chosen);
    if (event.key === 'Escape') onChoose(undefined);
  };
  const slider = (label: string, value: number, range: readonly [number, number], set: (value: number) => void) => (
    <label className="brush-key">
      <span>{`${label}: ${format.dateTime(stepStart(answer, value))}`}</span>
      <input
        type="range"
        aria-label={label}
        aria-valuetext={format.dateTime(stepStart(answer, value))}
        min={range[0]}
        max={range[1]}
        value={value}
        onChange={(event) => set(Number(event.currentTarget.value))}
        onKeyDown={onKeyDown}
      />
    </label>
  );
  return (
    <div className="brush-keys">
      {slider(words.explore.brushFrom, low, [0, Math.max(0, high - 1)], (value) => choose(value, high))}
      {slider(words.explore.brushTo, high, [Math.min(count, low + 1), count], (value) => choose(low, value))}
    </div>
  );
}

interface LegendProps {
  readonly answer: ExploreSeriesAnswer;
  readonly bands: readonly Band[];
  readonly hovered: number | null;
}

/** Totals, or the step under the pointer. */
function Legend({ answer, bands, hovered }: LegendProps) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const total = bands.reduce((sum, band) => sum + band.total, 0);
  const isSplit = bands.some((band) => band.key !== null);
  const at = hovered === null ? null : format.time(stepStart(answer, hovered));
  const figure = (band: Band): string => {
    if (hovered === null) return format.count(band.total);
    return isUnwatched(answer, hovered) ? words.common.noData : format.count(band.values[hovered] ?? 0);
  };
  return isSplit || at !== null ? (
    <ul className="legend">
      {bands.map((band) => (
        <li key={band.key}>
          {band.key === null ? null : <ClassMark id={band.key} />}
          <span>
            {answer.series.find((one) => one.key === band.key)?.label[language]}
            <span>
              <b>{figure(band)}</b> <span className="quiet">{at ?? format.share(band.total, total)}</span>
            </span>
          </span>
        </li>
      ))}
    </ul>
  ) : null;
}
