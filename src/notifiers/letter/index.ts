/**
 * Letters: a PDF for a window envelope, for people whom mail does not reach.
 *
 * Paper is the channel that trials found to work where mail had no effect. A letter is
 * delivered when it lies in the print service's folder and its line stands in the
 * index; printing and posting is theirs.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Notice, Receipt } from '../../domain/notice.ts';
import { type DeliverContext, defineNotifier, type RenderContext } from '../../engine/modules.ts';
import { isPlainId, writeOnce } from '../outbox-file.ts';
import { toOneLine } from '../safe-text.ts';
import { toLetterContent } from './content.ts';
import { loadFonts } from './fonts.ts';
import { layLetter } from './layout.ts';
import { openPaper } from './paper.ts';
import { appendToPrintIndex, isInPrintIndex } from './print-index.ts';
import { type LetterSettings, letterSettings } from './schema.ts';

interface TypesetLetter {
  readonly subject: string;
  readonly pdf: Uint8Array;
  readonly pages: number;
}

async function typesetLetter(notice: Notice, settings: LetterSettings, context: RenderContext): Promise<TypesetLetter> {
  const content = toLetterContent(notice, settings, context);
  const subject = notice.language === 'ja' ? `${content.title}（${content.number}）` : `${content.title} (${content.number})`;
  const paper = openPaper(await loadFonts(), {
    title: subject,
    author: content.sender.name,
    subject: content.simulation ?? content.lead,
    createdAt: notice.createdAt,
    language: notice.language,
  });
  const pages = layLetter(paper, content);
  return { subject, pdf: await paper.finish(), pages };
}

async function deliverLetter(notice: Notice, settings: LetterSettings, context: DeliverContext): Promise<Receipt> {
  const refuse = (detail: string): Receipt => ({ outcome: 'failed', at: context.now, detail, isFinal: true });
  if (!isPlainId(notice.id)) return refuse('the notice number has characters that may not stand in a file name');
  if (notice.constituent.contact.letter === null) return refuse('the constituent has no postal address');
  const folder = join(context.outbox, 'letters');
  const file = `${notice.id}.pdf`;
  const delivered: Receipt = { outcome: 'delivered', at: context.now, detail: join('letters', file), isFinal: true };
  try {
    if (await isInPrintIndex(folder, notice.id)) return delivered;
    const letter = await typesetLetter(notice, settings, context);
    await writeOnce(join(folder, file), letter.pdf);
    await appendToPrintIndex(folder, toIndexEntry(notice, file, letter));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    if (code === null || !/^E[A-Z]+$/.test(code)) throw error; // ours, not the disk's
    context.log.warn({ notice: notice.id, code }, 'letter cannot be written');
    return { outcome: 'failed', at: context.now, detail: `${join('letters', file)} cannot be written (${code})`, isFinal: false };
  }
  context.log.debug({ notice: notice.id }, 'letter');
  return delivered;
}

function toIndexEntry(notice: Notice, file: string, letter: TypesetLetter) {
  const address = notice.constituent.contact.letter;
  return {
    notice: notice.id,
    file,
    pages: letter.pages,
    recipient: toOneLine(address?.recipient ?? ''),
    postalCode: toOneLine(address?.postalCode ?? ''),
    country: toOneLine(address?.country ?? ''),
    createdAt: notice.createdAt,
    sha256: createHash('sha256').update(letter.pdf).digest('hex'),
    isSimulation: notice.isSimulation,
  };
}

export default defineNotifier<LetterSettings>({
  id: 'letter',
  title: { ja: '手紙', en: 'Letter' },
  description: {
    ja: '窓付き封筒用のA4の手紙をPDFで作り、印刷業者への一覧（index.csv）とともに送信トレイに置きます。印刷と投函はこの先の仕事です。',
    en: 'Makes an A4 letter for a window envelope as PDF and lays it into the outbox with an index for the print service, which prints and posts it.',
  },
  settings: letterSettings,
  reaches: (constituent) => constituent.contact.letter !== null,
  render: async (notice, settings, context) => {
    const { subject, pdf } = await typesetLetter(notice, settings, context);
    return { subject, parts: [{ mediaType: 'application/pdf', fileName: `${notice.id}.pdf`, content: pdf }] };
  },
  deliver: deliverLetter,
});
