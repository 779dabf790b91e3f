import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Constituent } from '../domain/constituent.ts';
import type { NoticeItem } from '../domain/notice.ts';
import type { Channel, NoticeCandidate } from '../engine/ports.ts';
import { drawCheckCode, planNotices } from './digest.ts';

const mail: Channel = { id: 'mail', reaches: ({ contact }) => contact.mail.length > 0 };
const letter: Channel = { id: 'letter', reaches: ({ contact }) => contact.letter !== null };

const constituent = (id: string, hasMail: boolean, hasLetter: boolean): Constituent => ({
  id,
  name: { ja: id, en: id },
  kind: 'firm',
  language: 'en',
  contact: {
    mail: hasMail ? [`it@${id}.example`] : [],
    letter: hasLetter ? { postalCode: '000-0000', lines: ['1-1'], recipient: id } : null,
  },
  resources: [],
});

const item = (caseId: string): NoticeItem => ({
  caseId,
  fingerprint: 'ab'.repeat(32),
  kind: 'scanner',
  identifier: 'ssh',
  asset: '192.0.2.1',
  port: 22,
  transport: 'tcp',
  sourcePort: null,
  severity: 'low',
  confidence: 90,
  firstSeenAt: 0,
  lastSeenAt: 1,
  count: 1,
  because: { ja: '観測しました。', en: 'Seen.' },
});

const candidate = (who: Constituent, caseId: string): NoticeCandidate => ({ constituent: who, caseId, items: [item(caseId)] });

describe('digests', () => {
  it('prefer mail, take the letter where only that reaches, and leave out whom nothing reaches', () => {
    const both = constituent('both', true, true);
    const postal = constituent('postal', false, true);
    const none = constituent('none', false, false);
    const planned = planNotices(
      [candidate(both, 'Y-1001'), candidate(postal, 'Y-1002'), candidate(both, 'Y-1003'), candidate(none, 'Y-1004')],
      [mail, letter],
    );
    expect(planned.map((one) => [one.constituent.id, one.channel, one.items.map(({ caseId }) => caseId)])).toEqual([
      ['both', 'mail', ['Y-1001', 'Y-1003']],
      ['postal', 'letter', ['Y-1002']],
    ]);
  });

  it('carry every item of whom they reach exactly once', () => {
    const cases = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean()), { maxLength: 20 });
    fc.assert(
      fc.property(cases, (list) => {
        const candidates = list.map(([id], n) => candidate(constituent(id, id !== 'c', id === 'b'), `Y-${n + 1}`));
        const planned = planNotices(candidates, [mail, letter]);
        const reached = candidates.filter((one) => one.constituent.id !== 'c').map((one) => one.caseId);
        expect(planned.flatMap((one) => one.items.map(({ caseId }) => caseId)).sort()).toEqual(reached.sort());
        expect(new Set(planned.map((one) => one.constituent.id)).size).toBe(planned.length);
      }),
    );
  });

  it('make nothing of cases without findings or without channels', () => {
    const who = constituent('a', true, true);
    expect(planNotices([{ constituent: who, caseId: 'Y-1', items: [] }], [mail])).toEqual([]);
    expect(planNotices([candidate(who, 'Y-1')], [])).toEqual([]);
    expect(planNotices([], [mail])).toEqual([]);
  });
});

describe('check codes', () => {
  it('are eight letters that cannot be mistaken for each other, and do not repeat', () => {
    const codes = Array.from({ length: 2000 }, drawCheckCode);
    expect(codes.every((code) => /^[2-9A-HJKMNP-TW-Z]{4}-[2-9A-HJKMNP-TW-Z]{4}$/.test(code))).toBe(true);
    expect(new Set(codes).size).toBe(codes.length);
  });
});
