/** A stream that cannot be understood any more: said once, in the words an operator reads. */
import type { YaguraError } from '../engine/errors.ts';
import type { Desk } from './desk.ts';

export function tellBroken(desk: Desk, error: YaguraError): void {
  desk.log.error({ err: error, source: desk.order.source }, 'a live stream cannot be understood any more; what came before is kept');
  desk.alarm({
    code: 'live-stream-broken',
    detail: { source: desk.order.source, reason: error.message },
    text: {
      ja: `ライブ入力「${desk.order.source}」の内容を読み取れなくなりました。それまでのデータは保存されています。`,
      en: `The live input "${desk.order.source}" cannot be understood any more: ${error.message}`,
    },
  });
}
