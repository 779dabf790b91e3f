/**
 * A real browser opens every screen in both languages and both themes: axe finds nothing,
 * nothing fails in the background, nothing is asked of another host; it works by keyboard,
 * at 320 px and with text at 200 %.
 *
 * By default each screen is seen dark in one language and narrow in the other; the thorough
 * run sees all of it in both.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chapterAt, chapterOf, createCountry, DEFAULT_UNTIL } from '../src/simulation/country.ts';
import { launchBrowser } from './support/browser.ts';
import { emptyData } from './support/empty-data.ts';
import { openStage, STAGE_SEED, type Stage } from './support/screens.ts';
import { isThorough, volume } from './support/volume.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LANGUAGES = ['ja', 'en'] as const;
const DESK = { width: 1440, height: 1000 };

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

let stage: Stage;
let browser: Browser;

beforeAll(async () => {
  [stage, browser] = await Promise.all([openStage({ prepare: emptyData, captures: volume(15, 24) }), launchBrowser({ hasCard: false })]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

interface Visit {
  readonly page: Page;
  readonly faults: string[];
  readonly isQuiet: () => boolean;
}

async function visit(path: string, language: string): Promise<Visit> {
  const visited = await openPage(language);
  await goTo(visited, path, language);
  return visited;
}

async function openPage(language: string): Promise<Visit> {
  // The page's own policy forbids foreign scripts; axe is one, so the policy is lifted here and tested by itself below.
  const context = await browser.newContext({
    viewport: DESK,
    locale: language,
    bypassCSP: true,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`${message.type()}: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(stage.url) && !/^(data|blob|about):/.test(request.url()))
      faults.push(`foreign request: ${request.url()}`);
  });
  return { page, faults, isQuiet: watchRequests(page) };
}

async function goTo({ page, isQuiet }: Visit, path: string, language: string): Promise<void> {
  const separator = path.includes('?') ? '&' : '?';
  await page.goto(`${stage.url}${path}${separator}lang=${language}&theme=light`);
  await page.locator('h1').first().waitFor();
  await expect.poll(isQuiet, { timeout: 15_000, interval: 25 }).toBe(true);
}

const QUIET_MS = 150;

/** Whether no answer of the API has been awaited for a moment; the stream of events never ends and does not count. */
function watchRequests(page: Page): () => boolean {
  const pending = new Set<unknown>();
  let changedAt = performance.now();
  const note = (change: () => void): void => {
    change();
    changedAt = performance.now();
  };
  page.on('request', (request) => {
    if (!/\/(?:events|arrivals)$/.test(request.url())) note(() => pending.add(request));
  });
  page.on('requestfinished', (request) => note(() => pending.delete(request)));
  page.on('requestfailed', (request) => note(() => pending.delete(request)));
  return () => pending.size === 0 && performance.now() - changedAt > QUIET_MS;
}

