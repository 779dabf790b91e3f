/** Runs the real program, as a user's script would. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const ROOT = join(import.meta.dirname, '..', '..');
export const PROGRAM = join(ROOT, 'src', 'cli', 'main.ts');

export interface Outcome {
  readonly status: number | null;
  readonly output: string;
  readonly messages: string;
}

export function yagura(...words: string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let messages = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (messages += chunk));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output, messages }));
  });
}

/** Parsed JSON lines of a command that must succeed. */
export async function yaguraJson<T>(...words: string[]): Promise<T[]> {
  const { status, output, messages } = await yagura(...words);
  if (status !== 0) throw new Error(`yagura ${words.join(' ')} ended with ${status}: ${messages}`);
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'yagura-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
