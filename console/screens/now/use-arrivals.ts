/**
 * The stream of arrivals, as long as somebody looks: a hidden tab lets go of it, because a
 * browser allows few connections to one hub. A stream that falls silent is stale, and the
 * picture says so instead of going on.
 */
import { useEffect, useRef, useState } from 'react';
import type { Arrivals } from '../../../src/server/contract.ts';
import { hubUrl } from '../../api.ts';
import { type ArrivalsWindow, EMPTY_WINDOW, withMessage } from './arrivals-window.ts';

const STALE_MS = 5000;

export interface ArrivalsState {
  readonly latest: Arrivals | null;
  readonly window: ArrivalsWindow;
  /** When the last message came, by this machine's clock. */
  readonly receivedAt: number | null;
  readonly isStale: boolean;
}

const NOTHING: ArrivalsState = { latest: null, window: EMPTY_WINDOW, receivedAt: null, isStale: false };

/** While paused, messages pass unused: the figures stand still with the picture. */
export function useArrivals(isPaused: boolean): ArrivalsState {
  const [state, setState] = useState(NOTHING);
  const paused = useRef(isPaused);
  const isVisible = useVisible();
  useEffect(() => {
    paused.current = isPaused;
  }, [isPaused]);
  useEffect(() => {
    if (!isVisible) return undefined;
    const source = new EventSource(hubUrl('/arrivals'));
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    const expectNext = (): void => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => setState((before) => ({ ...before, isStale: true })), STALE_MS);
    };
    source.addEventListener('message', ({ data }: MessageEvent<string>) => {
      expectNext();
      if (!paused.current) setState((before) => withArrivals(before, JSON.parse(data) as Arrivals));
      else setState((before) => (before.isStale ? { ...before, isStale: false } : before));
    });
    expectNext();
    return () => {
      clearTimeout(watchdog);
      source.close();
    };
  }, [isVisible]);
  return state;
}

const withArrivals = (before: ArrivalsState, latest: Arrivals): ArrivalsState => ({
  latest,
  window: withMessage(before.window, latest),
  receivedAt: Date.now(),
  isStale: false,
});

function useVisible(): boolean {
  const [isVisible, setIsVisible] = useState(() => !document.hidden);
  useEffect(() => {
    const listener = (): void => setIsVisible(!document.hidden);
    document.addEventListener('visibilitychange', listener);
    return () => document.removeEventListener('visibilitychange', listener);
  }, []);
  return isVisible;
}
