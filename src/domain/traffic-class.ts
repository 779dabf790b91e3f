/**
 * What a packet that reaches an unused address is, by its headers alone.
 *
 * The order and the codes are stored, drawn and exported: append, never renumber.
 * Rules: telescope literature (Moore et al. 2001 for backscatter; Merit Orion's
 * traffic types), with RST+ACK and answers from well-known UDP services counted
 * as backscatter, which Orion leaves out.
 */
import type { Text } from './text.ts';

export const TRAFFIC_CLASSES = [
  { code: 0, id: 'other', title: { ja: 'その他', en: 'Other' } },
  { code: 1, id: 'tcp-scan', title: { ja: 'TCPスキャン', en: 'TCP scan' } },
  { code: 2, id: 'udp-probe', title: { ja: 'UDP探索', en: 'UDP probe' } },
  { code: 3, id: 'ping', title: { ja: 'ping', en: 'Ping' } },
  { code: 4, id: 'backscatter', title: { ja: '跳ね返り', en: 'Backscatter' } },
  { code: 5, id: 'misconfiguration', title: { ja: '設定誤り', en: 'Misconfiguration' } },
] as const satisfies readonly { code: number; id: string; title: Text }[];

export type TrafficClassId = (typeof TRAFFIC_CLASSES)[number]['id'];
export const TRAFFIC_CLASS_CODE = Object.fromEntries(TRAFFIC_CLASSES.map((c) => [c.id, c.code])) as Record<TrafficClassId, number>;
