/**
 * The hub says what changed; the console asks again for just that.
 *
 * Events come in bursts while a large file is read, so they are gathered for a moment.
 * A lost connection is shown, not hidden: figures stay and are dated. The browser
 * reconnects by itself, and then everything is asked for once, because events were missed.
 */
import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { HubEvent } from '../src/server/contract.ts';
import { hubUrl } from './api.ts';

const GATHER_MS = 700;
/** Figures over a day are dear and change slowly: while traffic flows they are asked for this often, the first time at once. */
const TRAFFIC_EVERY_MS = 10_000;

type Connection = 'starting' | 'open' | 'lost';
type Listener = () => void;

const STALE_KEYS: Readonly<Record<HubEvent['kind'], readonly string[]>> = {
  intake: ['intake', 'status'],
  traffic: ['status'],
  finding: ['finding', 'c2', 'status'],
  case: ['case', 'status', 'watch'],
  notice: ['notice', 'case', 'status'],
  alarm: ['alarm', 'status', 'watch'],
  alert: ['alert'],
  constituent: ['constituent', 'case', 'alert', 'status'],
  sensor: ['sensor', 'statistics', 'traffic', 'watch'],
  surge: ['surge'],
};

let connection: Connection = 'starting';
const connectionListeners = new Set<Listener>();
const eventListeners = new Set<(kinds: ReadonlySet<HubEvent['kind']>) => void>();

function setConnection(next: Connection): void {
  if (next === connection) return;
  connection = next;
  for (const listener of connectionListeners) listener();
}

export function startLive(client: QueryClient): () => void {
  const source = new EventSource(hubUrl('/events'));
  const refreshTraffic = atMostEvery(TRAFFIC_EVERY_MS, () => {
    for (const key of ['traffic', 'watch']) void client.invalidateQueries({ queryKey: [key] }, { cancelRefetch: false });
  });
  const pending = new Set<HubEvent['kind']>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    timer = undefined;
    const kinds = new Set(pending);
    pending.clear();
    for (const key of new Set([...kinds].flatMap((kind) => STALE_KEYS[kind]))) void client.invalidateQueries({ queryKey: [key] });
    if (kinds.has('traffic')) refreshTraffic.ask();
    for (const listener of eventListeners) listener(kinds);
  };
  source.addEventListener('open', () => {
    if (connection === 'lost') void client.invalidateQueries();
    setConnection('open');
  });
  source.addEventListener('error', () => setConnection('lost'));
  source.addEventListener('message', (message: MessageEvent<string>) => {
    const event = parseEvent(message.data);
    if (!event) return;
    pending.add(event.kind);
    timer ??= setTimeout(flush, GATHER_MS);
  });
  return () => {
    clearTimeout(timer);
    refreshTraffic.stop();
    source.close();
  };
}

/** The first time at once, then never closer together than `ms`; what was asked meanwhile is done at the end of it. */
function atMostEvery(ms: number, work: () => void): { readonly ask: () => void; readonly stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAsked = false;
  const ask = (): void => {
    if (timer !== undefined) {
      isAsked = true;
      return;
    }
    work();
    timer = setTimeout(() => {
      timer = undefined;
      if (isAsked) ask();
    }, ms);
    isAsked = false;
  };
  return { ask, stop: () => clearTimeout(timer) };
}

/** An event kind this console does not know belongs to a newer hub and is left alone. */
function parseEvent(data: string): HubEvent | undefined {
  try {
    const event = JSON.parse(data) as HubEvent;
    return event.kind in STALE_KEYS ? event : undefined;
  } catch {
    return undefined;
  }
}

const subscribe = (listener: Listener): (() => void) => {
  connectionListeners.add(listener);
  return () => connectionListeners.delete(listener);
};

export const useConnection = (): Connection => useSyncExternalStore(subscribe, () => connection);

export function onHubEvents(listener: (kinds: ReadonlySet<HubEvent['kind']>) => void): () => void {
  eventListeners.add(listener);
  return () => eventListeners.delete(listener);
}
