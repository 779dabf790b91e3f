/**
 * `npm run screenshots`: every screen in both languages and themes, into docs/screenshots.
 *
 * `-- --all` also takes phone widths, into .cache/screenshots, to look at and not to keep.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from '../test/support/browser.ts';
import { openStage } from '../test/support/screens.ts';

const ROOT = join(import.meta.dirname, '..');
const isAll = process.argv.includes('--all');
const out = isAll ? join(ROOT, '.cache', 'screenshots') : join(ROOT, 'docs', 'screenshots');
const KEPT = new Set(['now', 'cases', 'case', 'findings', 'notice-letter']);

mkdirSync(out, { recursive: true });
const [stage, browser] = await Promise.all([openStage(), launchBrowser()]);
try {
  for (const screen of stage.screens) {
    if (!isAll && !KEPT.has(screen.name)) continue;
    for (const language of ['ja', 'en']) {
      for (const theme of ['light', 'dark']) {
        for (const width of isAll ? [1440, 390] : [1440]) {
          const context = await browser.newContext({ viewport: { width, height: 1000 }, locale: language, timezoneId: 'Asia/Tokyo' });
          const page = await context.newPage();
          await page.goto(`${stage.url}${screen.path}?lang=${language}&theme=${theme}`);
          await page.locator('h1').first().waitFor();
          await page.waitForTimeout(800);
          const name = [screen.name, language, theme, ...(width === 1440 ? [] : [String(width)])].join('-');
          await page.screenshot({ path: join(out, `${name}.png`), fullPage: true });
          process.stderr.write(`${name}.png\n`);
          await context.close();
        }
      }
    }
  }
} finally {
  await browser.close();
  await stage.close();
}
