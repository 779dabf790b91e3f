/**
 * A notice as its reader gets it: the mail in a closed frame, its plain text, its list as
 * a table, a letter as its PDF.
 *
 * The frame runs no script. Style sheets inside the mail would be refused by the content
 * policy that the frame inherits, so they are taken out and adopted as objects instead;
 * the mail looks here as it does in a mail program.
 */
import { useMemo, useRef, useState } from 'react';
import type { NoticePreview } from '../../src/server/contract.ts';
import { useWords } from '../preferences.tsx';
import { parseCsv } from './csv.ts';
import { Segments } from './fields.tsx';
import { Empty } from './page.tsx';

type Part = NoticePreview['parts'][number];

const isType = (part: Part, type: string): boolean => part.mediaType.toLowerCase().startsWith(type);
export const findPart = (preview: NoticePreview, type: string): Part | undefined => preview.parts.find((part) => isType(part, type));

interface NoticeBodyProps {
  readonly preview: NoticePreview;
  /** Where a part's bytes are; null where only text exists. */
  readonly partUrl: (index: number) => string | null;
}

type View = 'html' | 'pdf' | 'text' | 'csv';

export function NoticeBody({ preview, partUrl }: NoticeBodyProps) {
  const words = useWords();
  const html = findPart(preview, 'text/html');
  const text = findPart(preview, 'text/plain');
  const csv = findPart(preview, 'text/csv');
  const pdfIndex = preview.parts.findIndex((part) => isType(part, 'application/pdf'));
  const pdf = pdfIndex < 0 ? null : partUrl(pdfIndex);
  const titles: Readonly<Record<View, string>> = {
    html: words.notice.tabHtml,
    pdf: words.notice.tabPage,
    text: words.notice.tabText,
    csv: words.notice.tabTable,
  };
  const isThere: Readonly<Record<View, boolean>> = {
    html: html?.text != null,
    pdf: pdf !== null,
    text: text?.text != null,
    csv: csv?.text != null,
  };
  const views = (['pdf', 'html', 'text', 'csv'] as const).filter((view) => isThere[view]);
  const [chosen, setChosen] = useState<View>('html');
  const view = views.includes(chosen) ? chosen : views[0];
  if (view === undefined) return <Empty>{words.notice.gone}</Empty>;
  return (
    <>
      <div className="flt">
        <Segments label={words.notice.asSent} value={view} options={views.map((id) => ({ id, title: titles[id] }))} onPick={setChosen} />
      </div>
      <div lang={preview.language}>
        {view === 'html' ? <MailFrame html={html?.text ?? ''} title={words.draft.mailLabel} /> : null}
        {view === 'pdf' && pdf ? <PdfPage url={pdf} /> : null}
        {view === 'text' ? <p className="plain-text">{text?.text}</p> : null}
        {view === 'csv' ? <CsvTable text={csv?.text ?? ''} /> : null}
      </div>
    </>
  );
}

export function MailFrame({ html, title }: { readonly html: string; readonly title: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const mail = useMemo(() => splitStyles(html), [html]);
  const [height, setHeight] = useState(480);
  const dress = (): void => {
    const inside = frame.current?.contentDocument;
    const view = frame.current?.contentWindow as (Window & typeof globalThis) | null | undefined;
    if (!inside || !view) return;
    const sheet = new view.CSSStyleSheet({ baseURL: location.origin });
    sheet.replaceSync(`${ourFontFaces()}\n${mail.styles}`);
    inside.adoptedStyleSheets = [sheet];
    setHeight(Math.min(4000, inside.documentElement.scrollHeight + 2));
  };
  return (
    <iframe
      ref={frame}
      className="paper-page"
      title={title}
      sandbox="allow-same-origin"
      srcDoc={mail.body}
      style={{ height }}
      onLoad={dress}
    />
  );
}

/**
 * Mails ask for the reader's own Japanese font. A machine without one would show boxes, so
 * the frame may use the console's copy, as recipients' systems have theirs.
 */
function ourFontFaces(): string {
  const rules = Array.from(document.styleSheets)
    .flatMap((sheet) => Array.from(sheet.cssRules))
    .filter((rule) => rule instanceof CSSFontFaceRule);
  return `${rules.map((rule) => rule.cssText).join('\n')} body { font-family: "Yagura Sans", "Noto Sans JP Variable", sans-serif !important; }`;
}

/** The mail without its style elements, and what stood in them. Links open nothing: the frame may not navigate. */
function splitStyles(html: string): { readonly body: string; readonly styles: string } {
  const mail = new DOMParser().parseFromString(html, 'text/html');
  const sheets = [...mail.querySelectorAll('style')];
  const styles = sheets.map((sheet) => sheet.textContent ?? '').join('\n');
  for (const element of [...sheets, ...mail.querySelectorAll('script, link, base, meta[http-equiv]')]) element.remove();
  for (const link of mail.querySelectorAll('a[href]')) link.removeAttribute('href');
  return { body: `<!doctype html>${mail.documentElement.outerHTML}`, styles };
}

export function PdfPage({ url }: { readonly url: string }) {
  const words = useWords();
  return (
    <object className="paper-page" data={url} type="application/pdf" aria-label={words.draft.pdfLabel}>
      <div className="state">
        <p>{words.draft.pdfFallback}</p>
        <p>
          <a className="btn" href={url}>
            {words.draft.openPdf}
          </a>
        </p>
      </div>
    </object>
  );
}

interface CsvRow {
  readonly id: number;
  readonly cells: readonly { readonly id: number; readonly text: string }[];
}

const toRows = (text: string): CsvRow[] =>
  parseCsv(text).map((row, id) => ({ id, cells: row.map((cell, column) => ({ id: column, text: cell })) }));

const MOST_ROWS = 500;

function CsvTable({ text }: { readonly text: string }) {
  const words = useWords();
  const [head, ...body] = useMemo(() => toRows(text), [text]);
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={words.common.tableRegion(words.notice.tabTable)}>
      <table>
        <caption className="sr">{words.notice.tabTable}</caption>
        <thead>
          <tr>
            {head?.cells.map((cell) => (
              <th key={cell.id} scope="col">
                {cell.text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.slice(0, MOST_ROWS).map((row) => (
            <tr key={row.id}>
              {row.cells.map((cell) => (
                <td key={cell.id} className="nowrap">
                  {cell.text}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {body.length > MOST_ROWS ? <p className="state">{words.common.shown(MOST_ROWS, body.length)}</p> : null}
    </div>
  );
}
