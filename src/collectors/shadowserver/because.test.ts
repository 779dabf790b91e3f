import { describe, expect, it } from 'vitest';
import { FINDING_KINDS } from '../../domain/finding.ts';
import { completeSentence } from '../../domain/finding-sentence.ts';
import { explain, type Sighting } from './because.ts';

const sighting = (more: Partial<Sighting> = {}): Sighting => ({
  port: null,
  transport: null,
  service: undefined,
  subject: '',
  provider: 'Shadowserver',
  report: 'Some-Report',
  ...more,
});
const full = { port: 23, transport: 'tcp', service: { ja: 'Telnet', en: 'Telnet' }, subject: 'mirai' } as const;

describe.each(FINDING_KINDS)('why a finding of kind %s exists', (kind) => {
  it.each([
    ['with little to say', sighting()],
    ['with all to say', sighting(full)],
  ])('%s', (_name, seen) => {
    const { ja, en } = completeSentence(explain(kind, seen), '192.0.2.1', Date.UTC(2026, 2, 3, 5, 5, 53));
    expect(ja).toMatch(/192\.0\.2\.1 .*（Shadowserverの(調査|報告)、2026年3月3日 05:05 UTC）。$/);
    expect(en).toMatch(/192\.0\.2\.1\b.* \(Shadowserver (survey|report), 3 March 2026, 05:05 UTC\)\.$/);
    expect(en).toMatch(/^[A-Z1]/);
    expect(`${ja}${en}`).not.toMatch(/undefined|null|感染しています|is infected|（）|\(\)| ,|,,| {2}/);
  });
});
