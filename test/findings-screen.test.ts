/**
 * The screens about findings in a real browser: a list of a hundred thousand answers at
 * once, findings are decided about by keyboard, one is explained with its picture, and a
 * rule is tried on the past by clicking only; in both languages, and axe finds nothing.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerType, serve } from '@hono/node-server';
import { sql } from 'kysely';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixedClock } from '../src/engine/clock.ts';
import { readConfig } from '../src/engine/config.ts';
import { createLog } from '../src/engine/log.ts';
import { type Hub, openHub } from '../src/main.ts';
import { buildConsole } from '../src/server/console-build.ts';
import { createCountry, DEFAULT_UNTIL } from '../src/simulation/country.ts';
import { sensorOf } from '../src/simulation/register.ts';
import { simulate } from '../src/simulation/write.ts';
import { openState } from '../src/store/state/open.ts';
import { launchBrowser } from './support/browser.ts';
import { emptyData } from './support/empty-data.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LANGUAGES = ['ja', 'en'] as const;
const folder = mkdtempSync(join(tmpdir(), 'yagura-findings-'));
const data = join(folder, 'data');
const COPIES = 100_000;

let hub: Hub;
let browser: Browser;
let server: ServerType;
let url: string;

/** Some real findings, and a hundred thousand copies of one of them under other addresses. */
async function fill(): Promise<void> {
  emptyData(data);
  const directory = join(folder, 'country');
  mkdirSync(directory);
  const clock = fixedClock(DEFAULT_UNTIL);
  const config = readConfig({ environment: {}, overrides: { data, log: { level: 'silent' } } });
  const first = await openHub(config, { simulationSeed: 42, clock });
  const { captures } = await simulate({ seed: 42, scale: 'small', directory, until: DEFAULT_UNTIL, log: first.log });
  const sensor = sensorOf(createCountry({ seed: 42, scale: 'small', until: DEFAULT_UNTIL }));
  await first.setSensor(sensor);
  const telescope = captures.filter((name) => name.includes('telescope'));
  for (const name of telescope.slice(9, 11))
    await first.pipeline.ingest({ path: join(directory, name), name, tenant: 'main', sensor: sensor.id });
  await first.close();
  const state = await openState({ path: join(data, 'state'), log: createLog('silent') });
  await sql`insert into finding (id, tenant, fingerprint, kind, identifier, asset_kind, asset_value, port, transport, role, severity, confidence,
      state, first_seen_at, last_seen_at, count, judged_at, words_id, judgement, attribution_id)
    select 1000000 + n, f.tenant, sha256(('copy' || n)::bytea), f.kind, f.identifier, f.asset_kind,
      '10.' || (n / 65536) || '.' || (n / 256 % 256) || '.' || (n % 256), f.port, f.transport, f.role, n % 4, f.confidence, 'new',
      f.first_seen_at - n, f.last_seen_at - 60000 - n, f.count, f.judged_at, f.words_id, f.judgement, f.attribution_id
    from generate_series(1, ${COPIES}::int) as n, (select * from finding where kind = 'scanner' limit 1) as f`.execute(state.db);
  await sql`analyze finding`.execute(state.db);
  await state.close();
  hub = await openHub(config, { consoleFolder: await buildConsole(), clock });
}

beforeAll(async () => {
  [, browser] = await Promise.all([fill(), launchBrowser({ hasCard: false })]);
  await new Promise<void>((done) => {
    server = serve({ fetch: hub.app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
      url = `http://localhost:${port}`;
      done();
    });
  });
}, 180_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
  await hub?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(path: string, language: string): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 1000 },
    locale: language,
    bypassCSP: true,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await page.goto(`${url}${path}${path.includes('?') ? '&' : '?'}lang=${language}&theme=light`);
  await page.locator('h1').first().waitFor();
  return { page, faults };
}

async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await checker.run({ runOnly: tags });
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
  });
}

const say = (language: string, ja: string, en: string): string => (language === 'ja' ? ja : en);
const rowText = (page: Page): Promise<string> => page.locator('.finding-box tr:focus').innerText();

