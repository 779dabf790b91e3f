/**
 * A planted C&C server is found and confirmed by two people in a real browser, by clicking
 * (and typing a reason) only, in both languages; clients in Explore need a purpose first.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerType, serve } from '@hono/node-server';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../src/engine/config.ts';
import { type Hub, openHub } from '../src/main.ts';
import { buildConsole } from '../src/server/console-build.ts';
import { launchBrowser } from './support/browser.ts';
import { emptyData } from './support/empty-data.ts';
import { C2_SERVER, plantC2 } from './support/planted-c2.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const HOUR = 3_600_000;
const SHOTS = process.env['C2_SHOTS'];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser({ hasCard: false });
}, 60_000);
afterAll(() => browser?.close());

interface House {
  readonly hub: Hub;
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

async function openHouse(): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'yagura-c2-screen-'));
  const data = emptyData(join(folder, 'data'));
  await plantC2(data, Math.floor(Date.now() / HOUR) * HOUR);
  const config = readConfig({ environment: {}, overrides: { data, log: { level: 'silent' }, server: { port: 0 } } });
  const hub = await openHub(config, { consoleFolder: await buildConsole() });
  const { server, url } = await new Promise<{ server: ServerType; url: string }>((done) => {
    const listening = serve({ fetch: hub.app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      done({ server: listening, url: `http://localhost:${port}` }),
    );
  });
  const token = await hub.createToken('main', 'analyst', 'sato');
  return {
    hub,
    url,
    token,
    async close() {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await hub.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A person of their own: another browser profile. */
async function person(language: string): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 1000 },
    locale: language,
    bypassCSP: true,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  return { page, faults };
}

