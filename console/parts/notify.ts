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

/** What a failure means in the reader's language, then the hub's own sentence, which names file and record. */
export function problemText(error: unknown, words: Words): string {
  if (!(error instanceof HubError)) return String(error);
  const meaning = meaningOf(error, words);
  if (meaning === undefined) return `${error.message} (${words.state.code(error.code)})`;
  return error.message === '' ? meaning : `${meaning} ${words.problems.detail(error.message)}`;
}

/** Undefined for codes that are not the hub's own. */
export const meaningOf = ({ code }: HubError, { problems }: Words): string | undefined =>
  Object.hasOwn(problems, code) && code !== 'detail' ? problems[code as Exclude<keyof typeof problems, 'detail'>] : undefined;
