/**
 * The capture collector: pcap and pcapng files of a telescope, as cells per minute.
 *
 * Only headers are read. What comes out is who did what to which port in which minute,
 * with the marks that scanning tools leave; no payload and no list of targets is kept.
 */

import { isCaptureHead } from '../../capture/container.ts';
import { defineCollector } from '../../engine/modules.ts';
import { collectCapture } from './collect.ts';
import { inspectCapture } from './inspect.ts';
import { REASONS } from './reasons.ts';
import { type PcapSettings, pcapSettings } from './schema.ts';
import { CaptureStream } from './stream.ts';

export default defineCollector<PcapSettings>({
  id: 'pcap',
  title: { ja: 'パケットキャプチャ', en: 'Packet capture' },
  description: {
    ja: 'pcapおよびpcapng形式のキャプチャ（gzip・Zstandard圧縮可）のヘッダーだけを読み取り、送信元・種類・ポートごとに1分単位で集計します。通信の中身は保存しません。',
    en: 'Reads the headers of pcap and pcapng captures, also compressed with gzip or Zstandard, and counts them per minute by source, class and port. Payload is never kept.',
  },
  input: 'capture',
  reasons: REASONS,
  settings: pcapSettings,
  recognises: (head) => (isCaptureHead(head.bytes) ? 1 : 0),
  inspect: inspectCapture,
  collect: (input, _settings, context) => collectCapture(input, context),
  stream: { open: (_settings, context) => Promise.resolve(new CaptureStream(context)) },
});
