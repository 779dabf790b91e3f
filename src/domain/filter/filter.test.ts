import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../test/support/volume.ts';
import { EXPLORE_SOURCES, type ExploreSource } from '../explore.ts';
import { anyFilter } from './arbitrary.test-support.ts';
import { completeFilter } from './complete.ts';
import { fieldsOf } from './fields.ts';
import type { Filter, FilterProblem } from './filter.ts';
import { parseFilter } from './parse.ts';
import { printFilter } from './print.ts';

function read(text: string, source: ExploreSource = 'flow'): Filter {
  const parsed = parseFilter(source, text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.problem.text.en}`);
  return parsed.filter;
}
const canonical = (text: string, source: ExploreSource = 'flow'): string => printFilter(source, read(text, source));
function problemOf(text: string, source: ExploreSource = 'flow'): FilterProblem {
  const parsed = parseFilter(source, text);
  if (parsed.ok) throw new Error(`is a filter: ${text}`);
  return parsed.problem;
}
const offers = (text: string, source: ExploreSource = 'flow', caret = text.length): string[] =>
  completeFilter(source, text, caret, { sensor: ['north', 'north wing'] }).map((completion) => completion.text);

describe('reading', () => {
  it.each([
    ['', 'any'],
    ['source in 203.0.113.0/24', 'source in 203.0.113.0/24'],
    ['port 20-25,80', 'port 20-25, 80'],
    ['port = 23 or port != 80', 'port 23 or not port 80'],
    ['PROTO TCP && (dst port 23 || src as AS64496)', 'protocol tcp and (destination-port 23 or source-asn 64496)'],
    ['flags S and not flags A', 'flags S and not flags A'],
    ['flags only as', 'flags only SA'],
    ['flags none', 'flags none'],
    ['src net 10.0.0.0/8 and dst ip 192.0.2.1', 'source in 10.0.0.0/8 and destination in 192.0.2.1'],
    ['any address 2001:DB8::1', 'address in 2001:db8::1'],
    ['any port 53 and any', 'port 53 and any'],
    ['packets > 1.1k and bytes >= 1ki', 'packets > 1100 and bytes >= 1024'],
    ['duration > 1min', 'duration > 60000ms'],
    ['country jp, unknown', 'country JP, unknown'],
    ['exporter 2001:DB8:0::1', 'exporter 2001:db8::1'],
    ['sensor "north \\"wing\\"" , and', ''],
    ['destination-port in [ 23 2323, 80 ]', 'destination-port 23, 2323, 80'],
    ['dst port not in 1-3', 'not destination-port 1-3'],
    ['192.0.2.1 and tcp', 'address in 192.0.2.1 and protocol tcp'],
    ['in if 3 or out if 4', 'input 3 or output 4'],
    ['port 23、80 and （tcp or udp）', 'port 23, 80 and (protocol tcp or protocol udp)'],
    ['not not (tcp)', 'not not protocol tcp'],
  ])('%s', (text, expected) => {
    if (expected === '') expect(problemOf(text).text.en).toContain('needs a value');
    else expect(canonical(text)).toBe(expected);
  });

  it.each([
    ['class tcp-scan and mark mirai', 'class tcp-scan and mark mirai'],
    ['mirai and not ping', 'mark mirai and not class ping'],
    ['dst port 23 and src as 64496', 'port 23 and asn 64496'],
    ['ttl < 64 and window 1024 and targets > 10', 'ttl < 64 and window 1024 and targets > 10'],
  ])('of the telescope: %s', (text, expected) => expect(canonical(text, 'telescope')).toBe(expected));

  it('binds not before and, and before or', () => {
    expect(read('tcp or not udp and icmp')).toMatchObject({ kind: 'or', terms: [{}, { kind: 'and', terms: [{ kind: 'not' }, {}] }] });
  });
});

describe('what is wrong', () => {
  it.each([
    ['source 10.0.0.1/24', 7, 11, 'source 10.0.0.0/24'],
    ['prt 23', 0, 3, 'port 23'],
    ['23', 0, 2, 'port 23'],
    ['port 25-20', 5, 5, 'port 20-25'],
    ['country JP foo', 11, 3, 'country JP and foo'],
    ['(port 23', 0, 1, '(port 23)'],
    ['port 23)', 7, 1, 'port 23'],
    ['port', 4, 0, null],
    ['port 23 and', 11, 0, null],
    ['port 70000', 5, 5, null],
    ['source > 192.0.2.1', 7, 1, 'source in 192.0.2.1'],
    ['class x', 0, 5, null],
    ['sensor "north', 7, 6, null],
    ['flags Q', 6, 1, null],
    ['port 1.5', 5, 3, null],
    ['direction ingres', 10, 6, 'direction ingress'],
    ['source in []', 10, 1, null],
    ['port [23', 5, 1, null],
    ['constructor 3', 0, 11, null],
    ['or', 0, 2, null],
  ])('%s', (text, position, length, suggestion) => {
    const problem = problemOf(text);
    expect(problem).toMatchObject({ position, length, suggestion });
    expect(problem.text.en).not.toBe('');
    expect(problem.text.ja).not.toMatch(/^[\x20-\x7e]*$/);
  });

  it('says that a telescope keeps no destinations', () => {
    expect(problemOf('destination 192.0.2.1', 'telescope').text.en).toContain('flow records have it');
  });

  it('bounds length, depth and number of conditions', () => {
    expect(problemOf(`sensor ${'a'.repeat(5000)}`).position).toBe(4000);
    expect(problemOf(`${'('.repeat(40)}tcp${')'.repeat(40)}`).text.en).toContain('nested');
    expect(problemOf(`${'not '.repeat(40)}tcp`).text.en).toContain('nested');
    expect(problemOf(Array.from({ length: 201 }, () => 'tcp').join(' or ')).text.en).toContain('conditions');
    expect(canonical(`${'('.repeat(30)}tcp${')'.repeat(30)}`)).toBe('protocol tcp');
  });

  it('stays within the text and never throws, whatever is typed', () => {
    const words = fc.constantFrom(
      'port',
      'source',
      'in',
      '(',
      ')',
      '[',
      ']',
      ',',
      'not',
      'and',
      'or',
      '"',
      '23',
      '192.0.2.1',
      '>',
      '!=',
      'x',
      '　',
    );
    const typed = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.array(words, { maxLength: 12 }).map((list) => list.join(' ')),
    );
    fc.assert(
      fc.property(typed, fc.constantFrom(...EXPLORE_SOURCES), (text, source) => {
        const parsed = parseFilter(source, text);
        if (!parsed.ok) expect(parsed.problem.position + parsed.problem.length).toBeLessThanOrEqual(text.length);
        for (const { from, to } of completeFilter(source, text, text.length)) expect(from).toBeLessThanOrEqual(to);
      }),
      runs(200, 1000),
    );
  });
});

describe('writing', () => {
  it.each(EXPLORE_SOURCES)('a tree of %s reads as the same tree', (source) => {
    fc.assert(
      fc.property(anyFilter(source), (filter) => {
        expect(read(printFilter(source, filter), source)).toEqual(filter);
      }),
      runs(400, 2000),
    );
  });
});

describe('completion', () => {
  it('offers fields, then operators and values, then what joins', () => {
    expect(offers('')).toContain('destination-port');
    expect(offers('dest')).toEqual(['destination', 'destination-port', 'destination-asn', 'destination-country']);
    expect(offers('packets ')).toEqual(expect.arrayContaining(['>', '<=']));
    expect(offers('protocol t')).toEqual(['tcp']);
    expect(offers('tcp ')).toEqual(['and', 'or']);
    expect(offers('(tcp ')).toEqual(['and', 'or', ')']);
    expect(offers('(tcp o')).toEqual(['or']);
    expect(offers('sensor n')).toEqual(['not in', 'north', '"north wing"']);
    expect(offers('sensor "nor')).toEqual(['north', '"north wing"']);
    expect(offers('class ', 'telescope')).toContain('backscatter');
    expect(offers('port 23, ')).toEqual(['23']);
    expect(offers('送信', 'telescope')).toEqual(['source', 'source-port']);
  });

  it('replaces the word under the caret', () => {
    const [first] = completeFilter('flow', 'tcp and dest 192.0.2.1', 10);
    expect(first).toMatchObject({ text: 'destination', from: 8, to: 12 });
  });

  it('offers nothing behind a mistake', () => {
    expect(offers('nonsense 3 and ')).toEqual([]);
  });
});

describe('the table of fields', () => {
  it.each(EXPLORE_SOURCES)('has examples of %s that are filters', (source) => {
    for (const { id, examples } of fieldsOf(source)) {
      for (const example of examples) expect(() => read(`${id} ${example}`, source), `${id} ${example}`).not.toThrow();
    }
  });
});
