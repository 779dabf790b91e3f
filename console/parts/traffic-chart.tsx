/**
 * Packets by class over time, stacked. Every bin is drawn as the step it is; a gap is
 * hatched over its whole time and nothing is drawn across it, because "nobody watched"
 * is neither zero nor a guess. Labels stand at the line; the legend carries the figures,
 * and those of one bin while the pointer is over it.
 */
import { max } from 'd3-array';
import { type ScaleLinear, type ScaleTime, scaleLinear, scaleTime } from 'd3-scale';
import { area, stack } from 'd3-shape';
import { useMemo, useRef, useState } from 'react';
import type { Traffic } from '../../src/server/contract.ts';
import { type Format, useFormat } from '../format.ts';
import { usePreferences, useWords } from '../preferences.tsx';
import { CLASS_ORDER, ClassMark, classColour } from './icons.tsx';
import { useRoom } from './use-room.ts';

const LABEL_GAP = 17;
const NARROW = 560;

interface Band {
  readonly id: string;
  readonly title: string;
  readonly total: number;
  readonly values: readonly number[]; // packets a minute, one per step
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}
type TimeScale = ScaleTime<number, number>;
type ValueScale = ScaleLinear<number, number>;

const rank = (id: string): number => (CLASS_ORDER.indexOf(id) + CLASS_ORDER.length) % CLASS_ORDER.length;

function toBands(traffic: Traffic, title: (text: Traffic['series'][number]['title']) => string): Band[] {
  const series = [...traffic.series].sort((a, b) => rank(a.class) - rank(b.class));
  const perMinute = traffic.stepSeconds / 60;
  const rows = (series[0]?.packets ?? []).map((_, index) => series.map((one) => (one.packets[index] ?? 0) / perMinute));
  const stacked = stack<number[], number>()
    .keys(series.map((_, index) => index))
    .value((row, key) => row[key] ?? 0)(rows);
  return series.map((one, index) => ({
    id: one.class,
    title: title(one.title),
    total: one.total,
    values: rows.map((row) => row[index] ?? 0),
    lower: stacked[index]?.map((point) => point[0]) ?? [],
    upper: stacked[index]?.map((point) => point[1]) ?? [],
  }));
}

/** Runs of steps without a gap in them: each is drawn on its own. */
function watchedRuns(traffic: Traffic): number[][] {
  const stepMs = traffic.stepSeconds * 1000;
  const count = traffic.series[0]?.packets.length ?? 0;
  const runs: number[][] = [[]];
  for (let index = 0; index < count; index++) {
    const middle = traffic.from + (index + 0.5) * stepMs;
    const isGap = traffic.gaps.some((gap) => middle >= gap.from && middle < gap.to);
    if (isGap) runs.push([]);
    else runs.at(-1)?.push(index);
  }
  return runs.filter((run) => run.length > 0);
}

export function TrafficChart({ traffic, description }: { readonly traffic: Traffic; readonly description: string }) {
  const { language } = usePreferences();
  const box = useRef<HTMLDivElement>(null);
  const { width, height } = useRoom(box);
  const [hovered, setHovered] = useState<number | null>(null);
  const bands = useMemo(() => toBands(traffic, (text) => text[language]), [traffic, language]);
  const runs = useMemo(() => watchedRuns(traffic), [traffic]);
  const right = width < NARROW ? 8 : 160;
  const x = scaleTime([traffic.from, traffic.to], [46, width - right]);
  const y = scaleLinear([0, max(bands.at(-1)?.upper ?? []) || 1], [height - 28, 14]).nice(4);
  return (
    <>
      <div className="chart-box">
        <div className="chart-room" ref={box}>
          <svg
            className="chart"
            width={width}
            height={height}
            role="img"
            aria-label={description}
            onPointerMove={(event) => setHovered(binAt(traffic, x, event.clientX - event.currentTarget.getBoundingClientRect().left))}
            onPointerLeave={() => setHovered(null)}
          >
            <HatchPattern id="traffic-hatch" />
            <ValueAxis y={y} from={46} to={width - right} />
            {bands.map((band) => (
              <path
                key={band.id}
                d={bandPath(band, runs, traffic, x, y)}
                fill={classColour(band.id)}
                stroke="var(--surface)"
                strokeWidth="0.5"
              />
            ))}
            <Gaps gaps={traffic.gaps} x={x} height={height} />
            <TimeAxis x={x} height={height} />
            {right > 100 ? <EndLabels bands={bands} runs={runs} y={y} x={width - right} height={height} /> : null}
            {hovered === null ? null : <Cursor x={x(traffic.from + (hovered + 0.5) * traffic.stepSeconds * 1000)} height={height} />}
          </svg>
        </div>
      </div>
      <Legend bands={bands} traffic={traffic} hovered={hovered} />
    </>
  );
}

function binAt(traffic: Traffic, x: TimeScale, position: number): number | null {
  const at = x.invert(position).getTime();
  if (at < traffic.from || at >= traffic.to) return null;
  return Math.floor((at - traffic.from) / (traffic.stepSeconds * 1000));
}

function bandPath(band: Band, runs: readonly number[][], traffic: Traffic, x: TimeScale, y: ValueScale): string {
  const stepMs = traffic.stepSeconds * 1000;
  const edge = (index: number): number => x(Math.min(traffic.to, traffic.from + index * stepMs));
  const draw = area<{ readonly x: number; readonly index: number }>()
    .x((point) => point.x)
    .y0((point) => y(band.lower[point.index] ?? 0))
    .y1((point) => y(band.upper[point.index] ?? 0));
  return runs
    .map(
      (run) =>
        draw(
          run.flatMap((index) => [
            { x: edge(index), index },
            { x: edge(index + 1), index },
          ]),
        ) ?? '',
    )
    .join('');
}

