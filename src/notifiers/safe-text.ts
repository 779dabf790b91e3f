/**
 * Makes text from outside safe to put before a person.
 *
 * Names come from registries and configuration, reasons may quote what an attacker
 * sent. None of it may start a new header or line, reorder what is read, close a tag,
 * or become a link somebody taps by mistake.
 */

const LINE_BREAK = /[\r\n\u0085\u2028\u2029\0]/;
// Control and format characters; the latter hide text or turn its direction.
const INVISIBLE = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

export function hasLineBreak(value: string): boolean {
  return LINE_BREAK.test(value);
}

/** One visible line: no control, direction or zero-width characters. */
export function toOneLine(value: string): string {
  return value
    .replace(INVISIBLE, (found) => (LINE_BREAK.test(found) || found.includes('\t') ? ' ' : ''))
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** One visible line in which no address of a web page can be tapped. */
export function toHarmlessLine(value: string): string {
  return toOneLine(value).replace(/(ht|f)tp(s?):\/\/([^\s/]*)/gi, (_all, start: string, secure: string, host: string) => {
    return `${start.toLowerCase() === 'ht' ? 'hxxp' : 'fxp'}${secure.toLowerCase()}://${host.replaceAll('.', '[.]')}`;
  });
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(value: string): string {
  return value.replace(/[&<>"']/g, (found) => ENTITIES[found] ?? '');
}
