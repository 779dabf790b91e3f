/**
 * What arrives, as a picture and in figures. The picture says what it shows (live, a file
 * being read, an hour told again) and since when it stands still; the table under the same
 * heading is always there for those who cannot see it.
 */
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { Button } from 'react-aria-components';
import type { Arrivals } from '../../../src/server/contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { CLASS_ORDER, ClassMark } from '../../parts/icons.tsx';
import type { Motion } from '../../parts/map-stage.ts';
import { hasPlace, type MapArrival, MapView } from '../../parts/map-view.tsx';
import { Empty, LoadingLines, Panel } from '../../parts/page.tsx';
import { portLabel } from '../../parts/top-table.tsx';
import { useWords, wordFor } from '../../preferences.tsx';
import type { Words } from '../../words/ja.ts';
import { byCountry, type CountryFigures, classTotal, restOf, stillMarks, totalOf } from './arrivals-window.ts';
import { type ArrivalsState, useArrivals } from './use-arrivals.ts';

const STILL_RENEWED_MS = 10_000;

interface MapPanelProps {
  readonly isPaused: boolean;
  /** A surge passed its threshold within the last hour. */
  readonly isSurging: boolean;
}

export function MapPanel({ isPaused, isSurging }: MapPanelProps) {
  const words = useWords();
  const [isTable, setIsTable] = useState(false);
  const state = useArrivals(isPaused);
  const isStill = useReducedMotion();
  const countries = useMemo(() => byCountry(state.window), [state.window]);
  const end = (
    <Button className="linklike" onPress={() => setIsTable(!isTable)} aria-expanded={isTable}>
      {isTable ? words.map.asMap : words.common.asTable}
    </Button>
  );
  const motion: Motion = isStill ? 'still' : isPaused || state.isStale ? 'paused' : 'moving';
  return (
    <Panel className="map" title={words.map.title} note={<Meaning state={state} />} end={end}>
      {state.latest === null ? (
        <LoadingLines lines={9} />
      ) : (
        <>
          <Mode state={state} isPaused={isPaused} />
          {isTable ? null : (
            <Picture state={state} latest={state.latest} countries={countries} motion={motion} isSurging={isSurging && !state.isStale} />
          )}
          <div className={isTable ? 'map-table' : 'sr'}>
            <CountryTable countries={countries} rest={restOf(state.window)} total={totalOf(state.window)} />
          </div>
          <ClassLegend state={state} />
        </>
      )}
    </Panel>
  );
}

/** How much one mark stands for; nothing while each is one packet. */
function Meaning({ state }: { readonly state: ArrivalsState }) {
  const words = useWords();
  const perMark = state.latest?.packetsPerMark ?? 1;
  return perMark > 1 ? words.map.perMark(Math.round(perMark)) : words.map.eachMark;
}

interface ModeProps {
  readonly state: ArrivalsState;
  readonly isPaused: boolean;
}

/** What the picture shows, in one line. */
function Mode({ state, isPaused }: ModeProps) {
  const words = useWords();
  const format = useFormat();
  const { latest, receivedAt } = state;
  if (!latest || receivedAt === null) return null;
  const suffix = state.isStale ? (
    <span className="amberc">{words.watch.stale(format.seconds(receivedAt))}</span>
  ) : isPaused ? (
    <span>{words.map.paused(format.seconds(receivedAt))}</span>
  ) : null;
  return (
    <p className="map-mode">
      <span className="tag">{words.map.mode[latest.mode]}</span>
      <span>{modeWords(latest, words, format)}</span>
      {suffix}
    </p>
  );
}

function modeWords(latest: Arrivals, words: Words, format: Format): string {
  const { replay, newest } = latest;
  if (replay) {
    const span = words.common.range(format.dateTime(replay.from), format.time(replay.to));
    return `${words.map.replaying(span, replay.speed)} ${words.map.replayAt(format.time(replay.at))}`;
  }
  if (latest.mode === 'import' && newest !== null) return words.map.importing(format.dateTime(newest));
  return latest.mode === 'live' ? words.map.living : words.map.nothing;
}

interface PictureProps {
  readonly state: ArrivalsState;
  readonly latest: Arrivals;
  readonly countries: readonly CountryFigures[];
  readonly motion: Motion;
  readonly isSurging: boolean;
}

function Picture({ state, latest, countries, motion, isSurging }: PictureProps) {
  const still = useRenewed(state, motion === 'still');
  const arrivals: readonly MapArrival[] = motion === 'still' ? still : latest.rows;
  const codes = useSettled(countries);
  return <MapView place={latest.place} arrivals={arrivals} countries={codes} motion={motion} isSurging={isSurging} />;
}

