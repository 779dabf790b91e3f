/**
 * A real Chromium from an npm package, so that tests can drive a browser on any machine.
 *
 * The package unpacks into the temporary folder and reuses whatever lies there, so it
 * gets a folder of its own version; and its default arguments switch off protections
 * that would hide faults of ours, so those are taken out.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';
import { ROOT } from './command-line.ts';

const WEAKENING = new Set(['--disable-web-security', '--single-process', '--no-zygote', '--allow-running-insecure-content']);
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'];

/** A graphics card imitated on the processor costs more than no card at all. */
const IMITATED_CARD = /^--(?:use-gl|use-angle|enable-unsafe-swiftshader|ignore-gpu-blocklist|in-process-gpu)/;

export async function launchBrowser({ hasCard = true }: { readonly hasCard?: boolean } = {}): Promise<Browser> {
  const executablePath = await unpack();
  const safe = chromium.args.filter((argument) => !WEAKENING.has(argument));
  const args = hasCard ? safe : [...safe.filter((argument) => !IMITATED_CARD.test(argument)), '--disable-gpu'];
  return playwright.launch({ executablePath, args: [...args, ...QUIET], headless: true });
}

async function unpack(): Promise<string> {
  const folder = join(ROOT, '.cache', `chromium-${versionOf('@sparticuz/chromium')}`);
  mkdirSync(folder, { recursive: true });
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  try {
    return await chromium.executablePath();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}

function versionOf(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  const root = entry.slice(0, entry.lastIndexOf(join('node_modules', name)) + join('node_modules', name).length);
  const { version } = JSON.parse(readFileSync(join(dirname(join(root, 'x')), 'package.json'), 'utf8')) as { version: string };
  return version;
}
