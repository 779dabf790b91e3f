import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPlainId, writeOnce } from './outbox-file.ts';

describe('a file in the outbox', () => {
  it('is written once, whole, and leaves no scraps', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'yagura-outbox-')), 'mail');
    const path = join(folder, 'N-000123.eml');
    expect(await writeOnce(path, Buffer.from('first'))).toBe('written');
    expect(await writeOnce(path, Buffer.from('second'))).toBe('already-there');
    expect(readFileSync(path, 'utf8')).toBe('first');
    expect(readdirSync(folder)).toEqual(['N-000123.eml']);
  });

  it.each(['', '.', '..', '../N-1', 'N/1', 'N-1\r\nX: y', 'N 1', '.hidden'])('does not take %j for a notice number', (id) => {
    expect(isPlainId(id)).toBe(false);
  });

  it('takes the numbers notices have', () => expect(isPlainId('N-000123')).toBe(true));
});
