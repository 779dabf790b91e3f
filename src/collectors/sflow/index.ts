/**
 * The sFlow collector: packets that switches sampled, as flow rows of one packet each.
 *
 * The beginning of the packet is decoded as any capture is and then forgotten: what is
 * kept are header fields, the sampling rate and the interfaces.
 */
import { isCaptureHead } from '../../capture/container.ts';
import { type DatagramDecoder, defineCollector, type LiveContext } from '../../engine/modules.ts';
import { collectDatagrams, takeColumns } from '../../flow/collect-datagrams.ts';
import { SflowDecoder } from './decoder.ts';
import { inspectSamples } from './inspect.ts';
import { REASONS } from './reasons.ts';
import { isSflowCapture, isSflowFile, SFLOW } from './recognise.ts';
import { type SflowSettings, sflowSettings } from './schema.ts';

const PORT = 6343;

export default defineCollector<SflowSettings>({
  id: 'sflow',
  title: { ja: 'sFlow', en: 'sFlow' },
  description: {
    ja: 'スイッチが抜き取ったパケットの先頭部分（sFlowバージョン5）を、UDPで受信するか、キャプチャから読み取ります。残すのはヘッダーの項目だけで、通信の中身は保存しません。カウンターの値は使いません。',
    en: 'Reads the beginnings of packets that switches have sampled (sFlow version 5), received by UDP or from captures. Only header fields are kept, never payload; interface counters are left out.',
  },
  input: 'flow',
  reasons: REASONS,
  settings: sflowSettings,
  recognises: ({ bytes }) => ((isCaptureHead(bytes) ? isSflowCapture(bytes) : isSflowFile(bytes)) ? 1 : 0),
  inspect: (input) => inspectSamples([input]),
  inspectTogether: inspectSamples,
  collect: (input, _settings, context) => collectDatagrams(input, SFLOW, context, (setAside) => new SflowDecoder(setAside)),
  datagrams: { port: PORT, open: async (_settings, context) => openSamples(context) },
});

function openSamples(context: LiveContext): DatagramDecoder {
  const decoder = new SflowDecoder((exporter, reason, excerpt) => context.quarantine(exporter, reason, excerpt()));
  let given = 0;
  return {
    take: (datagram, from, receivedAt) => decoder.take(datagram, from, receivedAt),
    flush(now) {
      decoder.settleLosses(now);
      const batch = { records: decoder.records - given, columns: takeColumns(decoder, context) };
      given = decoder.records;
      return batch;
    },
    close: async () => undefined,
  };
}
