/**
 * `npm run screenshots`: every screen in both languages and themes, to look at, into
 * out/screenshots; the few that the documents show also into docs/screenshots.
 *
 * `-- --phone` takes them 390 px wide as well.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from '../test/support/browser.ts';
import { openStage } from '../test/support/screens.ts';

const ROOT = join(import.meta.dirname, '..');
const OUT = join(ROOT, 'out', 'screenshots');
const DOCS = join(ROOT, 'docs', 'screenshots');
const SHOWN_IN_DOCS = new Set(['now-ja-light', 'case-en-dark', 'cases-ja-light']);
const WIDTHS = process.argv.includes('--phone') ? [1440, 390] : [1440];

mkdirSync(OUT, { recursive: true });
mkdirSync(DOCS, { recursive: true });
const [stage, browser] = await Promise.all([openStage(), launchBrowser()]);
try {
  for (const language of ['ja', 'en']) {
    for (const theme of ['light', 'dark']) {
      for (const width of WIDTHS) {
        const context = await browser.newContext({
          viewport: { width, height: 1000 },
          locale: language,
          timezoneId: 'Asia/Tokyo',
          reducedMotion: 'reduce',
        });
        const page = await context.newPage();
        for (const screen of stage.screens) {
          await page.goto(`${stage.url}${screen.path}?lang=${language}&theme=${theme}`);
          await page.locator('h1').first().waitFor();
          await page.waitForTimeout(screen.name === 'now' ? 2500 : 700); // answers, fonts and charts; the first arrivals
          const name = `${screen.name}-${language}-${theme}${width === 1440 ? '' : `-${width}`}`;
          const file = join(OUT, `${name}.png`);
          await page.screenshot({ path: file, fullPage: width !== 1440 || screen.name !== 'cases' });
          if (SHOWN_IN_DOCS.has(name)) copyFileSync(file, join(DOCS, `${name}.png`));
          process.stderr.write(`${name}.png\n`);
        }
        await context.close();
      }
    }
  }
} finally {
  await browser.close();
  await stage.close();
}
