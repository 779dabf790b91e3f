/**
 * What changed, told to open screens as server-sent events.
 *
 * Announcements of one kind within a short time are told once: a screen wants to know
 * that traffic came, not each batch of it.
 */
import type { HubEvent } from './contract.ts';

export type EventKind = HubEvent['kind'];
type Listener = (event: HubEvent) => void;

const QUIET_MS = 500;

export interface EventBus {
  announce(tenant: string, kind: EventKind, id: string | null): void;
  listen(tenant: string, listener: Listener): () => void;
}

export function createEventBus(now: () => number): EventBus {
  const listeners = new Map<string, Set<Listener>>();
  const waiting = new Map<string, NodeJS.Timeout>();
  const tell = (tenant: string, event: HubEvent): void => {
    for (const listener of listeners.get(tenant) ?? []) listener(event);
  };
  return {
    announce(tenant, kind, id) {
      if (!listeners.has(tenant)) return;
      const key = `${tenant}\u001f${kind}\u001f${id ?? ''}`;
      if (waiting.has(key)) return;
      const timer = setTimeout(() => {
        waiting.delete(key);
        tell(tenant, { kind, at: now(), id });
      }, QUIET_MS);
      timer.unref();
      waiting.set(key, timer);
    },
    listen(tenant, listener) {
      const own = listeners.get(tenant) ?? new Set();
      listeners.set(tenant, own.add(listener));
      return () => {
        own.delete(listener);
        if (own.size === 0) listeners.delete(tenant);
      };
    },
  };
}
