import { describe, expect, it } from 'vitest';
import { FINDING_KINDS } from '../../domain/finding.ts';
import { explain, type Sighting } from './because.ts';

const sighting = (more: Partial<Sighting> = {}): Sighting => ({
  asset: '192.0.2.1',
  port: null,
  transport: null,
  service: undefined,
  subject: '',
  provider: 'Shadowserver',
  report: 'Some-Report',
  at: Date.UTC(2026, 2, 3, 5, 5, 53),
  ...more,
});
const full = { port: 23, transport: 'tcp', service: { ja: 'Telnet', en: 'Telnet' }, subject: 'mirai' } as const;

describe.each(FINDING_KINDS)('why a finding of kind %s exists', (kind) => {
  it.each([
    ['with little to say', sighting()],
    ['with all to say', sighting(full)],
  ])('%s', (_name, seen) => {
    const { ja, en } = explain(kind, seen);
    expect(ja).toMatch(/192\.0\.2\.1 .*（Shadowserverの(調査|報告)、2026年3月3日 05:05 UTC）。$/);
    expect(en).toMatch(/192\.0\.2\.1\b.* \(Shadowserver (survey|report), 3 March 2026, 05:05 UTC\)\.$/);
    expect(en).toMatch(/^[A-Z1]/);
    expect(`${ja}${en}`).not.toMatch(/undefined|null|感染しています|is infected|（）|\(\)| ,|,,| {2}/);
  });
});

it('words of a minute do not stick to the next one', () => {
  const [one, two] = [0, 60_000].map((later) => explain('spam', sighting({ at: Date.UTC(2026, 11, 31, 23, 59) + later })));
  expect(one?.en).toContain('31 December 2026, 23:59 UTC');
  expect(two?.ja).toContain('2027年1月1日 00:00 UTC');
});
