import { describe, expect, it } from 'vitest';
import { FINDING_KINDS, SEVERITIES } from '../domain/finding.ts';
import { casePolicy } from './policy.ts';
import { caseTitle } from './titles.ts';

const DAY = 86_400_000;

describe('the case policy', () => {
  it('opens a case for everything but mere knowledge', () => {
    expect(FINDING_KINDS.filter((kind) => !casePolicy.opensCase(kind, 'low'))).toEqual(['identified-device']);
    expect(FINDING_KINDS.some((kind) => casePolicy.opensCase(kind, 'info'))).toBe(false);
  });

  it('gives less time the more it presses', () => {
    expect(SEVERITIES.map((severity) => casePolicy.dueAt(severity, 0))).toEqual([null, 30 * DAY, 14 * DAY, 3 * DAY, DAY]);
  });
});

describe('case titles', () => {
  it.each([
    ['infected-host', 'mirai', '感染のおそれのある機器（Mirai）', 'May be infected (Mirai)'],
    ['exposed-service', 'open-telnet', 'インターネットに公開されたサービス（Telnet）', 'Service open to the Internet (Telnet)'],
    ['scanner', 'scanner', 'ほかの機器を探索している機器', 'Scanning other devices'],
    ['spam', '', '迷惑メールの送信', 'Sending spam'],
    ['blocklisted', 'some-list', 'ブロックリストへの掲載（some-list）', 'On a blocklist (some-list)'],
  ] as const)('%s %s', (kind, identifier, ja, en) => {
    expect(caseTitle(kind, identifier)).toEqual({ ja, en });
  });

  it('exist in both languages and differ for every kind', () => {
    const titles = FINDING_KINDS.map((kind) => caseTitle(kind, ''));
    expect(new Set(titles.map((title) => title.ja)).size).toBe(FINDING_KINDS.length);
    expect(new Set(titles.map((title) => title.en)).size).toBe(FINDING_KINDS.length);
  });
});
