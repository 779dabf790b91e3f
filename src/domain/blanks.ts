/** Sentences with blanks, `{name}`: written once, completed where they are read. */

const BLANK = /\{([a-z]+)\}/gi;

/** In one pass: a value that looks like a blank stays as it is, and so does a blank without a value. */
export const fillBlanks = (sentence: string, values: Readonly<Record<string, string | number>>): string =>
  sentence.replace(BLANK, (blank, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : blank));

/** The names of the blanks, so that both languages can be held to the same. */
export const blanksOf = (sentence: string): string[] => Array.from(sentence.matchAll(BLANK), (match) => match[1] ?? '');
