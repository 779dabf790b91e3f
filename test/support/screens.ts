/** Every screen of the console with data on it, for tests and for pictures. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerType, serve } from '@hono/node-server';
import { parseConstituents } from '../../src/attribution/constituents-file.ts';
import { fixedClock } from '../../src/engine/clock.ts';
import { readConfig } from '../../src/engine/config.ts';
import { type Hub, openHub } from '../../src/main.ts';
import type { AlertPage } from '../../src/server/alert-contract.ts';
import { buildConsole } from '../../src/server/console-build.ts';
import type { CasePage, FindingPage, NoticePage } from '../../src/server/contract.ts';
import type { SurgePage } from '../../src/server/surge-contract.ts';
import { createCountry, DEFAULT_UNTIL } from '../../src/simulation/country.ts';
import { constituentsYaml, sensorOf } from '../../src/simulation/register.ts';
import { simulate } from '../../src/simulation/write.ts';

export interface Screen {
  readonly name: string;
  readonly path: string;
}

export interface Stage {
  readonly hub: Hub;
  readonly url: string;
  readonly screens: readonly Screen[];
  close(): Promise<void>;
}

export const STAGE_SEED = 42;

export interface StageOptions {
  /** Makes the data folder beforehand. */
  readonly prepare?: (data: string) => void;
  /** How many of the day's captures, the last ones; all when absent. */
  readonly captures?: number;
}

/** A hub on the simulated country at a fixed moment, with notices delivered, and one empty record to complain about. */
export async function openStage({ prepare, captures }: StageOptions = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'yagura-stage-'));
  prepare?.(join(folder, 'data'));
  const config = readConfig({ environment: {}, overrides: { data: join(folder, 'data'), log: { level: 'silent' }, server: { port: 0 } } });
  const hub = await openHub(config, { consoleFolder: await buildConsole(), simulationSeed: STAGE_SEED, clock: fixedClock(DEFAULT_UNTIL) });
  await fill(hub, folder, captures);
  const { server, url } = await listen(hub);
  return {
    hub,
    url,
    screens: await screensOf(hub),
    async close() {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await hub.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function fill(hub: Hub, folder: string, most = Number.POSITIVE_INFINITY): Promise<void> {
  const directory = join(folder, 'country');
  const country = createCountry({ seed: STAGE_SEED, scale: 'small', until: DEFAULT_UNTIL });
  const { captures, reports } = await simulate({ seed: STAGE_SEED, scale: 'small', directory, until: DEFAULT_UNTIL, log: hub.log });
  await hub.importConstituents(parseConstituents(constituentsYaml(country), 'simulation'));
  const sensor = sensorOf(country);
  await hub.setSensor(sensor);
  for (const name of [...captures.slice(-most), ...reports]) {
    await hub.pipeline.ingest({
      path: join(directory, name),
      name,
      tenant: 'main',
      ...(name.endsWith('.pcap') ? { sensor: sensor.id } : {}),
    });
  }
  const drifted = '"timestamp","ip","port","surprise"\n"2026-06-18 01:00:00","100.64.1.2",23,"new"\n"not a time","100.64.1.3",23,""\n';
  await ask(hub, '/intakes', { method: 'POST', body: drifted, headers: { 'x-file-name': '2026-06-18-scan_telnet-drifted.csv' } });
  const kev = readFileSync(new URL('../../src/surge/fixtures/kev-example.json', import.meta.url), 'utf8');
  await ask(hub, '/kev', { method: 'POST', body: JSON.stringify({ name: 'kev-example.json', text: kev }) });
  await ask(hub, '/notices/run', { method: 'POST' });
}

/** Surges are looked for in the background; an answer says when some of it is still open. */
async function judgedSurges(hub: Hub): Promise<SurgePage> {
  let page = await ask<SurgePage>(hub, '/surges');
  while (page.isBehind) page = await ask<SurgePage>(hub, '/surges');
  return page;
}

async function ask<T>(hub: Hub, path: string, init: RequestInit = {}): Promise<T> {
  const response = await hub.app.request(`http://localhost/api/v1${path}`, init);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

function listen(hub: Hub): Promise<{ server: ServerType; url: string }> {
  return new Promise((done) => {
    const server = serve({ fetch: hub.app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      done({ server, url: `http://localhost:${port}` }),
    );
  });
}

async function screensOf(hub: Hub): Promise<Screen[]> {
  const findings = await ask<FindingPage>(hub, '/findings?kind=infected-host&severity=high&limit=1');
  const reported = await ask<FindingPage>(hub, '/findings?kind=exposed-service&limit=1');
  const victims = await ask<FindingPage>(hub, '/findings?kind=dos-victim&limit=1');
  const cases = await ask<CasePage>(hub, '/cases?state=notified&limit=1');
  const orphans = await ask<CasePage>(hub, '/cases?state=orphan&limit=1');
  const alerts = await ask<AlertPage>(hub, '/alerts?limit=1');
  const notices = await ask<NoticePage>(hub, '/notices?limit=100');
  const surges = await judgedSurges(hub);
  const id = (name: string, value: string | undefined): string => {
    if (value === undefined) throw new Error(`the stage has no ${name}`);
    return value;
  };
  return [
    { name: 'now', path: '/' },
    { name: 'explore', path: '/explore' },
    { name: 'intakes', path: '/intakes' },
    { name: 'findings', path: '/findings' },
    { name: 'finding-infected', path: `/findings/${id('infected host', findings.rows[0]?.fingerprint)}` },
    { name: 'finding-reported', path: `/findings/${id('reported service', reported.rows[0]?.fingerprint)}` },
    { name: 'finding-victim', path: `/findings/${id('victim', victims.rows[0]?.fingerprint)}` },
    { name: 'cases', path: '/cases' },
    { name: 'case', path: `/cases/${id('notified case', cases.rows[0]?.id)}` },
    { name: 'case-orphan', path: `/cases/${id('orphan', orphans.rows[0]?.id)}` },
    { name: 'notices', path: '/notices' },
    { name: 'notice-mail', path: `/notices/${id('mail', notices.rows.find((notice) => notice.channel === 'mail')?.id)}` },
    { name: 'notice-letter', path: `/notices/${id('letter', notices.rows.find((notice) => notice.channel === 'letter')?.id)}` },
    { name: 'constituents', path: '/constituents' },
    { name: 'constituent', path: '/constituents/minato-hikari' },
    { name: 'alerts', path: '/alerts' },
    { name: 'alert', path: `/alerts/${id('own-range alert', alerts.rows[0]?.id)}` },
    { name: 'own-range', path: `/own-ranges/${id('own-range alert', alerts.rows[0]?.constituentId)}` },
    { name: 'c2', path: '/c2' },
    { name: 'purposes', path: '/purposes' },
    { name: 'sensors', path: '/sensors' },
    { name: 'sensor', path: '/sensors/hinomi-1' },
    { name: 'sensor-feed', path: '/sensors/shadowserver' },
    { name: 'surges', path: '/surges' },
    { name: 'surge', path: `/surges/${id('surge', surges.rows.toSorted((a, b) => b.fitting - a.fitting)[0]?.id)}` },
    { name: 'campaigns', path: '/campaigns' },
    { name: 'statistics', path: '/statistics' },
    { name: 'statistics-year', path: '/statistics?span=2026' },
    { name: 'backtest', path: '/backtest' },
    { name: 'modules', path: '/modules' },
    { name: 'not-found', path: '/no-such-screen' },
  ];
}
