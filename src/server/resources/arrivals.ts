/** What arrives, second by second, for the live picture: countries and classes, never addresses. */
import { streamSSE } from 'hono/streaming';
import type { ServerParts } from '../parts.ts';
import { type Api, declareStream } from '../route.ts';
import { requires, type SessionRules } from '../session.ts';

export function arrivalRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  declareStream(api, 'get', '/arrivals', 'traffic.read', 'What arrives, each second, or the last stored hour again', 'text/event-stream');
  api.get('/arrivals', requires('traffic.read', rules), (c) =>
    streamSSE(c, async (stream) => {
      const ended = Promise.withResolvers<void>();
      const stop = parts.arrivals.listen(c.get('session').tenant, (message) => void stream.writeSSE({ data: JSON.stringify(message) }));
      stream.onAbort(ended.resolve);
      await ended.promise;
      stop();
    }),
  );
}
