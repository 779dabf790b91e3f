/** One contract test over every module of every kind: a new module is covered before its author writes a test. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { collectors } from '../src/collectors/index.ts';
import { detectors } from '../src/detectors/index.ts';
import { blanksOf } from '../src/domain/blanks.ts';
import { TELEMETRY_TABLES } from '../src/domain/telemetry-table.ts';
import { isYaguraError } from '../src/engine/errors.ts';
import { createLog } from '../src/engine/log.ts';
import { notifiers } from '../src/notifiers/index.ts';

const all = [...collectors, ...detectors, ...notifiers];
const JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;

describe.each(all)('module $id', (module) => {
  it('says what it is in both languages', () => {
    expect(module.id).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(module.title.en).not.toBe('');
    expect(module.description.ja).toMatch(JAPANESE);
    expect(module.description.en).toMatch(/[a-z]/);
  });

  it('runs on its default settings and refuses unknown ones', () => {
    expect(module.settings.safeParse({}).success).toBe(true);
    expect(module.settings.safeParse({ surelyNoSuchSetting: 1 }).success).toBe(false);
  });

  it('has settings that can be drawn as a form', () => {
    expect(z.toJSONSchema(module.settings, { io: 'input', unrepresentable: 'any' })).toMatchObject({ type: 'object' });
  });
});

it('has no two modules of one kind with the same id', () => {
  for (const list of [collectors, detectors, notifiers]) {
    expect(list.length).toBeGreaterThan(0);
    expect(new Set(list.map((module) => module.id)).size).toBe(list.length);
  }
});

describe.each(collectors)('collector $id', (collector) => {
  it.each(Object.entries(collector.reasons))('says why a record is set aside in both languages: %s', (code, { ja, en }) => {
    expect(code).toMatch(/^[a-z][a-z-]*$/);
    expect(ja).toMatch(JAPANESE);
    expect(en).not.toMatch(JAPANESE);
    expect(en).toMatch(/[a-z]/);
    expect(blanksOf(ja).sort()).toEqual(blanksOf(en).sort());
  });

  const folder = mkdtempSync(join(tmpdir(), 'yagura-contract-'));
  const png = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(300, 7)]);
  const wrong = {
    'png.bin': png,
    'zeros.bin': Buffer.alloc(4096),
    'short.bin': Buffer.from([0xd4]),
    'words.txt': Buffer.from('hello world\n'),
  };

  it.each(Object.entries(wrong))('does not recognise %s and refuses it by name and reason', async (name, bytes) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    expect(collector.recognises({ name, bytes })).toBe(0);
    const input = { name, path, size: bytes.length };
    const settings = collector.settings.parse({});
    const refused = async (): Promise<void> => {
      for await (const _ of collector.collect(input, settings, context())) void _;
    };
    await expect(refused()).rejects.toSatisfy(
      (error: unknown) => isYaguraError(error) && error.code.startsWith('input-') && error.file === name,
    );
    await expect(collector.inspect(input, settings)).rejects.toSatisfy((error: unknown) => isYaguraError(error) && error.file === name);
  });

  function context() {
    return {
      tenant: 'main',
      sensor: 's',
      receivedAt: 0,
      fileDigest: new Uint8Array(32),
      log: createLog('silent'),
      signal: new AbortController().signal,
      quarantine: () => undefined,
      alarm: () => undefined,
      progress: () => undefined,
    };
  }
});

it('keeps addresses as 16 bytes in every telemetry table', () => {
  expect(TELEMETRY_TABLES.telescope_minute.columns.source).toBe('FixedString(16)');
  expect(TELEMETRY_TABLES.feed_record.columns.source).toBe('FixedString(16)');
});
