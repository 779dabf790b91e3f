import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../../test/support/shared-data.ts';
import { CsvSplitter } from './csv.ts';
import { loadFacts, speaksWhenEmpty } from './facts.ts';
import { toIntelmqEvent } from './intelmq.ts';

const folder = hasSharedData ? sharedData('events', 'shadowserver-csv') : '';
const goldens = hasSharedData ? readdirSync(folder).filter((name) => name.endsWith('.expected.jsonl')) : [];

function attributesOf(file: string, report: string): Record<string, string>[] {
  const splitter = new CsvSplitter();
  splitter.push(readFileSync(file, 'utf8'));
  splitter.end();
  const header = splitter.next()?.cells ?? [];
  const facts = loadFacts().reports.get(report);
  const rows: Record<string, string>[] = [];
  for (let record = splitter.next(); record; record = splitter.next()) {
    const { cells } = record;
    const kept = header.flatMap((name, i): [string, string][] => {
      const text = cells[i];
      return text !== undefined && (text !== '' || (facts && speaksWhenEmpty(facts, name))) ? [[name, text]] : [];
    });
    rows.push(Object.fromEntries(kept));
  }
  return rows;
}

describe.skipIf(!hasSharedData)('events as IntelMQ makes them', () => {
  it.each(goldens)('%s', (name) => {
    const report = name.replace('.expected.jsonl', '');
    const expected = readFileSync(`${folder}/${name}`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const receivedAt = Date.UTC(2026, 10, 22);
    const events = attributesOf(`${folder}/${report}.csv`, report).map((attributes) => toIntelmqEvent({ report, receivedAt, attributes }));
    expect(events).toEqual(expected);
  });
});
