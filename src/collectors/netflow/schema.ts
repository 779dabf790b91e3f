/** What an operator may set for flow exports. The defaults are right where exporters state their sampling. */
import { z } from 'zod';
import { parsePrefix } from '../../domain/address.ts';

const staticSampling = z.strictObject({
  exporter: z
    .string()
    .refine((text) => parsePrefix(text) !== undefined, 'an address or a prefix such as 192.0.2.0/24')
    .describe('Address or prefix of the exporters. / エクスポーターのアドレスまたはプレフィックス。'),
  interval: z.int().min(1).max(0xffff_ffff).describe('One packet in so many is looked at. / この個数に1個のパケットを観測します。'),
  replaces: z
    .boolean()
    .default(false)
    .describe(
      'Whether it also holds where the exporter states another interval. / エクスポーターが別の間隔を示していても、この値を使うかどうか。',
    ),
});

export const netflowSettings = z
  .strictObject({
    sampling: z
      .array(staticSampling)
      .max(1000)
      .default([])
      .describe(
        'Sampling intervals of exporters that do not state them. The first match counts. / サンプリング間隔を通知しないエクスポーターの間隔。最初に一致したものを使います。',
      ),
    portsMatter: z
      .boolean()
      .default(false)
      .describe(
        'Whether exporters at one address are told apart by their port. Off, because many change it. / 同じアドレスのエクスポーターをポートで区別するかどうか。ポートを変える機器が多いため、既定では区別しません。',
      ),
    waitSeconds: z
      .int()
      .min(0)
      .max(86_400)
      .default(1800)
      .describe('How long data waits for its template, in seconds. / テンプレートが届くまでデータを保持する時間（秒）。'),
    waitBytes: z
      .int()
      .min(0)
      .max(1 << 30)
      .default(8 * 1024 * 1024)
      .describe('How many bytes of data may wait for templates. / テンプレートを待つデータの上限（バイト）。'),
  })
  .describe('NetFlow and IPFIX / NetFlowとIPFIX');

export type NetflowSettings = z.infer<typeof netflowSettings>;
