/**
 * The last 24 hours at the head of every screen: how much came in, when nobody watched
 * (hatched) and where the bell rang. No figure below is read without knowing this.
 */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Watch } from '../../src/server/contract.ts';
import { type Format, useFormat } from '../format.ts';
import { useConnection } from '../live.ts';
import { Bell } from '../parts/icons.tsx';
import { usePreferences, useWords } from '../preferences.tsx';
import { watchQuery } from '../queries.ts';
import type { Words } from '../words/ja.ts';

const FLOOR = 36;
const TALLEST = 24;
const HOUR_MS = 3_600_000;
const CLOCK_MS = 20_000;

export function WatchBand() {
  const words = useWords();
  const watch = useQuery(watchQuery());
  return (
    <div className="watch">
      <span className="nowrap label">{words.watch.label}</span>
      {watch.data ? <Drawing watch={watch.data} /> : <div className="drawing" />}
      <Clock
        hubAhead={hubAhead(watch.data, watch.dataUpdatedAt)}
        updatedAt={watch.dataUpdatedAt}
        hasFailed={watch.isError || watch.isRefetchError}
      />
    </div>
  );
}

function Drawing({ watch }: { readonly watch: Watch }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const span = watch.to - watch.from;
  const place = (at: number): string => `${Math.min(100, Math.max(0, ((at - watch.from) / span) * 100))}%`;
  const isEmpty = watch.packets.every((count) => count === 0);
  return (
    <div className="drawing" role="img" aria-label={describe(watch, words, format, language)}>
      <Bars watch={watch} />
      {watch.gaps.map((gap) => (
        <span
          key={gap.from}
          className="hatch"
          style={{ left: place(gap.from), width: `calc(${place(Math.min(gap.to, watch.to))} - ${place(gap.from)})` }}
        />
      ))}
      {hours(watch).map((at) => (
        <span key={at} className="hour" style={{ left: place(at) }}>
          {format.time(at).slice(0, 2)}
        </span>
      ))}
      {watch.bells.map((bell) => (
        <span key={`${bell.at} ${bell.text.en}`} className="bell" style={{ left: place(bell.at) }} title={bell.text[language]}>
          <Bell />
        </span>
      ))}
      {isEmpty && watch.bells.length === 0 ? (
        <span className="nothing">
          <span>{words.watch.nothing}</span>
        </span>
      ) : null}
    </div>
  );
}

function Bars({ watch }: { readonly watch: Watch }) {
  const count = Math.max(1, watch.packets.length);
  const highest = Math.max(1, ...watch.packets);
  const stepMs = watch.stepSeconds * 1000;
  const isGap = (index: number): boolean => {
    const middle = watch.from + (index + 0.5) * stepMs;
    return watch.gaps.some((gap) => middle >= gap.from && middle < gap.to);
  };
  const bars = watch.packets.map((packets, index) =>
    packets > 0 && !isGap(index) ? `M${index} ${FLOOR}h.72v${-Math.max(1, (TALLEST * packets) / highest)}h-.72z` : '',
  );
  return (
    <svg className="bars" viewBox={`0 0 ${count} 39`} preserveAspectRatio="none" aria-hidden="true">
      <path d={bars.join('')} fill="var(--ink-3)" opacity=".62" />
    </svg>
  );
}

/** Every third hour, in the reader's zone. */
function hours(watch: Watch): number[] {
  const first = new Date(watch.from);
  first.setMinutes(0, 0, 0);
  const marks: number[] = [];
  for (let at = first.getTime() + HOUR_MS; at < watch.to - HOUR_MS / 2; at += HOUR_MS)
    if (new Date(at).getHours() % 3 === 0) marks.push(at);
  return marks;
}

function describe(watch: Watch, words: Words, format: Format, language: 'ja' | 'en'): string {
  const highest = Math.max(0, ...watch.packets);
  const peakAt = watch.from + watch.packets.indexOf(highest) * watch.stepSeconds * 1000;
  const gaps = watch.gaps.map((gap) => words.common.range(format.time(gap.from), format.time(gap.to)));
  const bells = watch.bells.map((bell) => `${format.time(bell.at)} ${bell.text[language]}`);
  return words.watch.describe(
    highest > 0 ? words.watch.peak(format.time(peakAt)) : '',
    gaps.length > 0 ? words.watch.gapList(format.list(gaps)) : words.watch.noGap,
    bells.length > 0 ? words.watch.bellList(format.list(bells)) : '',
  );
}

/** The time now, or, once the hub has gone quiet, when these figures are from. */
const CLOCKS_AGREE_MS = 120_000;

/** The time shown is the hub's, whose observations stand beside it; small differences are not worth a word. */
function hubAhead(watch: Watch | undefined, updatedAt: number): number {
  const ahead = watch ? watch.to - updatedAt : 0;
  return Math.abs(ahead) < CLOCKS_AGREE_MS ? 0 : ahead;
}

interface ClockProps {
  readonly hubAhead: number;
  readonly updatedAt: number;
  readonly hasFailed: boolean;
}

function Clock({ hubAhead: ahead, updatedAt, hasFailed }: ClockProps) {
  const words = useWords();
  const format = useFormat();
  const connection = useConnection();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), CLOCK_MS);
    return () => clearInterval(timer);
  }, []);
  if ((connection === 'lost' || hasFailed) && updatedAt > 0) {
    return <span className="nowrap amberc">{words.watch.stale(format.seconds(updatedAt))}</span>;
  }
  return (
    <span className="nowrap">
      <b>
        {format.time(now + ahead)} {format.zone}
      </b>
      <span className="day">　{format.longDate(now + ahead)}</span>
    </span>
  );
}
