/**
 * `node bench/map.ts URL`: the live picture of a running hub in the real Chromium, full of
 * marks: frames a second, and what it costs in cores against the same page standing still.
 *
 * The stream of arrivals is replaced by one that sends more marks than the picture holds;
 * everything else is the product as it is. There is no graphics card: the figures include
 * drawing and compositing on the processor.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../test/support/browser.ts';

const CLASSES = ['tcp-scan', 'udp-probe', 'ping', 'backscatter', 'misconfiguration', 'other'];
const COUNTRIES = ['US', 'CN', 'BR', 'IN', 'NL', 'DE', 'RU', 'VN', 'ZA', 'AU', 'GB', 'KR', 'FR', 'ID', 'CA', 'MX'];
const MARKS_A_SECOND = 1440; // some 2,000 are then on their way
const TICKS_A_SECOND = 100; // of /proc/*/stat
const SPAN_MS = 10_000;

const url = process.argv[2] ?? 'http://127.0.0.1:8600';
const browser = await launchBrowser({ hasCard: false });
try {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 1000 } })).newPage();
  await page.addInitScript(streamOf(fullMessage()));
  await page.goto(`${url}/?lang=en&theme=dark`);
  await page.locator('.marks canvas').waitFor();
  await page.waitForTimeout(6000);
  const moving = await measure(page);
  await page.getByRole('button', { name: 'Pause motion' }).click();
  await page.waitForTimeout(2000);
  const still = await measure(page);
  process.stdout.write(`${JSON.stringify({ moving, still, picture: round(moving.cores - still.cores) })}\n`);
} finally {
  await browser.close();
}

/** Stands in for the stream in the page itself, so that a busy machine does not thin it. */
function streamOf(message: string): string {
  return `
    const Real = window.EventSource;
    window.EventSource = class extends EventTarget {
      constructor(url) {
        super();
        if (!String(url).endsWith('/arrivals')) return new Real(url);
        this.timer = setInterval(() => this.dispatchEvent(new MessageEvent('message', { data: ${JSON.stringify(message)} })), 1000);
      }
      close() { clearInterval(this.timer); }
    };`;
}

function fullMessage(): string {
  const marks = Math.round(MARKS_A_SECOND / COUNTRIES.length / CLASSES.length);
  const rows = COUNTRIES.flatMap((country) => CLASSES.map((id) => ({ country, class: id, protocol: 6, port: 23, packets: marks, marks })));
  return JSON.stringify({
    mode: 'live',
    at: Date.now(),
    newest: Date.now(),
    place: { longitude: 139.69, latitude: 35.69 },
    replay: null,
    packets: MARKS_A_SECOND,
    classes: Object.fromEntries(CLASSES.map((id) => [id, MARKS_A_SECOND / CLASSES.length])),
    packetsPerMark: 1,
    rows,
    rest: 0,
  });
}

async function measure(
  page: Page,
): Promise<{ readonly cores: number; readonly frames: number; readonly marks: number; readonly drawing: number }> {
  const before = ticks();
  const startedAt = performance.now();
  await page.waitForTimeout(SPAN_MS);
  const cores = (ticks() - before) / TICKS_A_SECOND / ((performance.now() - startedAt) / 1000);
  const [frames = 0, marks = 0, drawing = 0] = ((await page.locator('.marks').getAttribute('data-pace')) ?? '').split(' ').map(Number);
  return { cores: round(cores), frames, marks, drawing };
}

/** Time of all processes below this one: those of the browser. */
function ticks(): number {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readProcess);
  const own = new Set([process.pid]);
  for (let before = 0; before !== own.size; ) {
    before = own.size;
    for (const { id, parent } of processes) if (own.has(parent)) own.add(id);
  }
  return processes.filter(({ id }) => id !== process.pid && own.has(id)).reduce((sum, one) => sum + one.ticks, 0);
}

function readProcess(name: string): { readonly id: number; readonly parent: number; readonly ticks: number }[] {
  try {
    const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
      .map(Number);
    return [{ id: Number(name), parent: fields[1] ?? 0, ticks: (fields[11] ?? 0) + (fields[12] ?? 0) }];
  } catch {
    return []; // it ended meanwhile
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