describe.each(LANGUAGES)('findings in %s', (language) => {
  it('are moved through, selected and set aside by keyboard, and the decision is undone', async () => {
    const { page, faults } = await open('/findings?kind=infected-host', language);
    await page.locator('.finding-box tr[data-row="3"] th a').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Shift+X');
    const bar = page.locator('.bulk-bar');
    await bar.waitFor();
    expect(await bar.innerText()).toContain(say(language, '3件を選択中', '3 findings selected'));
    expect(await axe(page)).toEqual([]);
    await bar.getByRole('button', { name: say(language, '誤検知', 'False positive') }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').fill(say(language, '自分たちの試験機', 'our own test devices'));
    await dialog.getByRole('button', { name: say(language, '誤検知として扱う', 'Call it a false positive') }).click();
    const undo = page.getByRole('button', { name: say(language, '取り消す', 'Undo') });
    await undo.waitFor();
    const tab = page.getByRole('link', { name: new RegExp(say(language, '^誤検知', '^False positive')) });
    await expect.poll(() => tab.innerText()).toMatch(/3$/);
    await undo.click();
    await expect.poll(() => tab.count()).toBe(0);
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/findings\/[0-9a-f]{64}/);
    await page.goBack();
    await page.waitForURL(/kind=infected-host/);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('are filtered by what the link keeps, with counts beside the choices', async () => {
    const { page } = await open('/findings', language);
    await page.locator('.finding-box tr[data-row="0"]').waitFor();
    await page.keyboard.press('/');
    await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('INPUT');
    await page.keyboard.type('10.0.7.7');
    await page.waitForURL(/q=10\.0\.7\.7/);
    await expect.poll(() => page.locator('.finding-box').getByRole('row').count()).toBeLessThan(20);
    await page.getByRole('button', { name: new RegExp(say(language, '重大度', 'Severity')) }).click();
    await page.getByRole('option', { name: new RegExp(say(language, '^高', '^High')) }).click();
    await page.waitForURL(/severity=high/);
    await page.reload();
    await page.locator('h1').first().waitFor();
    expect(new URL(page.url()).searchParams.get('severity')).toBe('high');
    await page.context().close();
  });

  it.each(['infected-host', 'scanner', 'dos-victim'])('of kind %s is explained with a picture and its table', async (kind) => {
    const { page, faults } = await open(`/findings?kind=${kind}`, language);
    await page.locator('.finding-box tr[data-row="0"] th a').click();
    await page.locator('svg.picture').first().waitFor();
    expect(await page.locator('h1').innerText()).toMatch(
      language === 'ja' ? /考えています|探し回っています|判断できません/ : /We think|We cannot say|goes looking/,
    );
    expect(await axe(page)).toEqual([]);
    await page.getByRole('button', { name: say(language, '表で見る', 'Show as table') }).click();
    expect(await page.locator('.picture-table tbody tr').count()).toBeGreaterThan(0);
    expect(await axe(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('change as a rule would: tried on the past by clicking from the list of modules', async () => {
    const { page, faults } = await open('/modules', language);
    await page.locator('article.module', { hasText: 'scanner' }).locator('summary').click();
    await page
      .locator('article.module', { hasText: 'scanner' })
      .getByRole('link', { name: say(language, '過去で試す', 'Try on the past') })
      .click();
    await page.waitForURL(/backtest\?rule=scanner/);
    await page.getByLabel('minPackets').fill('100');
    await page.getByRole('button', { name: say(language, '試す', 'Try'), exact: true }).click();
    await page.locator('pre.yaml').waitFor();
    expect(await page.locator('pre.yaml').innerText()).toContain('minPackets: 100');
    expect(await axe(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

describe('a hundred thousand findings', () => {
  /** From the key to the frame after the answer to it is drawn, milliseconds. */
  const timed = (page: Page, key: string): Promise<number> =>
    page.evaluate(async (pressed) => {
      const {
        document,
        performance: clock,
        requestAnimationFrame: frame,
        KeyboardEvent: Press,
      } = globalThis as unknown as {
        document: { activeElement: { dispatchEvent(event: unknown): void } };
        performance: { now(): number };
        requestAnimationFrame(this: void, next: () => void): void;
        KeyboardEvent: new (type: string, options: object) => unknown;
      };
      const began = clock.now();
      document.activeElement.dispatchEvent(new Press('keydown', { key: pressed, bubbles: true, cancelable: true }));
      await new Promise<void>((done) => frame(() => setTimeout(done, 0)));
      return clock.now() - began;
    }, key);

  it('answer to moving and selecting within 100 ms, at their beginning, middle and end', async () => {
    const { page } = await open('/findings', 'en');
    await page.locator('.finding-box tr[data-row="3"] th a').waitFor();
    expect(Number(await page.locator('.finding-box table').getAttribute('aria-rowcount'))).toBeGreaterThan(COPIES);
    const times: number[] = [];
    for (const part of [0, 0.5, 1]) {
      await page.evaluate((share) => {
        const box = (
          globalThis as unknown as { document: { querySelector(name: string): { scrollTop: number; scrollHeight: number } } }
        ).document.querySelector('.finding-box');
        box.scrollTop = box.scrollHeight * share;
      }, part);
      await page.waitForTimeout(150);
      const visible = page.locator('.finding-box tbody tr[data-row] th a');
      await visible.first().waitFor();
      await page.locator('.finding-box tbody tr[data-row]').nth(15).focus();
      for (const key of ['j', 'j', 'x', 'j', 'x', 'k', 'k', 'x', 'j', 'PageUp', 'j', 'j']) times.push(await timed(page, key));
      expect(await rowText(page)).not.toBe('');
    }
    times.sort((a, b) => a - b);
    const [median, worst] = [times[Math.floor(times.length / 2)] ?? 0, times[Math.floor(times.length * 0.9)] ?? 0];
    process.stderr.write(`100,000 findings: a key is answered in ${median.toFixed(0)} ms (median), ${worst.toFixed(0)} ms (nine in ten)\n`);
    expect(median).toBeLessThan(100);
    expect(worst).toBeLessThan(100);
    await page.context().close();
  });
});
