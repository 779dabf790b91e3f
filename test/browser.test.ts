/**
 * A real browser opens every screen in both languages and both themes: axe finds nothing,
 * nothing fails in the background, nothing is asked of another host; it works by keyboard,
 * at 320 px and with text at 200 %.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from './support/browser.ts';
import { openStage, type Stage } from './support/screens.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LANGUAGES = ['ja', 'en'] as const;

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

let stage: Stage;
let browser: Browser;

beforeAll(async () => {
  [stage, browser] = await Promise.all([openStage(), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

interface Visit {
  readonly page: Page;
  readonly faults: readonly string[];
}

async function visit(path: string, language: string): Promise<Visit> {
  // The page's own policy forbids foreign scripts; axe is one, so the policy is lifted here and tested by itself below.
  const context = await browser.newContext({
    viewport: { width: 1440, height: 1000 },
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
  const settled = quiet(page);
  const separator = path.includes('?') ? '&' : '?';
  await page.goto(`${stage.url}${path}${separator}lang=${language}&theme=light`);
  await page.locator('h1').first().waitFor();
  await settled();
  return { page, faults };
}

const QUIET_MS = 150;

/** Resolves when no answer of the API has been awaited for a moment; the stream of events never ends and does not count. */
function quiet(page: Page): () => Promise<void> {
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
  return () =>
    expect.poll(() => pending.size === 0 && performance.now() - changedAt > QUIET_MS, { timeout: 15_000, interval: 25 }).toBe(true);
}

async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as {
      axe: { run(root: unknown, options: object): Promise<{ violations: AxeViolation[] }> };
    };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    return (await checker.run((globalThis as unknown as { document: unknown }).document, { runOnly: tags })).violations;
  });
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .map((node) => `${node.html} ${node.failureSummary ?? ''}`)
        .slice(0, 3)
        .join(' | ')}`,
  );
}

describe.each(LANGUAGES)('every screen in %s', (language) => {
  it('is clean for axe in both themes, fits 320 px and 200 %, is silent, says it is simulated', async () => {
    for (const screen of stage.screens) {
      const { page, faults } = await visit(screen.path, language);
      const found = {
        screen: screen.name,
        light: await axe(page),
        dark: await inDark(page, () => axe(page)),
        headings: await page.locator('h1').count(),
        lang: await page.locator('html').getAttribute('lang'),
        isMarked: await page
          .getByText(language === 'ja' ? '模擬データ' : 'Simulated data')
          .first()
          .isVisible(),
        overflowAt320: await overflowAt(page, 320),
        overflowAt200Percent: await overflowAt(page, 720), // 1440 at 200 %
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
      await page.context().close();
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
});
