/** Runs the hub: the console, the API and the work in the background. */
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ServerType, serve } from '@hono/node-server';
import type { Config } from '../../engine/config.ts';
import { YaguraError } from '../../engine/errors.ts';
import type { Hub } from '../../main.ts';
import { buildConsole } from '../../server/console-build.ts';
import { isLoopback } from '../../server/session.ts';
import { type Command, DATA_OPTIONS, type Invocation, isSet, numberOption, textOption } from '../command.ts';
import { configOf, findRunningHub, RUNNING_HUB_FILE } from '../hub-client.ts';
import { describeSource, LIVE_OPTIONS, sourcesOf } from '../live-options.ts';
import { printJson, say } from '../output.ts';

const DEMO_SEED = 42;
const DEMO_FOLDER = 'yagura-data/demo';

const command: Command = {
  usage: 'start [--data DIR] [--port 8600] [--demo] [--listen KIND[:PORT][@ADDRESS]]... [--capture FILE|-]... [--sensor ID]',
  summary: 'Runs the hub and its console; without --data, on a simulated country.',
  options: { ...DATA_OPTIONS, ...LIVE_OPTIONS, port: { type: 'string' }, demo: { type: 'boolean' } },
  async run(invocation) {
    const isDemo = isSet(invocation, 'demo') || isUnconfigured(invocation);
    const config = configFor(invocation, isDemo);
    refuseOpenDoors(config);
    const running = findRunningHub(config.data);
    if (running)
      throw new YaguraError('data-directory-in-use', `a hub already runs on this data folder, at ${running.url}`, { file: config.data });
    say('Preparing the console ...');
    const consoleFolder = await buildConsole();
    const { openHub } = await import('../../main.ts');
    const hub = await openHub(config, { consoleFolder, ...(isDemo ? { simulationSeed: DEMO_SEED } : {}) });
    const { server, url } = await listen(hub, config).catch(async (error: unknown) => {
      await hub.close();
      throw error;
    });
    announceHub(config, hub, url);
    if (isSet(invocation, 'json')) printJson({ url, data: config.data, simulation: isDemo });
    say(`Yagura watches at ${url}`);
    if (isDemo) say(`This is a simulated country in ${config.data}. For your own data: ./yagura start --data my-data`);
    else say(`Feed it: ./yagura ingest --data ${config.data} FILE...`);
    if (!isDemo && !config.isSenderSet) say('Notices carry no sender yet: set `sender` in the configuration before any goes out.');
    const live = await hub.startLive([...config.sources, ...sourcesOf(invocation)]).catch(async (error: unknown) => {
      server.close();
      rmSync(join(config.data, RUNNING_HUB_FILE), { force: true });
      await hub.close();
      throw error;
    });
    for (const one of live.running) say(describeSource(one));
    const background = await startBackground(hub, isDemo);
    await untilAskedToStop();
    say('Closing ...');
    await live.stop();
    server.close();
    await background.stop();
    rmSync(join(config.data, RUNNING_HUB_FILE), { force: true });
    await hub.close();
    return 0;
  },
};
export default command;

function isUnconfigured(invocation: Invocation): boolean {
  return (
    textOption(invocation, 'data') === undefined &&
    textOption(invocation, 'config') === undefined &&
    configOf(invocation).data === resolve('yagura-data')
  );
}

function configFor(invocation: Invocation, isDemo: boolean): Config {
  const port = numberOption(invocation, 'port');
  const data = textOption(invocation, 'data') ?? (isDemo ? DEMO_FOLDER : undefined);
  const overrides = { ...(port === undefined ? {} : { server: { port } }), ...(data === undefined ? {} : { data: resolve(data) }) };
  return configOf(invocation, overrides);
}

function refuseOpenDoors({ server }: Config): void {
  if (isLoopback(server.address) || server.accessToken !== undefined) return;
  throw new YaguraError(
    'config-invalid',
    `the hub may listen on ${server.address} only with an access token: set server.accessToken or YAGURA_ACCESS_TOKEN`,
  );
}

async function listen(hub: Hub, config: Config): Promise<{ server: ServerType; url: string }> {
  const { address, port } = config.server;
  return new Promise((done, fail) => {
    const server = serve({ fetch: hub.app.fetch, hostname: address, port }, (info) => {
      const name = isLoopback(address) ? 'localhost' : address.includes(':') ? `[${address}]` : address;
      done({ server, url: `http://${name}:${info.port}` });
    });
    server.on('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? `port ${port} is taken; name another with --port` : cause.message;
      fail(new YaguraError('config-invalid', reason, { cause }));
    });
  });
}

/** Where commands find this hub, and the token that proves they belong to the same user. */
function announceHub(config: Config, hub: Hub, url: string): void {
  const content = JSON.stringify({ pid: process.pid, url, token: hub.localToken });
  writeFileSync(join(config.data, RUNNING_HUB_FILE), content, { mode: 0o600 });
}

async function startBackground(hub: Hub, isDemo: boolean): Promise<{ stop(): Promise<void> }> {
  const jobs = hub.startJobs();
  if (!isDemo) return jobs;
  const { startDemo } = await import('../demo.ts');
  const demo = startDemo(hub, DEMO_SEED);
  return {
    async stop() {
      await demo.stop();
      await jobs.stop();
    },
  };
}

function untilAskedToStop(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
}
