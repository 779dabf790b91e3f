/**
 * The flow collector: NetFlow v5 and v9 and IPFIX, from routers and from files.
 *
 * One row per flow and direction, counters as exported, the sampling interval and who
 * stated it beside them. How well each exporter was heard comes along by the minute.
 */
import { isCaptureHead } from '../../capture/container.ts';
import { defineCollector } from '../../engine/modules.ts';
import { collectDatagrams } from '../../flow/collect-datagrams.ts';
import { NetflowDecoder } from './decoder.ts';
import { inspectExports } from './inspect.ts';
import { openExports } from './live.ts';
import { REASONS } from './reasons.ts';
import { EXPORTS, isExportCapture, isExportFile } from './recognise.ts';
import { type NetflowSettings, netflowSettings } from './schema.ts';

const PORT = 2055;

export default defineCollector<NetflowSettings>({
  id: 'netflow',
  title: { ja: 'NetFlow・IPFIX', en: 'NetFlow and IPFIX' },
  description: {
    ja: 'ルーターが送るNetFlow v5・v9とIPFIXを、UDPで受信するか、キャプチャやデータグラムのファイルから読み取ります。テンプレートより先に届いたデータは、テンプレートが届くまで保持します。通信の中身は保存しません。',
    en: 'Reads NetFlow v5, v9 and IPFIX of routers, received by UDP or from captures and files of datagrams. Data that comes before its template is kept until the template arrives. Payload is never kept.',
  },
  input: 'flow',
  reasons: REASONS,
  settings: netflowSettings,
  recognises: ({ bytes }) => ((isCaptureHead(bytes) ? isExportCapture(bytes) : isExportFile(bytes)) ? 1 : 0),
  inspect: (input, settings) => inspectExports([input], settings),
  inspectTogether: inspectExports,
  collect: (input, settings, context) =>
    collectDatagrams(input, EXPORTS, context, (setAside) => new NetflowDecoder({ settings, isLive: false, quarantine: setAside })),
  datagrams: { port: PORT, open: openExports },
});