export const HatchPattern = ({ id }: { readonly id: string }) => (
  <defs>
    <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width="6" height="6" fill="var(--surface)" />
      <rect width="2.5" height="6" fill="var(--gap)" />
    </pattern>
  </defs>
);

export function ValueAxis({ y, from, to }: { readonly y: ValueScale; readonly from: number; readonly to: number }) {
  const format = useFormat();
  return y.ticks(4).map((tick) => (
    <g key={tick}>
      <line x1={from} x2={to} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
      <text x={from - 8} y={y(tick) + 4} textAnchor="end" className="t-q">
        {axisFigure(tick, format)}
      </text>
    </g>
  ));
}

/** Axis figures have little room: 12k and 3.4M in English, 1.2万 in Japanese. */
function axisFigure(value: number, format: Format): string {
  return value < 10_000
    ? format.count(value)
    : format
        .short(value)
        .replace(
          / (thousand|million|billion)$/,
          (_, unit: string) => ` ${unit.charAt(0) === 't' ? 'k' : unit.charAt(0) === 'm' ? 'M' : 'bn'}`,
        );
}

export function TimeAxis({ x, height }: { readonly x: TimeScale; readonly height: number }) {
  const format = useFormat();
  const [from, to] = x.range() as [number, number];
  const span = Number(x.domain()[1]) - Number(x.domain()[0]);
  const label = span <= 36 * 3_600_000 ? format.time : span <= 4 * 86_400_000 ? format.dateTime : format.date;
  const room = span <= 36 * 3_600_000 ? 70 : 96;
  const ticks = x.ticks(Math.max(2, Math.floor((to - from) / room)));
  const named = ticks.filter((tick) => tick.getTime() % 60_000 === 0); // labels say no seconds, and a minute is not named twice
  return named.map((tick) => (
    <text key={tick.getTime()} x={x(tick)} y={height - 6} textAnchor={x(tick) > to - 24 ? 'end' : 'middle'} className="t-q">
      {label(tick.getTime())}
    </text>
  ));
}

export function Gaps({ gaps, x, height }: { readonly gaps: Traffic['gaps']; readonly x: TimeScale; readonly height: number }) {
  const words = useWords();
  const [left, right] = x.range() as [number, number];
  return gaps.map((gap) => {
    const from = Math.max(left, x(gap.from));
    const to = Math.min(right, x(gap.to));
    return to > from ? (
      <g key={gap.from}>
        <rect
          x={from}
          y={14}
          width={Math.max(2, to - from)}
          height={height - 42}
          fill="url(#traffic-hatch)"
          stroke="var(--gap)"
          strokeWidth="0.5"
        />
        {to - from > 36 ? (
          <text x={(from + to) / 2} y={height / 2} textAnchor="middle" className="halo">
            {words.common.noData}
          </text>
        ) : null}
      </g>
    ) : null;
  });
}

/** Labels at the right end of their bands, pushed apart so that none covers another. */
function EndLabels({
  bands,
  runs,
  y,
  x,
  height,
}: {
  readonly bands: readonly Band[];
  readonly runs: readonly number[][];
  readonly y: ValueScale;
  readonly x: number;
  readonly height: number;
}) {
  const last = runs.at(-1)?.at(-1);
  if (last === undefined) return null;
  const wanted = bands
    .filter((band) => band.total > 0)
    .map((band) => ({ band, at: y(((band.lower[last] ?? 0) + (band.upper[last] ?? 0)) / 2) }))
    .sort((a, b) => b.at - a.at);
  let floor = height - 28;
  const placed = wanted.map(({ band, at }) => {
    const spot = Math.min(at, floor);
    floor = spot - LABEL_GAP;
    return { band, at, spot };
  });
  return placed.map(({ band, at, spot }) => (
    <g key={band.id}>
      <path d={`M${x + 2} ${at}L${x + 12} ${spot}`} stroke="var(--control)" fill="none" strokeWidth="0.75" />
      <g transform={`translate(${x + 14} ${spot - 7})`}>
        <ClassMark id={band.id} />
      </g>
      <text x={x + 32} y={spot + 4} className="t-ink">
        {band.title}
      </text>
    </g>
  ));
}

export const Cursor = ({ x, height }: { readonly x: number; readonly height: number }) => (
  <line x1={x} x2={x} y1={14} y2={height - 28} stroke="var(--ink)" strokeWidth="1" />
);

function Legend({
  bands,
  traffic,
  hovered,
}: {
  readonly bands: readonly Band[];
  readonly traffic: Traffic;
  readonly hovered: number | null;
}) {
  const format = useFormat();
  const words = useWords();
  const total = traffic.totals.packets;
  return (
    <ul className="legend">
      {bands.map((band) => (
        <li key={band.id}>
          <ClassMark id={band.id} />
          <span>
            {band.title}
            {hovered === null ? (
              <span>
                <b>{format.count(band.total)}</b> <span className="quiet">{format.share(band.total, total)}</span>
              </span>
            ) : (
              <span>
                <b>{format.count(Math.round((band.values[hovered] ?? 0) * 10) / 10)}</b>{' '}
                <span className="quiet">
                  {words.common.packetsPerMinute} {format.time(traffic.from + hovered * traffic.stepSeconds * 1000)}
                </span>
              </span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
