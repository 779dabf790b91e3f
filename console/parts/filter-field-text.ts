/** What choosing a suggestion does to the text of a filter. */
import type { ExploreCheck } from '../../src/server/explore-contract.ts';

export type Completion = ExploreCheck['completions'][number];

/** The text with the suggestion in it, and where the caret goes: behind it, with room for the next word. */
export function insertCompletion(
  text: string,
  { text: word, from, to }: Pick<Completion, 'text' | 'from' | 'to'>,
): { text: string; caret: number } {
  const before = text.slice(0, from);
  const after = text.slice(to);
  const needsSpaceBefore = before !== '' && !/[\s(（,、，]$/.test(before);
  const needsSpaceAfter = word !== '(' && !/^[\s,)、，）]/.test(after);
  const head = `${before}${needsSpaceBefore ? ' ' : ''}${word}${needsSpaceAfter ? ' ' : ''}`;
  const skipped = needsSpaceAfter ? after.trimStart() : after;
  return { text: head + skipped, caret: head.length };
}

/**
 * Suggestions asked for an earlier text, as far as they hold for what stands there now:
 * until the next answer comes, what is shown must still be what choosing it would do.
 */
export function stillFitting(completions: readonly Completion[], askedText: string, text: string, caret: number): Completion[] {
  return completions.flatMap((completion) => {
    const { from, text: word } = completion;
    const isSamePlace = caret >= from && text.slice(0, from) === askedText.slice(0, from);
    const begun = text.slice(from, caret).toLowerCase();
    return isSamePlace && begun !== word.toLowerCase() && word.toLowerCase().startsWith(begun) ? [{ ...completion, to: caret }] : [];
  });
}