/** The still picture: drawn with the first marks there are, then anew every ten seconds. */
function useRenewed(state: ArrivalsState, isStill: boolean): readonly MapArrival[] {
  const [shown, setShown] = useState<readonly MapArrival[]>([]);
  const latest = useRef(state.window);
  useEffect(() => {
    latest.current = state.window;
  });
  const hasMarks = state.window.messages.some((message) => message.packets > 0);
  useEffect(() => {
    if (!isStill || !hasMarks) return undefined;
    const renew = (): void => setShown(stillMarks(latest.current));
    renew();
    const timer = setInterval(renew, STILL_RENEWED_MS);
    return () => clearInterval(timer);
  }, [isStill, hasMarks]);
  return shown;
}

/** Countries in order, but names do not swap places every second. */
function useSettled(countries: readonly CountryFigures[]): readonly string[] {
  const [settled, setSettled] = useState<readonly string[]>([]);
  const latest = useRef(countries);
  useEffect(() => {
    latest.current = countries;
  });
  const hasSome = countries.length > 0;
  useEffect(() => {
    if (!hasSome) return undefined;
    const settle = (): void => setSettled(latest.current.map(({ country }) => country));
    settle();
    const soon = setTimeout(settle, 2000);
    const timer = setInterval(settle, STILL_RENEWED_MS);
    return () => {
      clearTimeout(soon);
      clearInterval(timer);
    };
  }, [hasSome]);
  return settled;
}

/** Exact figures of the window, one per class, in the order of the guide. */
function ClassLegend({ state }: { readonly state: ArrivalsState }) {
  const words = useWords();
  const format = useFormat();
  const total = totalOf(state.window);
  return (
    <>
      <ul className="legend">
        {CLASS_ORDER.map((id) => (
          <li key={id}>
            <ClassMark id={id} />
            <span>
              {wordFor(words.trafficClass, id)}
              <span>
                <b>{format.count(classTotal(state.window, id))}</b>{' '}
                <span className="quiet">{format.share(classTotal(state.window, id), total)}</span>
              </span>
            </span>
          </li>
        ))}
      </ul>
      <p className="map-foot">
        {windowWords(state, words)} {words.common.estimatedCountry}
      </p>
    </>
  );
}

function windowWords(state: ArrivalsState, words: Words): string {
  const count = state.window.messages.length;
  return state.latest?.replay ? words.map.windowReplay(count) : words.map.windowLive(count);
}

interface CountryTableProps {
  readonly countries: readonly CountryFigures[];
  readonly rest: number;
  readonly total: number;
}

function CountryTable({ countries, rest, total }: CountryTableProps) {
  const words = useWords();
  const format = useFormat();
  const columns = useMemo(() => countryColumns(words, format, total), [words, format, total]);
  if (countries.length === 0) return <Empty>{words.map.none}</Empty>;
  const unplaced = countries.filter(({ country }) => !hasPlace(country)).reduce((sum, { packets }) => sum + packets, 0);
  return (
    <>
      <DataTable caption={words.map.table} columns={columns} rows={countries} rowKey={(row) => row.country} total={countries.length} />
      {unplaced + rest > 0 ? <p className="chart-note">{words.map.unplaced(unplaced + rest)}</p> : null}
    </>
  );
}

function countryColumns(words: Words, format: Format, total: number): Column<CountryFigures>[] {
  return [
    {
      id: 'country',
      head: words.now.country,
      isRowHeader: true,
      cell: (row) => (row.country === '' ? words.common.unknown : format.country(row.country)),
    },
    { id: 'packets', head: words.now.packets, isNumber: true, cell: (row) => format.count(row.packets) },
    { id: 'share', head: words.now.share, isNumber: true, cell: (row) => format.share(row.packets, total) },
    {
      id: 'class',
      head: words.map.mostly,
      cell: (row) => (
        <span className="with-mark">
          <ClassMark id={row.class} /> {wordFor(words.trafficClass, row.class)}
        </span>
      ),
    },
    { id: 'port', head: words.map.port, cell: (row) => portLabel(row.protocol, row.port, words.common.none) },
  ];
}

const REDUCED = '(prefers-reduced-motion: reduce)';

function useReducedMotion(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = matchMedia(REDUCED);
      query.addEventListener('change', listener);
      return () => query.removeEventListener('change', listener);
    },
    () => matchMedia(REDUCED).matches,
  );
}
