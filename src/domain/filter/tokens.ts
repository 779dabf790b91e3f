/**
 * Cuts a filter into words, quoted texts and signs, each with its place.
 *
 * Nearly everything that is not a sign is part of a word, so that addresses, prefixes and
 * ranges are one word each. The full-width comma and brackets of a Japanese keyboard
 * count as the plain ones.
 */
export interface Token {
  readonly kind: 'word' | 'text' | 'sign' | 'end';
  /** What it says: a quoted text without its quotes, a full-width sign as the plain one. */
  readonly text: string;
  readonly position: number;
  readonly length: number;
  /** A quoted text whose closing quote is missing. */
  readonly isOpen?: boolean;
}

const PATTERN = /\s+|&&|\|\||<=|>=|!=|==|[=<>!&|(),[\]，、（）]|"(?:[^"\\]|\\.)*("?)|'(?:[^'\\]|\\.)*('?)|[^\s=<>!&|(),[\]"'，、（）]+/gsu;
const PLAIN = new Map(Object.entries({ '，': ',', '、': ',', '（': '(', '）': ')', '==': '=', '&': '&&', '|': '||' }));
const SIGN = /^[=<>!&|(),[\]]/;

export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(PATTERN)) {
    const [found] = match;
    if (found.trim() !== '') tokens.push(toToken(found, match.index));
  }
  tokens.push({ kind: 'end', text: '', position: text.length, length: 0 });
  return tokens;
}

function toToken(found: string, position: number): Token {
  const place = { position, length: found.length };
  if (found.startsWith('"') || found.startsWith("'")) return { kind: 'text', ...unquote(found), ...place };
  const plain = PLAIN.get(found) ?? found;
  return { kind: SIGN.test(plain) ? 'sign' : 'word', text: plain, ...place };
}

function unquote(found: string): { text: string; isOpen: boolean } {
  const isClosed = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')$/su.test(found);
  return { text: found.slice(1, isClosed ? -1 : undefined).replaceAll(/\\(.)/gsu, '$1'), isOpen: !isClosed };
}

/** The text as one token, quoted only where it must be. */
export function quoteName(text: string): string {
  return /^[\p{L}\p{N}._:/+-]+$/u.test(text) && !RESERVED.has(text.toLowerCase()) ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Words with a meaning of their own where a value may stand. */
const RESERVED = new Set(['and', 'or', 'not', 'in', 'only', 'any', 'none']);
