/**
 * The list a print service works from: one line per letter, appended once.
 *
 * The line is the proof of delivery, not the file: a print service may take files away,
 * and a letter taken away must not come back after a restart.
 */
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BYTE_ORDER_MARK, toCsvLine } from '../csv.ts';
import { toIso } from '../words.ts';

export interface PrintIndexEntry {
  readonly notice: string;
  readonly file: string;
  readonly pages: number;
  readonly recipient: string;
  readonly postalCode: string;
  readonly country: string;
  readonly createdAt: number;
  readonly sha256: string;
  readonly isSimulation: boolean;
}

const NAME = 'index.csv';
const COLUMNS = ['notice', 'file', 'pages', 'recipient', 'postal_code', 'country', 'created_utc', 'sha256', 'simulation'] as const;

export async function isInPrintIndex(folder: string, notice: string): Promise<boolean> {
  const text = await readIndex(folder);
  // A line that a crash cut short does not count.
  return text.split('\r\n').some((line) => line.startsWith(`${notice},`) && /,[0-9a-f]{64},(yes|no)$/.test(line));
}

let lastAppend: Promise<unknown> = Promise.resolve();

/** One at a time, so that letters finished together neither mix lines nor both write the head. */
export function appendToPrintIndex(folder: string, entry: PrintIndexEntry): Promise<void> {
  const turn = lastAppend.then(() => append(folder, entry));
  lastAppend = turn.catch(() => undefined);
  return turn;
}

async function append(folder: string, entry: PrintIndexEntry): Promise<void> {
  await mkdir(folder, { recursive: true });
  const text = await readIndex(folder);
  const file = await open(join(folder, NAME), 'a', 0o640);
  try {
    await file.writeFile(`${toStart(text)}${toLine(entry)}`);
    await file.sync();
  } finally {
    await file.close();
  }
}

function toStart(text: string): string {
  if (text === '') return `${BYTE_ORDER_MARK}${toCsvLine(COLUMNS)}`;
  return text.endsWith('\r\n') ? '' : '\r\n';
}

function toLine(entry: PrintIndexEntry): string {
  return toCsvLine([
    entry.notice,
    entry.file,
    entry.pages,
    entry.recipient,
    entry.postalCode,
    entry.country,
    toIso(entry.createdAt),
    entry.sha256,
    entry.isSimulation ? 'yes' : 'no',
  ]);
}

async function readIndex(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, NAME), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
