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

async function visit(path: string, language: string, options: { theme?: string; width?: number; height?: number } = {}): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1440, height: options.height ?? 1000 },
    locale: language,
    bypassCSP: true,
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
  const separator = path.includes('?') ? '&' : '?';
  await page.goto(`${stage.url}${path}${separator}lang=${language}&theme=${options.theme ?? 'light'}`);
  await page.locator('h1').first().waitFor();
  await page.waitForLoadState('load');
  await page
    .locator('[aria-busy=true]')
    .first()
    .waitFor({ state: 'detached' })
    .catch(() => undefined);
  return { page, faults };
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
  it.each(['light', 'dark'])(
    'is clean for axe, silent in the background and asks no other host (%s)',
    async (theme) => {
      for (const screen of stage.screens) {
        const { page, faults } = await visit(screen.path, language, { theme });
        expect.soft({ screen: screen.name, violations: await axe(page) }).toEqual({ screen: screen.name, violations: [] });
        expect.soft({ screen: screen.name, faults }).toEqual({ screen: screen.name, faults: [] });
        expect.soft(await page.locator('html').getAttribute('lang')).toBe(language);
        expect.soft(await page.locator('h1').count(), `${screen.name} has one h1`).toBe(1);
        await page.context().close();
      }
    },
    240_000,
  );

  it('stays usable at 320 px and with text at 200 %', async () => {
    for (const screen of stage.screens) {
      const { page } = await visit(screen.path, language, { width: 320, height: 800 });
      expect.soft({ screen: screen.name, overflow: await overflow(page) }).toEqual({ screen: screen.name, overflow: 0 });
      await page.setViewportSize({ width: 720, height: 500 }); // 1440 × 1000 at 200 %
      expect.soft({ screen: screen.name, overflow: await overflow(page) }).toEqual({ screen: screen.name, overflow: 0 });
      await page.context().close();
    }
  }, 180_000);
});

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
  it('goes from a case to its notice and its observations', async () => {
    const path = stage.screens.find((screen) => screen.name === 'case')?.path ?? '';
    const { page } = await visit(path, 'ja');
    const text = await page.locator('main').innerText();
    expect(text).toMatch(/UTC/);
    expect(text).toMatch(/Y-\d+/);
    await page.context().close();
  });

  it('says on every screen that this is a simulation', async () => {
    for (const screen of stage.screens) {
      const { page } = await visit(screen.path, 'ja');
      expect.soft(await page.locator('body').innerText(), screen.name).toContain('模擬データ');
      await page.context().close();
    }
  }, 120_000);
});
