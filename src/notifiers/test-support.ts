/** Builders for the tests of notifiers: each takes only what the test is about. */
import { join } from 'node:path';
import type { Constituent } from '../domain/constituent.ts';
import type { Notice, NoticeItem, SenderIdentity } from '../domain/notice.ts';
import { createLog } from '../engine/log.ts';
import type { DeliverContext, RenderContext } from '../engine/modules.ts';
import { loadAdvice } from './advice.ts';

export const ADVICE_FOLDER = join(import.meta.dirname, '..', '..', 'catalogue', 'advice');

const T0 = Date.UTC(2026, 5, 18, 23, 30);

export const SENDER: SenderIdentity = {
  name: { ja: '国の観測センター', en: 'National Observation Centre' },
  postalAddress: { ja: '例示県中央市4-5-6', en: '4-5-6 Chuo City, Reiji Prefecture' },
  mail: 'notice@centre.example',
  answerUrl: 'check.example/a',
};

export function buildConstituent(over: Partial<Constituent> = {}): Constituent {
  return {
    id: 'minato',
    name: { ja: 'みなと市役所', en: 'Minato City Hall' },
    kind: 'municipality',
    language: 'ja',
    contact: {
      mail: ['it@minato.example'],
      letter: {
        postalCode: '000-0000',
        lines: ['例示県みなと市1丁目2番3号'],
        recipient: 'みなと市役所',
        department: '総務部情報政策課',
      },
    },
    resources: [],
    ...over,
  };
}

export function buildItem(over: Partial<NoticeItem> = {}): NoticeItem {
  return {
    caseId: 'Y-1042',
    fingerprint: 'ab'.repeat(32),
    kind: 'telnet-scanner',
    identifier: 'mirai',
    asset: '203.0.113.5',
    port: 23,
    transport: 'tcp',
    sourcePort: 40_123,
    severity: 'high',
    confidence: 92,
    firstSeenAt: Date.UTC(2026, 5, 3, 4, 5, 6),
    lastSeenAt: Date.UTC(2026, 5, 17, 14, 32, 10),
    count: 17_402,
    because: {
      ja: '6月3日から17日にかけて、このアドレスから、使われていないアドレスのTelnetの入り口に向けた接続が17,402件観測されました。',
      en: 'From 3 to 17 June we observed 17,402 connections from this address to the Telnet port of addresses that nobody uses.',
    },
    ...over,
  };
}

/** As long as the detectors' own reasons get. */
export const LONG_REASON = {
  ja: '2026年6月3日18:02〜6月17日22:41（UTC）に、このアドレスから約240個の未使用アドレスの23/TCP、2323/TCPへ、接続の試みがありました。これらのポートへの17,402パケットのすべてに、Mirai系マルウェアの目印がありました（シーケンス番号が宛先アドレスと同じ。偶然にそうなるのは約43億個に1個です）。このアドレスを使う機器が感染しているおそれがあります。',
  en: 'From 3 June 2026, 18:02 to 17 June 2026, 22:41 UTC this address tried about 240 unused addresses on ports 23/TCP and 2323/TCP. All 17,402 packets to these ports carry the mark of the Mirai family: the sequence number equals the destination address, which chance alone does to one packet in 4.3 billion. A device behind this address may be infected.',
};

export function buildItems(count: number, over: (index: number) => Partial<NoticeItem> = () => ({})): NoticeItem[] {
  return Array.from({ length: count }, (_, index) =>
    buildItem({
      caseId: `Y-${1000 + index}`,
      fingerprint: index.toString(16).padStart(64, '0'),
      asset: `203.0.113.${index % 256}`,
      lastSeenAt: Date.UTC(2026, 5, 17, 14, 32, 10) - index * 61_000,
      ...over(index),
    }),
  );
}

export function buildNotice(over: Partial<Notice> = {}): Notice {
  return {
    id: 'N-000123',
    tenant: 'main',
    channel: 'mail',
    constituent: buildConstituent(),
    language: 'ja',
    checkCode: '7K4M-2QXR',
    createdAt: T0,
    items: [buildItem()],
    isSimulation: false,
    ...over,
  };
}

export const renderContext: RenderContext = { sender: SENDER, advice: loadAdvice(ADVICE_FOLDER) };

export function deliverContext(outbox: string, over: Partial<DeliverContext> = {}): DeliverContext {
  return { ...renderContext, log: createLog('silent'), signal: new AbortController().signal, now: T0 + 60_000, outbox, ...over };
}

export function partOf(parts: readonly { mediaType: string; content: Uint8Array }[], mediaType: string): string {
  const part = parts.find((candidate) => candidate.mediaType === mediaType);
  return part ? Buffer.from(part.content).toString('utf8') : '';
}
