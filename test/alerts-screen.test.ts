/**
 * Own-range alerts in a real browser, by clicking only and in both languages: from the
 * rail to the alert, to the organisation's ring, acknowledged and closed with its cause.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerType, serve } from '@hono/node-server';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConstituents } from '../src/attribution/constituents-file.ts';
import { captureOf } from '../src/collectors/pcap/test-support.ts';
import { fixedClock } from '../src/engine/clock.ts';
import { readConfig } from '../src/engine/config.ts';
import { type Hub, openHub } from '../src/main.ts';
import { buildConsole } from '../src/server/console-build.ts';
import { launchBrowser } from './support/browser.ts';
import { emptyData } from './support/empty-data.ts';
import { CONSTITUENTS, mixed } from './support/own-range.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const NOW = Date.UTC(2026, 5, 17, 12);
const folder = mkdtempSync(join(tmpdir(), 'yagura-alerts-'));

let hub: Hub;
let browser: Browser;
let server: ServerType;
let url: string;

beforeAll(async () => {
  const config = readConfig({
    environment: {},
    overrides: { data: emptyData(join(folder, 'data')), log: { level: 'silent' }, server: { port: 0 } },
  });
  const consoleFolder = await buildConsole();
  [hub, browser] = await Promise.all([openHub(config, { consoleFolder, clock: fixedClock(NOW) }), launchBrowser({ hasCard: false })]);
  await hub.importConstituents(parseConstituents(CONSTITUENTS, 'constituents.yaml'));
  const path = join(folder, 'night.pcap');
  writeFileSync(path, captureOf(mixed(NOW - 600_000)));
  await hub.pipeline.ingest({ path, sensor: 'north', tenant: 'main' });
  url = await new Promise((done) => {
    server = serve({ fetch: hub.app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => done(`http://localhost:${port}`));
  });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
  if (server && 'closeAllConnections' in server) server.closeAllConnections();
  await hub?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe: checker, document } = globalThis as unknown as {
      axe: { run(root: unknown, options: object): Promise<{ violations: { id: string }[] }> };
      document: unknown;
    };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    return (await checker.run(document, { runOnly: tags })).violations.map(({ id }) => id);
  });
}

/** In Japanese the bot's alert is closed, in English the attack's. */
const PLANS = [
  {
    language: 'ja',
    rail: '自組織警報',
    heading: '2件の警報が続いています',
    host: '192.0.2.77',
    says: '192.0.2.77は感染しているおそれがあります',
    organisation: '海辺市',
    ring: '海辺市の2個のアドレスで警報が続いています',
    acknowledge: '確認した',
    save: '保存する',
    known: '確認済み',
    close: '閉じる',
    cause: 'マルウェアを取り除いた',
    closed: '閉じました（マルウェアを取り除いた）。',
  },
  {
    language: 'en',
    rail: 'Own ranges',
    heading: 'One alert goes on',
    host: '192.0.2.10',
    says: '192.0.2.10 is under attack',
    organisation: 'Umibe City',
    ring: 'Alerts go on about 1 address of Umibe City',
    acknowledge: 'Acknowledge',
    save: 'Save',
    known: 'acknowledged',
    close: 'Close',
    cause: 'The attack is over',
    closed: 'Closed: the attack is over.',
  },
] as const;

describe('the alerts screens', () => {
  it.each(PLANS)('lead from the rail to a closed alert in $language', async (plan) => {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 1000 },
      locale: plan.language,
      bypassCSP: true,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    const heading = (text: string) => page.getByRole('heading', { level: 1, name: text, exact: true }).waitFor();
    await page.goto(`${url}/?lang=${plan.language}&theme=light`);
    await page.getByRole('navigation').getByRole('link', { name: plan.rail }).click();
    await heading(plan.heading);
    expect(await axe(page)).toEqual([]);
    // The organisation's ring, with a mark per alerting address.
    await page.getByRole('link', { name: plan.organisation }).first().click();
    await heading(plan.ring);
    expect(await page.locator('figure svg[role="img"] text', { hasText: '警' }).count()).toBe(plan.language === 'ja' ? 2 : 1);
    expect(await axe(page)).toEqual([]);
    await page.getByRole('link', { name: plan.host, exact: true }).click();
    await heading(plan.says);
    expect(await axe(page)).toEqual([]);
    await page.getByRole('button', { name: plan.acknowledge }).click();
    await page.getByRole('dialog').getByRole('button', { name: plan.save }).click();
    await page.getByText(plan.known, { exact: true }).first().waitFor();
    await page.getByRole('button', { name: plan.close, exact: true }).click();
    await page.getByRole('radio', { name: plan.cause }).check();
    expect(await axe(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: plan.save }).click();
    await page.getByText(plan.closed).waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });
});
