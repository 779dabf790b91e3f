/**
 * The page around the HTML of a mail. It loads nothing, links nowhere and leaves the
 * colours to the reader, which is why it can be read in dark mode.
 */
import type { Language } from '../../domain/text.ts';
import { escapeHtml as e } from '../safe-text.ts';

const FONT = "font-family:'Noto Sans JP','Hiragino Sans','Yu Gothic UI',Meiryo,'Segoe UI',Helvetica,Arial,sans-serif";

/** `body` is HTML already. */
export function toHtmlPage(language: Language, subject: string, body: string): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,address=no,email=no,date=no">
<title>${e(subject)}</title>
</head>
<body style="margin:0;padding:0;${FONT};font-size:15px;line-height:${language === 'ja' ? '1.8' : '1.62'}">
<main lang="${language}" style="max-width:720px;margin:0 auto;padding:20px 16px">
${body}
</main>
</body>
</html>
`;
}
