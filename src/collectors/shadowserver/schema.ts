/**
 * What an operator may set for Shadowserver reports. Nothing has to be set: the product
 * brings the facts of every published report type.
 */
import { z } from 'zod';

export const shadowserverSettings = z
  .strictObject({
    schemaFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Path of Shadowserver's published report schema. When given, report types and columns come from it instead of the built-in table. / Shadowserverが公開している報告スキーマのパス。指定すると、組み込みの表の代わりに使います。",
      ),
    reportType: z
      .string()
      .regex(/^\w+$/)
      .optional()
      .describe(
        'Report type of every file, for files whose name and header do not tell. / 名前や見出しから種類が分からないファイルに使う報告の種類。',
      ),
    provider: z
      .string()
      .min(1)
      .max(100)
      .default('Shadowserver')
      .describe('Who reports, as readers of notices see it. / 通知に書く報告元の名前。'),
  })
  .describe('Shadowserver reports / Shadowserverの報告');

export type ShadowserverSettings = z.infer<typeof shadowserverSettings>;
