/**
 * The world with the tower in it. Land, rings, faint arcs and names are SVG and change
 * seldom; what moves is drawn above them on a canvas of its own. All of it is hidden from
 * assistive tools: the table beside it carries the same figures.
 */

import { borders, land, places } from 'virtual:world-map';
import { geoCircle, geoPath } from 'd3-geo';
import { memo, useEffect, useMemo, useRef } from 'react';
import { useFormat } from '../format.ts';
import { usePreferences, useWords } from '../preferences.tsx';
import { CLASS_ORDER } from './icons.tsx';
import { arcPath } from './map-curves.ts';
import { placeLabels } from './map-labels.ts';
import type { Departure, Look } from './map-painter.ts';
import { MAP_HEIGHT, MAP_WIDTH, mapProjection, type Point } from './map-projection.ts';
import { MapStage, type Motion, type Pace, type StageMessage } from './map-stage.ts';
import { useRoom } from './use-room.ts';

const RINGS_KM = [2500, 5000, 10_000];
const KM_A_DEGREE = 111.195;
const LABEL_PX = 12;
const NAMED = 8;
const MOST_ARCS = 60;

export interface MapArrival {
  readonly country: string;
  readonly class: string;
  readonly marks: number;
}

interface MapViewProps {
  /** Longitude and latitude of the tower. */
  readonly place: { readonly longitude: number; readonly latitude: number };
  /** Sets out when the list changes. */
  readonly arrivals: readonly MapArrival[];
  /** Countries in order of importance: the first ones get a name. */
  readonly countries: readonly string[];
  readonly motion: Motion;
  readonly isSurging: boolean;
}

/** Whether the map knows where this country is. */
export const hasPlace = (country: string): boolean => country in places;

export function MapView({ place, arrivals, countries, motion, isSurging }: MapViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const { width } = useRoom(box);
  const tower = useTower(place.longitude, place.latitude);
  const shown = countries.filter(hasPlace).slice(0, MOST_ARCS);
  const key = shown.join(' ');
  return (
    <div className="map-sea" aria-hidden="true">
      <div className={`map-room${isSurging ? ' surging' : ''}${motion === 'moving' ? '' : ' at-rest'}`} ref={box}>
        <Ground x={tower[0]} y={tower[1]} longitude={place.longitude} latitude={place.latitude} unit={MAP_WIDTH / width} />
        <Ways countries={key} x={tower[0]} y={tower[1]} />
        <Marks width={width} tower={tower} arrivals={arrivals} motion={motion} />
        <Names countries={key} x={tower[0]} y={tower[1]} unit={MAP_WIDTH / width} />
      </div>
    </div>
  );
}

function useTower(longitude: number, latitude: number): Point {
  return useMemo(() => mapProjection()([longitude, latitude]) ?? [0, 0], [longitude, latitude]);
}

const VIEW = `0 0 ${MAP_WIDTH} ${MAP_HEIGHT}`;

interface GroundProps {
  readonly x: number;
  readonly y: number;
  readonly longitude: number;
  readonly latitude: number;
  /** Map units in one pixel. */
  readonly unit: number;
}

/** Land, and how far away things are. */
const Ground = memo(({ x, y, longitude, latitude, unit }: GroundProps) => {
  const words = useWords();
  const format = useFormat();
  const projection = mapProjection();
  const path = geoPath(projection).digits(1);
  const rings = RINGS_KM.map((km) =>
    geoCircle()
      .center([longitude, latitude])
      .radius(km / KM_A_DEGREE)(),
  );
  return (
    <svg viewBox={VIEW}>
      <path d={land} className="land" />
      <path d={borders} className="borders" strokeWidth={0.6 * unit} />
      {rings.map((ring, index) => (
        <path key={RINGS_KM[index]} d={path(ring) ?? ''} className="ring" strokeWidth={unit} strokeDasharray={`${unit} ${4 * unit}`} />
      ))}
      {unit < 2
        ? RINGS_KM.slice(0, 2).map((km) => {
            const label = projection([longitude + 4, latitude - km / KM_A_DEGREE]);
            return label ? (
              <text key={km} x={label[0]} y={label[1] - 3 * unit} fontSize={11 * unit} strokeWidth={3 * unit} className="ring-label">
                {words.map.kilometres(format.count(km))}
              </text>
            ) : null;
          })
        : null}
      <g className="ripples" transform={`translate(${x} ${y})`} strokeWidth={1.2 * unit}>
        {[14, 22, 30].map((radius) => (
          <circle key={radius} r={radius * unit} />
        ))}
      </g>
    </svg>
  );
});

interface WaysProps {
  readonly countries: string;
  readonly x: number;
  readonly y: number;
}

