/** What the mails about own ranges say, in both languages, and that the XML keeps to its schema. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OwnRangeAlert, OwnRangeMessage } from '../../domain/own-range.ts';
import { becauseOf } from '../../domain/own-range-text.ts';
import { buildConstituent, buildNotice, partOf, renderContext } from '../test-support.ts';
import mail from './index.ts';

const settings = mail.settings.parse({});
const FROM = Date.UTC(2026, 5, 15);
const TO = Date.UTC(2026, 5, 22);
const XSD = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'own-range-alert.xsd'), 'utf8');

function buildAlert(over: Partial<OwnRangeAlert> = {}): OwnRangeAlert {
  const alert = {
    id: 'A-000007',
    constituentId: 'minato',
    host: '203.0.113.5',
    class: 'OUTBOUND_INFECTION' as const,
    state: 'new' as const,
    severity: 'high' as const,
    raisedAt: FROM,
    firstSeenAt: FROM,
    lastSeenAt: FROM + 60_000,
    packets: 40,
    targets: 38,
    ports: [{ protocol: 6, port: 23, packets: 40 }],
    sensors: ['north'],
    ...over,
  };
  return { ...alert, because: over.because ?? becauseOf(alert, { leastPackets: 3, leastTargets: 2, leastAnswers: 25 }) };
}

async function render(language: 'ja' | 'en', over: Partial<OwnRangeMessage> = {}, constituent = buildConstituent()) {
  const ownRange: OwnRangeMessage = {
    kind: 'alert',
    from: FROM,
    to: TO,
    alerts: [buildAlert()],
    ranges: ['203.0.113.0/24'],
    sensors: 1,
    unwatched: [],
    ...over,
  };
  const { subject, parts } = await mail.render(buildNotice({ language, items: [], ownRange, constituent }), settings, renderContext);
  return { subject, text: partOf(parts, 'text/plain'), html: partOf(parts, 'text/html'), xml: partOf(parts, 'application/xml') };
}

describe('an alert by mail', () => {
  it.each(['ja', 'en'] as const)('says which host, why, and what to do, in %s', async (language) => {
    const { subject, text, html } = await render(language);
    expect(subject).toContain('N-000123');
    for (const part of [text, html]) {
      expect(part).toContain('203.0.113.5');
      expect(part).toContain('A-000007');
      expect(part).toContain('203.0.113.0/24');
      expect(part).toContain(language === 'ja' ? '3パケット以上' : 'from 3 packets');
      expect(part).toContain(language === 'ja' ? 'マルウェアの有無' : 'check it for malware');
    }
    if (language === 'en') expect(text).not.toMatch(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u);
    expect(html).not.toMatch(/<(a|img|script|link)\b|https?:/i);
  });

  it('never tells the victim of an attack that it is infected', async () => {
    const attack = buildAlert({ class: 'UNDER_ATTACK', ports: [{ protocol: 6, port: 443, packets: 40 }] });
    const { text } = await render('en', { alerts: [attack] });
    expect(text).toContain('does not mean that the host is infected');
    expect(text).not.toMatch(/malware|may be infected/);
    expect((await render('ja', { alerts: [attack] })).text).not.toMatch(/マルウェア|感染しているおそれ/);
  });

  it('lets no name break out of its place', async () => {
    const evil = '</constituent><x a="1">&\r\nBcc: thief@evil.example\0';
    const { text, html, xml } = await render('en', {}, buildConstituent({ name: { ja: evil, en: evil } }));
    expect(xml.match(/<\/constituent>/g)).toHaveLength(1);
    expect(html).not.toContain('<x a');
    expect(text).not.toMatch(/^Bcc:/m);
  });
});

describe('the XML', () => {
  it('has only elements and attributes that the schema names', async () => {
    const { xml } = await render('ja', { kind: 'receipt', unwatched: [{ from: FROM, to: FROM + 60_000 }] });
    const tags = xml.replace(/<\?.*?\?>/, '').match(/<[a-z][^>]*>/g) ?? [];
    expect(tags.length).toBeGreaterThan(7);
    for (const tag of tags) {
      const [, element = ''] = /^<([a-z-]+)/.exec(tag) ?? [];
      expect(XSD, element).toContain(`name="${element}"`);
      for (const [, attribute = ''] of tag.matchAll(/ ([a-z:-]+)="/g)) {
        if (attribute !== 'xmlns') expect(XSD, attribute).toContain(attribute === 'xml:lang' ? 'ref="xml:lang"' : `name="${attribute}"`);
      }
    }
    expect(xml).toContain(/targetNamespace="([^"]+)"/.exec(XSD)?.[1] ?? 'no namespace');
  });
});

describe('a weekly receipt', () => {
  it('says that nothing was seen only together with whether anybody watched', async () => {
    const quiet = { kind: 'receipt', alerts: [], sensors: 2 } as const;
    expect((await render('en', quiet)).text).toContain('2 sensors were watching and healthy.');
    expect((await render('ja', quiet)).text).toContain('センサー2台が正常に観測していました。');
    const gap = await render('en', { ...quiet, unwatched: [{ from: FROM, to: FROM + 3_600_000 }] });
    expect(gap.text).toContain('so this says nothing about them');
    expect(gap.text).toContain('2026-06-15 00:00:00 – 2026-06-15 01:00:00 UTC');
    const dead = await render('en', { ...quiet, unwatched: [{ from: FROM, to: TO }] });
    expect(dead.text).toContain('no sensor was watching in this period, so this says nothing.');
    expect(dead.text).not.toContain('healthy');
  });
});
