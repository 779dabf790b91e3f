/** A hub without its console, to be killed by tests: stores, door and live input as in earnest. */
import { existsSync, writeFileSync } from 'node:fs';
import { serve } from '@hono/node-server';
import { readConfig } from '../../src/engine/config.ts';
import { openHub } from '../../src/main.ts';

export interface HubChildOrder {
  readonly data: string;
  readonly port: number;
  readonly sources: readonly Record<string, unknown>[];
  /** A token for the sensor 'edge-1' is put here when the file is absent. */
  readonly tokenFile: string;
}

const order = JSON.parse(process.argv[2] ?? '{}') as HubChildOrder;
const { data, port, sources, tokenFile } = order;
const config = readConfig({ environment: {}, overrides: { data, sources, server: { port }, log: { level: 'error' } } });
// An engine that dies while the hub opens ends the start, as it would for `yagura start`; a supervisor tries again.
const hub = await openHub(config).catch((error: unknown) => {
  process.stderr.write(`the hub could not open: ${String(error)}\n`);
  process.exit(69);
});
if (!existsSync(tokenFile)) writeFileSync(tokenFile, await hub.createToken('main', 'sensor', 'edge-1'));
const server = serve({ fetch: hub.app.fetch, hostname: '127.0.0.1', port });
const live = await hub.startLive(config.sources);
const jobs = hub.startJobs();
process.stdout.write('open\n');
process.once('SIGTERM', () => {
  void (async () => {
    await live.stop();
    server.close();
    await jobs.stop();
    await hub.close();
    process.exit(0);
  })();
});
