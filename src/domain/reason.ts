/**
 * Why a record could not be used, as a code and the values of its sentence.
 *
 * The code and the values are kept and the sentence is made when somebody reads it, so
 * that it comes in the reader's language and a better wording also reaches old records.
 */
import type { Text } from './text.ts';

export interface Reason {
  readonly code: string;
  readonly parameters: Readonly<Record<string, string | number>>;
}

/** A sentence for each code, with gaps: "{value} is no time". */
export type ReasonSentences = Readonly<Record<string, Text>>;

/** A code that no sentence is known for stands for itself. */
export function explainReason(sentences: ReasonSentences, { code, parameters }: Reason): Text {
  const text = sentences[code];
  return text ? { ja: fillGaps(text.ja, parameters), en: fillGaps(text.en, parameters) } : { ja: code, en: code };
}

/** The names of the gaps, so that both languages can be held to the same. */
export const gapsOf = (sentence: string): string[] => Array.from(sentence.matchAll(GAP), (match) => match[1] ?? '');

const GAP = /\{([a-z]+)\}/gi;

/** In one pass: a value that looks like a gap stays as it is. */
const fillGaps = (sentence: string, parameters: Reason['parameters']): string =>
  sentence.replace(GAP, (gap, name: string) => String(parameters[name] ?? gap));
