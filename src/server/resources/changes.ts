/** What changes, as server-sent events. */
import { streamSSE } from 'hono/streaming';
import type { ServerParts } from '../parts.ts';
import { type Api, declareStream } from '../route.ts';
import { requires, type SessionRules } from '../session.ts';

const KEEP_ALIVE_MS = 20_000;

export function changeRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  declareStream(api, 'get', '/events', 'status.read', 'Changes as they happen', 'text/event-stream');
  api.get('/events', requires('status.read', rules), (c) =>
    streamSSE(c, async (stream) => {
      const stop = parts.events.listen(c.get('session').tenant, (event) => void stream.writeSSE({ data: JSON.stringify(event) }));
      stream.onAbort(stop);
      while (!stream.aborted && !stream.closed) {
        await stream.writeSSE({ event: 'alive', data: '' });
        await stream.sleep(KEEP_ALIVE_MS);
      }
      stop();
    }),
  );
}