async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { axe: checker, document } = globalThis as unknown as {
      axe: {
        run(root: unknown, options: object): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
      };
      document: unknown;
    };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    return (await checker.run(document, { runOnly: tags })).violations;
  });
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .map((node) => `${node.html} ${node.failureSummary ?? ''}`)
        .slice(0, 2)
        .join(' | ')}`,
  );
}

/** Clean for axe in both themes, and no wider than a phone. */
async function isFit(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(200);
  expect.soft({ name, axe: await axe(page) }).toEqual({ name, axe: [] });
  if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}-light.png`), fullPage: true });
  await page.evaluate("document.documentElement.dataset.theme = 'dark'");
  expect.soft({ name, dark: await axe(page) }).toEqual({ name, dark: [] });
  if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}-dark.png`), fullPage: true });
  await page.evaluate("document.documentElement.dataset.theme = 'light'");
  await page.setViewportSize({ width: 320, height: 700 });
  await page.waitForTimeout(100);
  const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  expect.soft({ name, overflow }).toEqual({ name, overflow: 0 });
  await page.setViewportSize({ width: 1440, height: 1000 });
}

describe.each(['ja', 'en'] as const)('in %s', (language) => {
  const say = (ja: string, en: string): string => (language === 'ja' ? ja : en);
  let house: House;
  beforeAll(async () => {
    house = await openHouse();
  }, 120_000);
  afterAll(() => house?.close());

  const fillReason = async (page: Page, reason: string): Promise<void> => {
    await page.getByRole('dialog').getByLabel(say('理由', 'Reason')).fill(reason);
  };

  it('finds the planted C&C server for a recorded purpose, and two people confirm it', async () => {
    const first = await person(language);
    const { page } = first;
    await page.goto(`${house.url}/?lang=${language}&theme=light`);
    await page.getByRole('link', { name: say('C&C検知', 'C&C') }).click();
    await page.getByRole('heading', { level: 1, name: say('まだ一度も行われていません', 'Nobody has searched') }).waitFor();
    await isFit(page, `c2-empty-${language}`);
    await page.getByRole('button', { name: say('目的を選んで始める', 'Choose a purpose and search') }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(say('第四次とりまとめ', 'Fourth report')).waitFor();
    await dialog.getByRole('button', { name: say('記録して進む', 'Record and go on') }).click();
    await dialog.getByText(say('理由は5文字以上', 'at least 5 characters')).first().waitFor();
    await isFit(page, `c2-purpose-${language}`);
    await fillReason(page, say('感染端末の報告を受けた調査', 'infected hosts were reported'));
    await dialog.getByRole('button', { name: say('記録して進む', 'Record and go on') }).click();
    const link = page.getByRole('link', { name: new RegExp(C2_SERVER.address) });
    await link.waitFor({ timeout: 30_000 });
    await isFit(page, `c2-list-${language}`);
    await link.click();
    await page.getByRole('heading', { level: 1, name: new RegExp(String(C2_SERVER.port)) }).waitFor();
    await isFit(page, `c2-candidate-${language}`);
    await confirm(page, say('根拠の数値を確かめた', 'the figures are plain'));
    await page.getByText(say('1人目はあなたです', 'The first word was yours')).waitFor();
    expect(await page.getByRole('button', { name: say('C&Cサーバーだと確認する', 'Confirm as a C&C server') }).count()).toBe(0);

    const second = await person(language);
    await second.page.goto(`${house.url}/sign-in`);
    await second.page.getByLabel(/Access token/).fill(house.token);
    await second.page.getByRole('button').click();
    await second.page.goto(`${house.url}/?lang=${language}&theme=light`);
    await second.page.getByRole('link', { name: say('C&C検知', 'C&C') }).click();
    await second.page.getByRole('link', { name: new RegExp(C2_SERVER.address) }).click();
    await confirm(second.page, say('別の手段でも確かめた', 'checked by other means too'));
    await second.page.getByText(say('「確認済み」になりました', 'It is now “Confirmed”')).waitFor();
    await second.page.getByText('sato').first().waitFor();
    await isFit(second.page, `c2-confirmed-${language}`);

    await second.page.getByRole('link', { name: say('C&C候補', 'C&C candidates') }).click();
    const [download] = await Promise.all([
      second.page.waitForEvent('download'),
      second.page.getByRole('link', { name: say('CSVで保存', 'Save as CSV') }).click(),
    ]);
    const csv = readFileSync(await download.path(), 'utf8');
    expect(csv.split('\r\n')[1]).toContain(`${C2_SERVER.address},${C2_SERVER.port},`);
    expect(csv).not.toContain('198.51.100.');
    expect([...first.faults, ...second.faults]).toEqual([]);
    await first.page.context().close();
    await second.page.context().close();
  }, 180_000);

  async function confirm(page: Page, reason: string): Promise<void> {
    const name = say('C&Cサーバーだと確認する', 'Confirm as a C&C server');
    await page.getByRole('button', { name }).click();
    await fillReason(page, reason);
    await page.getByRole('dialog').getByRole('button', { name }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }

  it('shows clients in Explore only after a purpose is recorded, and keeps who looked', async () => {
    const { page, faults } = await person(language);
    await page.goto(`${house.url}/explore?source=flow&lang=${language}&theme=light`);
    await page.locator('.top-rows tbody tr').first().waitFor({ timeout: 30_000 });
    await page.getByText(say('利用者のアドレスは、目的を記録してから見られます', 'Addresses of clients are shown after')).waitFor();
    expect(await page.locator('main').innerText()).not.toContain('198.51.100.');
    await isFit(page, `explore-gate-${language}`);
    await page.getByRole('button', { name: say('目的を選んで見る', 'Choose a purpose') }).click();
    await fillReason(page, say('上位回線の障害の調査', 'trouble on the uplink'));
    await page
      .getByRole('dialog')
      .getByRole('button', { name: say('記録して進む', 'Record and go on') })
      .click();
    await expect.poll(() => page.locator('.explore-rows tr[data-row]').count(), { timeout: 30_000 }).toBeGreaterThan(0);
    expect(await page.locator('.explore-rows').innerText()).toContain('198.51.100.');
    await isFit(page, `explore-granted-${language}`);
    await page.getByRole('link', { name: say('目的と記録', 'Purposes') }).click();
    await page.getByText(say('フローのアドレスを見た', 'looked at addresses of flows')).first().waitFor();
    await page.getByText(say('記録のつながりに欠けや書き換えはありません', 'The chain of the log is whole')).waitFor();
    await isFit(page, `purposes-${language}`);
    await page.getByRole('button', { name: say('毎日の検知を許可する', 'Allow the daily search') }).click();
    await fillReason(page, say('毎日の検知を始める', 'search every day'));
    await page
      .getByRole('dialog')
      .getByRole('button', { name: say('記録して進む', 'Record and go on') })
      .click();
    await page.getByText(say('毎日の検知（自動）', 'Daily search (automatic)')).first().waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  }, 180_000);
});