/** The faint full path of every arc that is in use, and the dot it begins at. */
const Ways = memo(({ countries, x, y }: WaysProps) => {
  const points = countries.split(' ').flatMap((code) => (places[code] ? [places[code]] : []));
  return (
    <svg viewBox={VIEW}>
      <path className="ways" d={points.map((from) => arcPath(from, [x, y])).join('')} />
      {points.map(([cx, cy]) => (
        <circle key={`${cx} ${cy}`} className="source" cx={cx} cy={cy} r="2.4" />
      ))}
    </svg>
  );
});

interface NamesProps extends WaysProps {
  readonly unit: number;
}

/** Names of the busiest sources, and the tower itself above everything. */
const Names = memo(({ countries, x, y, unit }: NamesProps) => {
  const format = useFormat();
  const names = countries
    .split(' ')
    .slice(0, NAMED)
    .flatMap((code) => (places[code] ? [{ key: code, text: format.country(code), at: places[code] }] : []));
  const labels = placeLabels(names, [x, y], LABEL_PX * unit);
  return (
    <svg viewBox={VIEW}>
      {labels.map((label) => (
        <text
          key={label.key}
          x={label.x}
          y={label.y}
          textAnchor={label.anchor}
          className="place"
          fontSize={LABEL_PX * unit}
          strokeWidth={3.5 * unit}
        >
          {label.text}
        </text>
      ))}
      <g transform={`translate(${x} ${y}) scale(${Math.min(1.6, unit)})`} className="tower">
        <circle r="11" />
        <path d="M-6.5 -1.8 0 -6.200 6.500 -1.800M-4.200 1.800H4.200M-3.200 -2V1.800M3.200 -2V1.800M-3.200 1.800-4.800 6.600M3.200 1.800 4.800 6.600" />
      </g>
    </svg>
  );
});

interface MarksProps {
  readonly width: number;
  readonly tower: Point;
  readonly arrivals: readonly MapArrival[];
  readonly motion: Motion;
}

type Send = (message: Exclude<StageMessage, { kind: 'canvas' }>) => void;

function Marks({ width, tower, arrivals, motion }: MarksProps) {
  const host = useRef<HTMLDivElement>(null);
  const send = useRef<Send>(() => undefined);
  const { theme } = usePreferences();
  useEffect(() => {
    if (!host.current) return undefined;
    const stage = openStage(host.current);
    send.current = stage.send;
    return stage.close;
  }, []);
  useEffect(() => {
    // A new theme reaches the page's colours after this effect; the next frame has them.
    const request = requestAnimationFrame(() => host.current && send.current({ kind: 'look', look: lookOf(host.current, width, theme) }));
    return () => cancelAnimationFrame(request);
  }, [width, theme]);
  useEffect(() => send.current({ kind: 'motion', motion }), [motion]);
  useEffect(() => {
    const departures = arrivals.flatMap((one): Departure[] => {
      const from = places[one.country];
      return from && one.marks > 0 ? [{ from, class: one.class, marks: one.marks }] : [];
    });
    if (departures.length > 0) send.current({ kind: 'depart', departures, to: tower });
  }, [arrivals, tower]);
  return <div className="marks" ref={host} />;
}

/** Colours are read from the page, which has one set per theme; the theme is named so that a new one reads anew. */
function lookOf(element: HTMLElement, width: number, _theme: string): Look {
  const style = getComputedStyle(element);
  return {
    width,
    ratio: Math.min(2, window.devicePixelRatio || 1),
    colours: CLASS_ORDER.map((id) => [id, style.getPropertyValue(`--c-${id}`).trim()] as const),
  };
}

/** A canvas in a worker, or here where the browser does not lend canvases out. */
function openStage(host: HTMLElement): { readonly send: Send; readonly close: () => void } {
  const canvas = document.createElement('canvas');
  host.replaceChildren(canvas);
  const note = (pace: Pace): void => {
    host.dataset['pace'] = `${pace.frames} ${pace.marks} ${pace.busy}`;
  };
  if (typeof Worker === 'undefined' || typeof canvas.transferControlToOffscreen !== 'function') {
    const stage = new MapStage(note);
    stage.paintOn(canvas);
    return { send: (message) => stage.take(message), close: () => stage.stop() };
  }
  const worker = new Worker(new URL('./map-worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }: MessageEvent<Pace>) => note(data));
  const lent = canvas.transferControlToOffscreen();
  worker.postMessage({ kind: 'canvas', canvas: lent } satisfies StageMessage, [lent]);
  return { send: (message) => worker.postMessage(message), close: () => worker.terminate() };
}