/** Of the whole page, or of the part that is open while the rest is set aside. */
async function axe(page: Page, part?: string): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async (selector) => {
    const { axe: checker } = globalThis as unknown as {
      axe: { run(root: unknown, options: object): Promise<{ violations: AxeViolation[] }> };
    };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    return (await checker.run(selector ?? (globalThis as unknown as { document: unknown }).document, { runOnly: tags })).violations;
  }, part);
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .map((node) => `${node.html} ${node.failureSummary ?? ''}`)
        .slice(0, 3)
        .join(' | ')}`,
  );
}

describe.each(LANGUAGES)('every screen in %s', (language) => {
  let visited: Visit;
  beforeAll(async () => {
    visited = await openPage(language);
  });
  afterAll(() => visited?.page.context().close());

  it(`is clean for axe in both themes, fits 320 px and 200 %, is silent, says it is simulated${isThorough ? '' : ' (dark, or light and narrow)'}`, async () => {
    const { page, faults } = visited;
    for (const [number, screen] of stage.screens.entries()) {
      faults.length = 0;
      await page.setViewportSize(DESK);
      await goTo(visited, screen.path, language);
      const isNarrowed = (number + LANGUAGES.indexOf(language)) % 2 === 0;
      const found = {
        screen: screen.name,
        light: isThorough || isNarrowed ? await axe(page) : [],
        dark: isThorough || !isNarrowed ? await inDark(page, () => axe(page)) : [],
        headings: await page.locator('h1').count(),
        lang: await page.locator('html').getAttribute('lang'),
        isMarked: await page
          .getByText(language === 'ja' ? '模擬データ' : 'Simulated data')
          .first()
          .isVisible(),
        overflowAt320: isThorough || isNarrowed ? await overflowAt(page, 320) : 0,
        overflowAt200Percent: isThorough || isNarrowed ? await overflowAt(page, 720) : 0, // 1440 at 200 %
        faults,
      };
      const clean = {
        light: [],
        dark: [],
        headings: 1,
        lang: language,
        isMarked: true,
        overflowAt320: 0,
        overflowAt200Percent: 0,
        faults: [],
      };
      expect.soft(found).toEqual({ screen: screen.name, ...clean });
    }
  }, 200_000);
});

async function inDark<T>(page: Page, work: () => Promise<T>): Promise<T> {
  await page.evaluate("document.documentElement.dataset.theme = 'dark'");
  try {
    return await work();
  } finally {
    await page.evaluate("document.documentElement.dataset.theme = 'light'");
  }
}

async function overflowAt(page: Page, width: number): Promise<number> {
  await page.setViewportSize({ width, height: 700 });
  await page.waitForTimeout(100); // charts are redrawn for their width
  return overflow(page);
}

/** Pixels by which the page itself (not a scrolling table in it) is wider than the window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { document } = globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number } } };
    return Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth);
  });
}

describe('by keyboard alone', () => {
  it('reaches the main part by the skip link, opens a case from the list and comes back', async () => {
    const { page } = await visit('/cases', 'en');
    await page.keyboard.press('Tab');
    expect(
      await page.evaluate(
        () => (globalThis as unknown as { document: { activeElement: { textContent: string } } }).document.activeElement.textContent,
      ),
    ).toMatch(/skip/i);
    await page.keyboard.press('Enter');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/cases\/Y-\d+/);
    await page.goBack();
    await page.waitForURL(/\/cases(\?|$)/);
    await page.context().close();
  });

  it('finds an address with the search dialog', async () => {
    const { page } = await visit('/', 'ja');
    await page.keyboard.press('Control+k');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.context().close();
  });
});

describe('what people come for', () => {
  it('works under the strict content security policy', async () => {
    const context = await browser.newContext({ locale: 'ja' });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    for (const { path } of stage.screens) {
      await page.goto(stage.url + path);
      await page.locator('h1').first().waitFor();
    }
    expect(faults).toEqual([]);
    await context.close();
  }, 60_000);

  it('goes from a case to its notice and its observations', async () => {
    const path = stage.screens.find((screen) => screen.name === 'case')?.path ?? '';
    const { page } = await visit(path, 'ja');
    const text = await page.locator('main').innerText();
    expect(text).toMatch(/UTC/);
    expect(text).toMatch(/Y-\d+/);
    await page.context().close();
  });

  it.each(LANGUAGES)('finds the planted surge by clicking only, in %s', async (language) => {
    const country = createCountry({ seed: STAGE_SEED, scale: 'small', until: DEFAULT_UNTIL });
    const planted = chapterOf(country, chapterAt(DEFAULT_UNTIL - 1)).surges.at(-1);
    const { page, faults } = await visit('/', language);
    await page
      .getByRole('navigation')
      .getByRole('link', { name: language === 'ja' ? '急増' : 'Surges' })
      .click();
    await page.getByRole('link', { name: new RegExp(`^${planted?.port}/TCP`) }).click();
    await page.waitForURL(/\/surges\/\d+/);
    await page.getByRole('img', { name: language === 'ja' ? /送信元の10分ごとの数/ : /every ten minutes/ }).waitFor();
    expect(await page.locator('h1').innerText()).toContain(`${planted?.port}/TCP`);
    await page.locator('summary').click();
    expect(await page.locator('details tbody tr').count()).toBeGreaterThan(24);
    expect(await axe(page)).toEqual([]);
    await page.getByRole('link', { name: language === 'ja' ? '探索で見る' : 'Explore the packets' }).click();
    await page.waitForURL(/\/explore\?/);
    expect(decodeURIComponent(page.url()).replaceAll('+', ' ')).toContain(`port ${planted?.port} and protocol tcp`);
    await expect.poll(() => page.locator('.explore-rows tr[data-row]').count(), { timeout: 15_000 }).toBeGreaterThan(0);
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

describe('exploring', () => {
  const settled = async (page: Page): Promise<void> => {
    await page.waitForTimeout(250);
    await expect.poll(() => page.locator('.explore-rows tr[data-row]').count(), { timeout: 15_000 }).toBeGreaterThan(0);
  };
  const heading = (page: Page): Promise<string> => page.locator('h1').innerText();

  it.each(LANGUAGES)('finds the busiest source of the last hour and all it touched by clicking only, in %s', async (language) => {
    const say = (ja: string, en: string): string => (language === 'ja' ? ja : en);
    const { page, faults } = await visit('/', language);
    await page.getByRole('link', { name: say('探る', 'Explore') }).click();
    const period = page.getByRole('group', { name: say('期間', 'Period') });
    await period.getByRole('radio', { name: say('1時間', '1 hour') }).click();
    await expect.poll(() => page.locator('.period-text').innerText()).toMatch(/\d\d:\d\d/);
    await expect.poll(() => new URL(page.url()).searchParams.get('from')).not.toBeNull();
    const { searchParams } = new URL(page.url());
    expect(Number(searchParams.get('to')) - Number(searchParams.get('from'))).toBe(3_600_000);
    const first = page.locator('.top-rows tbody th button').first();
    await expect.poll(() => heading(page)).toMatch(say('いちばん多く送ったのは', 'sent most: '));
    const source = (await first.innerText()).trim();
    expect(await heading(page)).toContain(source);
    await first.click();
    expect(await axe(page)).toEqual([]);
    await page.getByRole('menuitem', { name: say('何をしたか', 'What it did') }).click();
    const sentence = language === 'ja' ? /^(\S+)が(\d+)個のポートへ/ : /^(\S+) sent .* to (\d+) ports?$/;
    // The heading follows several answers: it says the whole sentence when all have come.
    let said: RegExpExecArray | null = null;
    await expect.poll(async () => (said = sentence.exec(await heading(page)))?.[1]).toBe(source);
    const ports = (said as RegExpExecArray | null)?.[2];
    if (Number(ports) > 10) await page.getByRole('button', { name: say('上位100まで見る', 'Show the top 100') }).click();
    await expect.poll(() => page.locator('.top-rows tbody tr').count()).toBe(Number(ports));
    const sources = await page.locator('.explore-rows tr[data-row] td:nth-child(2)').allInnerTexts();
    expect(new Set(sources)).toEqual(new Set([source]));
    expect(await axe(page)).toEqual([]);
    await page.goBack();
    await expect.poll(() => heading(page)).toMatch(say('いちばん多く送ったのは', 'sent most: '));
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('completes, corrects and applies a filter by keyboard, and marks the place of a mistake', async () => {
    const { page } = await visit('/explore', 'en');
    await settled(page);
    await page.keyboard.press('/');
    const field = page.getByRole('combobox', { name: 'Filter' });
    await page.keyboard.type('cla');
    await page.getByRole('option', { name: /^class/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('option', { name: /^ping/ }).waitFor();
    expect(await axe(page, '.filter-combo')).toEqual([]);
    expect(await axe(page, '.filter-options .options > *')).toEqual([]);
    await page.keyboard.type('pi');
    await expect.poll(() => page.getByRole('option').count()).toBe(1);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    expect(await field.inputValue()).toBe('class ping ');
    await page.keyboard.press('Enter');
    await page.waitForURL(/filter=class(?:\+|%20)ping/);
    await field.fill('class ping and prot icmp');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    const corrected = page.getByRole('button', { name: 'class ping and proto icmp' });
    await corrected.waitFor();
    expect(await page.locator('.filter-mirror u').innerText()).toBe('prot');
    expect(await axe(page)).toEqual([]);
    await corrected.click();
    await expect.poll(() => page.locator('.filter-mirror').count()).toBe(0);
    await page.waitForURL(/proto(?:\+|%20)icmp/);
    await page.context().close();
  });

  it('chooses a part of the period by dragging and by keyboard, and moves through the rows by arrow keys', async () => {
    const { page } = await visit('/explore', 'en');
    await settled(page);
    const chart = await page.locator('svg.brushed').boundingBox();
    const right = (chart?.x ?? 0) + (chart?.width ?? 0); // the stage may begin in the middle of the day
    await page.mouse.move(right - 320, (chart?.y ?? 0) + 60);
    await page.mouse.down();
    await page.mouse.move(right - 180, (chart?.y ?? 0) + 70, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=\d+/);
    const dragged = new URL(page.url()).searchParams.get('from');
    await settled(page);
    await page.getByRole('slider', { name: 'Start of the selection' }).focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).searchParams.get('from')).not.toBe(dragged);
    await settled(page);
    await page.locator('.rows-box td[data-column]').nth(1).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const active = (): Promise<string | null> => page.locator('.rows-box td:focus').locator('..').getAttribute('aria-rowindex');
    await expect.poll(active).toBe('4');
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Only this' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(active).toBe('4');
    await page.context().close();
  });

  it('offers the same question as a file in three formats', async () => {
    const { page } = await visit('/explore?filter=port%2023', 'en');
    await settled(page);
    for (const format of ['CSV', 'JSON', 'Parquet']) {
      await page.getByRole('button', { name: 'Save as a file: Observations' }).click();
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: format }).click()]);
      expect(file.suggestedFilename()).toMatch(new RegExp(`^yagura-telescope-rows-.*\\.${format.toLowerCase()}l?$`));
    }
    await page.context().close();
  });
});
