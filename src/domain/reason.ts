/**
 * Why a record could not be used, as a code and the values of its sentence.
 *
 * The code and the values are kept and the sentence is made when somebody reads it, so
 * that it comes in the reader's language and a better wording also reaches old records.
 */
import { fillBlanks } from './blanks.ts';
import type { Text } from './text.ts';

export interface Reason {
  readonly code: string;
  readonly parameters: Readonly<Record<string, string | number>>;
}

/** A sentence for each code, with blanks: "{value} is no time". */
export type ReasonSentences = Readonly<Record<string, Text>>;

/** A code that no sentence is known for stands for itself. */
export function explainReason(sentences: ReasonSentences, { code, parameters }: Reason): Text {
  const text = sentences[code];
  return text ? { ja: fillBlanks(text.ja, parameters), en: fillBlanks(text.en, parameters) } : { ja: code, en: code };
}
