/**
 * From a click to the next filter: whatever stands on the Explore screen, what it offers
 * reads in the filter language, and says what its words promise.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { insertCompletion, stillFitting } from '../console/parts/filter-field-text.ts';
import { notThis, onlyThis, soleSource, termFor, whatItDid, whoElse } from '../console/screens/explore/pivot.ts';
import { isUnwatched, peakOf, toBands, toSteps, watchedRuns } from '../console/screens/explore/series-figures.ts';
import { moved, toExploreSearch, toMinutes, widened } from '../console/screens/explore/state.ts';
import type { ExploreSource } from '../src/domain/explore.ts';
import { completeFilter } from '../src/domain/filter/complete.ts';
import { fieldsOf } from '../src/domain/filter/fields.ts';
import { parseFilter } from '../src/domain/filter/parse.ts';
import type { ExploreSeriesAnswer } from '../src/server/explore-contract.ts';

const reads = (source: ExploreSource, filter: string): boolean => parseFilter(source, filter).ok;

const VALUES: Readonly<Record<string, readonly (string | number)[]>> = {
  address: ['198.51.100.7', '2001:db8::1'],
  port: [0, 23, 65_535],
  number: [0, 7],
  duration: [0, 1500],
  protocol: ['tcp', 'udp', '253'],
  class: ['tcp-scan', 'backscatter'],
  flags: ['S', 'SA', 'none'],
  country: ['JP', ''],
  asn: [0, 64_496],
  name: ['north', 'north wing', 'and', 'a "b" \\c', ''],
  mark: ['mirai', 'zmap masscan'],
  direction: ['ingress', 'unknown'],
};
const FILTERS: Readonly<Record<ExploreSource, readonly string[]>> = {
  telescope: [
    '',
    'any',
    'port 23',
    'port 23 or port 80',
    'not (port 1 or sensor "a or b") and class ping',
    'source in 198.51.100.0/24 && asn 0',
  ],
  flow: ['', 'src ip 192.0.2.1 and dst port 80', 'bytes > 1k or flags only S', 'not (protocol udp)'],
};

describe('the conditions made from values', () => {
  const cases = (['telescope', 'flow'] as const).flatMap((source) =>
    fieldsOf(source).flatMap((field) => (VALUES[field.type] ?? []).map((value) => ({ source, field: field.id, value }))),
  );

  it('reads for every field, kind of value and filter before it', () => {
    expect(cases.length).toBeGreaterThan(80);
    for (const { source, field, value } of cases) {
      for (const before of FILTERS[source]) {
        const next = [onlyThis(before, field, value), notThis(before, field, value)];
        for (const filter of next) expect(filter === undefined || reads(source, filter), `${source}: ${filter}`).toBe(true);
      }
    }
  });

  it('quotes any name so that it reads as one value', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), (name) => {
        const parsed = parseFilter('telescope', termFor('sensor', name) ?? '');
        expect(parsed.ok && parsed.filter.kind === 'words' ? parsed.filter.words : parsed).toEqual([name.trim()]);
      }),
    );
  });

  it('takes out what the click contradicts and keeps the rest', () => {
    expect(onlyThis('port 23 and class ping', 'port', 80)).toBe('class ping and port 80');
    expect(onlyThis('not port 80 and class ping', 'port', 80)).toBe('class ping and port 80');
    expect(onlyThis('port 23 or port 80', 'asn', 0)).toBe('(port 23 or port 80) and asn 0');
    expect(notThis('port 23 and port 80', 'port', 23)).toBe('port 80 and not port 23');
    expect(notThis('', 'mark', 'zmap masscan')).toBe('not (mark zmap and mark masscan)');
    expect(onlyThis('', 'nat-source', '')).toBeUndefined();
  });

  it('asks what one sender did, and who else did the same', () => {
    expect(whatItDid('telescope', 'source', '198.51.100.7')).toEqual({ filter: 'source 198.51.100.7', by: 'port' });
    expect(whatItDid('flow', 'destination', '198.51.100.7')?.filter).toBe('source 198.51.100.7');
    expect(whatItDid('telescope', 'port', 23)).toBeUndefined();
    expect(whoElse('telescope', { class: 'tcp-scan', protocol: 'tcp', port: 23, source: '198.51.100.7' })?.filter).toBe(
      'class tcp-scan and protocol tcp and port 23',
    );
    expect(whoElse('telescope', { class: 'ping', protocol: 'icmp', port: 0 })?.filter).toBe('class ping and protocol icmp');
  });

  it('knows a filter that is about one sender', () => {
    expect(soleSource('port 23 and source 198.51.100.7')).toBe('198.51.100.7');
    expect(soleSource('source in 198.51.100.0/24')).toBeUndefined();
    expect(soleSource('source 198.51.100.7 or source 198.51.100.8')).toBeUndefined();
    expect(soleSource('not source 198.51.100.7')).toBeUndefined();
  });
});

describe('choosing a suggestion', () => {
  it('puts the word where it belongs and the caret behind it', () => {
    expect(insertCompletion('cl', { text: 'class', from: 0, to: 2 })).toEqual({ text: 'class ', caret: 6 });
    expect(insertCompletion('port 23', { text: 'and', from: 7, to: 7 })).toEqual({ text: 'port 23 and ', caret: 12 });
    expect(insertCompletion('not ', { text: '(', from: 4, to: 4 })).toEqual({ text: 'not (', caret: 5 });
  });

  it('never offers, while the next answer is awaited, what no longer fits', () => {
    const asked = completeFilter('telescope', 'c', 1);
    expect(asked.map(({ text }) => text)).toEqual(expect.arrayContaining(['class', 'country']));
    const left = stillFitting(asked, 'c', 'cla', 3);
    expect(left.map(({ text, to }) => [text, to])).toEqual([['class', 3]]);
    expect(stillFitting(asked, 'c', 'port ', 5)).toEqual([]);
    expect(stillFitting(asked, 'c', 'class', 5)).toEqual([]);
  });

  it('leads from nothing to a filter by suggestions alone', () => {
    let text = '';
    for (const word of ['class', 'tcp-scan', 'and', 'protocol', 'tcp']) {
      const offered = completeFilter('telescope', text, text.length).find((completion) => completion.text === word);
      expect(offered, `${word} after "${text}"`).toBeDefined();
      if (offered) ({ text } = insertCompletion(text, offered));
    }
    expect(reads('telescope', text)).toBe(true);
  });
});

describe('the address of the screen', () => {
  it('keeps what makes sense and drops the rest', () => {
    expect(toExploreSearch({ source: 'flow', filter: ' port 1 ', from: '1000', to: 2000, by: 'asn', measure: 'bytes', x: 1 })).toEqual({
      source: 'flow',
      filter: 'port 1',
      from: 1000,
      to: 2000,
      by: 'asn',
      measure: 'bytes',
    });
    expect(toExploreSearch({ source: 'other', from: 5, to: 4, measure: 'x', filter: {} })).toEqual({});
  });

  it('moves and widens by whole minutes', () => {
    expect(toMinutes(61_000, 119_000)).toEqual({ from: 60_000, to: 120_000 });
    expect(moved({ from: 120_000, to: 180_000 }, -1)).toEqual({ from: 60_000, to: 120_000 });
    expect(widened({ from: 600_000, to: 720_000 }, 3)).toEqual({ from: 480_000, to: 840_000 });
  });
});

describe('the chart over time', () => {
  const answer = (values: readonly number[][], gaps: ExploreSeriesAnswer['gaps'] = []): ExploreSeriesAnswer => ({
    from: 0,
    to: 240_000,
    stepSeconds: 60,
    by: 'class',
    measure: 'packets',
    series: values.map((one, i) => ({ key: `k${i}`, label: { ja: '', en: '' }, values: one, total: 0 })),
    gaps,
    elapsedMs: 0,
    dataQuality: { isComplete: true, erasedUntil: null, gaps, origins: [], sampling: null, notes: [] },
  });

  it('stacks in the order given', () => {
    const bands = toBands(
      answer([
        [1, 2],
        [3, 4],
      ]),
      ['k1', 'k0'],
    );
    expect(bands.map(({ key, upper }) => [key, upper])).toEqual([
      ['k1', [3, 4]],
      ['k0', [4, 6]],
    ]);
  });

  it('draws nothing across a gap and finds no peak in it', () => {
    const gapped = answer([[1, 9, 5, 2]], [{ from: 60_000, to: 120_000 }]);
    expect(watchedRuns(gapped)).toEqual([[0], [2, 3]]);
    expect(isUnwatched(gapped, 1)).toBe(true);
    expect(peakOf(gapped)).toBe(2);
  });

  it('takes a drag outward to whole steps, in either direction', () => {
    expect(toSteps(answer([[0, 0, 0, 0]]), 130_000, 70_000)).toEqual({ from: 60_000, to: 180_000 });
    expect(toSteps(answer([[0, 0, 0, 0]]), 10, 20)).toEqual({ from: 0, to: 60_000 });
  });
});
