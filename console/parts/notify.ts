/** What a round of notifying did, and what went wrong, in sentences. */
import type { NotifyResult } from '../../src/server/contract.ts';
import { HubError } from '../api.ts';
import type { Words } from '../words/ja.ts';

export function notifyOutcome(result: NotifyResult, words: Words): string {
  const sentences = [
    result.delivered + result.queued > 0 ? words.case.sent(result.delivered, result.queued) : '',
    result.failed > 0 ? words.case.sentFailed(result.failed) : '',
    result.held > 0 ? words.case.sentHeld(result.held) : '',
  ].filter((sentence) => sentence !== '');
  return sentences.length > 0 ? sentences.join(' ') : words.case.sentNothing;
}

export const problemText = (error: unknown, words: Words): string =>
  error instanceof HubError ? `${error.message} (${words.state.code(error.code)})` : String(error);
