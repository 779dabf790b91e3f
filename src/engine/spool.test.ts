import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Spool } from './spool.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const newDirectory = (): string => join(mkdtempSync(join(tmpdir(), 'yagura-spool-')), 'spool');

async function contentOf(spool: Spool, token: string): Promise<[string, string][]> {
  return (await spool.read(token)).map((part) => [part.name, readFileSync(part.file, 'utf8')]);
}

describe('Spool', () => {
  it('keeps the parts of a batch under its token until they are removed', async () => {
    const spool = await Spool.open(newDirectory());
    await spool.put('intake:1', [
      { name: '0001-b', content: [bytes('second')] },
      { name: '0000-a', content: [bytes('first')] },
    ]);
    expect(await spool.list()).toEqual(['intake:1']);
    expect(await contentOf(spool, 'intake:1')).toEqual([
      ['0000-a', 'first'],
      ['0001-b', 'second'],
    ]);
    await spool.remove('intake:1');
    expect(await spool.list()).toEqual([]);
  });

  it('is found again by the next process', async () => {
    const directory = newDirectory();
    await (await Spool.open(directory)).put('a', [{ name: 'x', content: [bytes('kept')] }]);
    expect(await contentOf(await Spool.open(directory), 'a')).toEqual([['x', 'kept']]);
  });

  it('ignores and sweeps away what a crash left half-written', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, 'unfinished-1'), { recursive: true });
    writeFileSync(join(directory, 'unfinished-1', '0000-a'), 'ha');
    const spool = await Spool.open(directory);
    expect(await spool.list()).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('leaves nothing of a batch whose parts fail halfway', async () => {
    const directory = newDirectory();
    const spool = await Spool.open(directory);
    function* failing(): Generator<{ name: string; content: Uint8Array[] }> {
      yield { name: 'a', content: [bytes('a')] };
      throw new Error('no more');
    }
    await expect(spool.put('a', failing())).rejects.toThrow('no more');
    await expect(spool.put('a', [{ name: '../escape', content: [bytes('a')] }])).rejects.toMatchObject({ code: 'internal' });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('keeps the first content of a token', async () => {
    const spool = await Spool.open(newDirectory());
    await spool.put('a', [{ name: 'x', content: [bytes('first')] }]);
    await spool.put('a', [{ name: 'x', content: [bytes('second')] }]);
    expect(await contentOf(spool, 'a')).toEqual([['x', 'first']]);
  });

  it('takes the same batch from two callers at once as one', async () => {
    const directory = newDirectory();
    const spool = await Spool.open(directory);
    const put = (): Promise<void> => spool.put('a', [{ name: 'x', content: [bytes('same')] }]);
    await Promise.all([put(), put(), put()]);
    expect(readdirSync(directory)).toHaveLength(1);
    await Promise.all([spool.remove('a'), spool.remove('a')]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('puts a batch aside', async () => {
    const spool = await Spool.open(newDirectory());
    await spool.put('a', [{ name: 'x', content: [bytes('bad')] }]);
    const folder = await spool.reject('a');
    expect(await spool.list()).toEqual([]);
    expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('bad');
  });

  it('gives every token back as it was, whatever it is made of', async () => {
    const spool = await Spool.open(newDirectory());
    const token = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
    await fc.assert(
      fc.asyncProperty(token, async (name) => {
        await spool.put(name, [{ name: 'x', content: [bytes(name)] }]);
        expect(await spool.list()).toEqual([name]);
        await spool.remove(name);
      }),
      { numRuns: 30 },
    );
  });

  it.each(['', 'x'.repeat(300)])('refuses a token that is no file name', async (token) => {
    const spool = await Spool.open(newDirectory());
    await expect(spool.put(token, [])).rejects.toMatchObject({ code: 'internal' });
  });
});
