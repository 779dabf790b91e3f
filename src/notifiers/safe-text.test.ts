import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, hasLineBreak, toHarmlessLine, toOneLine } from './safe-text.ts';

/** Any text at all; the built-in generator of it takes seconds to get going. */
const anyText = fc.array(fc.integer({ min: 0, max: 0x10ffff }), { minLength: 1, maxLength: 40 }).map((points) =>
  points
    .filter((point) => point < 0xd800 || point > 0xdfff)
    .map((point) => String.fromCodePoint(point % 7 === 0 ? point % 0x2100 : point))
    .join(''),
);

describe('one line', () => {
  it('joins lines and drops what hides or reorders', () => {
    expect(toOneLine('Minato\r\nBcc: x@y.example')).toBe('Minato Bcc: x@y.example');
    expect(toOneLine('invoice\u202Egpj.exe')).toBe('invoicegpj.exe');
    expect(toOneLine('ad\u200Bmin\u0007')).toBe('admin');
    expect(toOneLine('  みなと市役所　御中 ')).toBe('みなと市役所　御中');
  });

  it('never keeps a control or format character', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(toOneLine(text)).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
        expect(hasLineBreak(toOneLine(text))).toBe(false);
      }),
    );
  });
});

describe('a harmless line', () => {
  it('makes addresses of pages impossible to tap, and leaves the rest', () => {
    expect(toHarmlessLine('see http://evil.example/x.y and HTTPS://a.b.example')).toBe(
      'see hxxp://evil[.]example/x.y and hxxps://a[.]b[.]example',
    );
    expect(toHarmlessLine('203.0.113.5')).toBe('203.0.113.5');
  });

  it('leaves no scheme a mail program would link', () => {
    fc.assert(
      fc.property(fc.webUrl(), fc.string(), (url, text) => {
        expect(toHarmlessLine(`${text} ${url}`)).not.toContain(url);
      }),
    );
  });
});

it('escapes what HTML would read as markup', () => {
  expect(escapeHtml(`<script>&"'`)).toBe('&lt;script&gt;&amp;&quot;&#39;');
});
