/** What the answer says, in one sentence: who sent most, or what this one sender did. */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { ExploreFields, ExploreTop } from '../../../src/server/explore-contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { PageHead } from '../../parts/page.tsx';
import { type Language, usePreferences, useWords } from '../../preferences.tsx';
import type { Words } from '../../words/ja.ts';
import { soleSource, whatItDid } from './pivot.ts';
import { QualityLine } from './quality-line.tsx';
import { exploreTopQuery, MOST_LISTED } from './queries.ts';
import type { Question } from './state.ts';
import { figureOf, SHORT_TOP } from './top-panel.tsx';
import { valueText } from './values.tsx';

interface ExploreHeadProps {
  readonly fields: ExploreFields;
  readonly question: Question;
  readonly tools: ReactNode;
}

export function ExploreHead({ fields, question, tools }: ExploreHeadProps) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const top = useQuery(exploreTopQuery(question, SHORT_TOP));
  const reach = useReach(question, top.isPlaceholderData ? undefined : top.data);
  if (!top.data || top.isPlaceholderData)
    return (
      <PageHead title={words.explore.title} heading={words.explore.title} tools={tools}>
        <p>{top.error ? '' : words.explore.asking}</p>
      </PageHead>
    );
  const said = { question, top: top.data, fields, reach, words, format, language };
  const heading = headingFor(said);
  return (
    <PageHead title={words.explore.title} heading={<span className="wraps">{heading}</span>} tools={tools}>
      <p>{top.data.total === 0 ? words.explore.nothingMeans : leadFor(said)}</p>
      <QualityLine quality={top.data.dataQuality} />
      <p className="sr" role="status">
        {heading}
      </p>
    </PageHead>
  );
}

interface Said {
  readonly question: Question;
  readonly top: ExploreTop;
  readonly fields: ExploreFields;
  /** Of how many ports the sender in the sentence tried; undefined until known. */
  readonly reach: number | undefined;
  readonly words: Words;
  readonly format: Format;
  readonly language: Language;
}

/** How many ports the sender of the sentence reached. */
function useReach(question: Question, top: ExploreTop | undefined): number | undefined {
  const sender = soleSource(question.filter) ?? (question.by[0] === 'source' ? top?.rows[0]?.keys[0] : undefined);
  const port = question.source === 'telescope' ? 'port' : 'destination-port';
  const own = soleSource(question.filter) === undefined ? whatItDid(question.source, 'source', sender ?? '') : undefined;
  const filter = own ? (question.filter === '' ? own.filter : `(${question.filter}) and ${own.filter}`) : question.filter;
  const ports = useQuery({
    ...exploreTopQuery({ ...question, filter, by: [port], measure: 'packets' }, MOST_LISTED),
    enabled: sender !== undefined && top !== undefined && top.total > 0,
  });
  return ports.isPlaceholderData ? undefined : ports.data?.rows.length;
}

function headingFor(said: Said): string {
  const { question, top, words } = said;
  const first = top.rows[0];
  if (top.total === 0 || !first) return nothingFor(top, words);
  const sender = soleSource(question.filter);
  if (sender !== undefined && isSum(top)) return words.explore.sent(sender, amountOf(said, top.total), reachOf(said));
  const figure = amountOf(said, figureOf(first, top.measure));
  if (question.by[0] === 'source') return words.explore.sentMost(first.keys[0] ?? '', figure, isSum(top) ? reachOf(said) : '');
  return words.explore.leads(fieldTitle(said), nameOf(said), figure, isSum(top) ? shareOf(said) : '');
}

/** Nothing seen, nobody looking and no longer kept are three different things. */
function nothingFor(top: ExploreTop, words: Words): string {
  const { erasedUntil } = top.dataQuality;
  if (erasedUntil !== null && erasedUntil >= top.to) return words.explore.nothingErased;
  return isAllGap(top) ? words.explore.nothingGap : words.explore.nothing;
}

const isSum = ({ measure }: ExploreTop): boolean => measure !== 'sources' && measure !== 'destinations';

/** Most of the period unseen and nothing in the rest: then nothing can be said about it. */
const isAllGap = ({ from, to, dataQuality }: ExploreTop): boolean =>
  dataQuality.gaps.reduce((sum, gap) => sum + Math.min(to, gap.to) - Math.max(from, gap.from), 0) >= (to - from) * 0.99;

/** Sampled figures are estimates, and say so. */
function amountOf({ top, fields, format, words, language }: Said, count: number): string {
  const unit = fields.measures.find(({ id }) => id === top.measure)?.unit[language] ?? '';
  const amount = words.explore.amount(format.count(count), unit);
  const { sampling } = top.dataQuality;
  return sampling?.isMultiplied && sampling.high > 1 ? words.explore.about(amount) : amount;
}

function reachOf({ reach, words }: Said): string {
  if (reach === undefined || reach === 0) return '';
  return reach >= MOST_LISTED ? words.explore.toPortsAtLeast(reach) : words.explore.toPorts(reach);
}

const fieldTitle = ({ top, fields, language }: Said): string => fields.fields.find(({ id }) => id === top.by[0])?.title[language] ?? '';

function nameOf({ top, words, format, language }: Said): string {
  const first = top.rows[0];
  const [field = ''] = top.by;
  const label = first?.labels[0]?.[language] ?? '';
  return label === '' || field === 'protocol' ? valueText(field, first?.keys[0] ?? '', words, format) : label;
}

function shareOf({ top, words, format }: Said): string {
  const [first] = top.rows;
  return first ? words.explore.ofAll(format.share(figureOf(first, top.measure), top.total)) : '';
}

function leadFor(said: Said): string {
  const { top, words, format } = said;
  const span = format.span(top.from, top.to);
  const amount = amountOf(said, top.total);
  return isSum(top) ? words.explore.lead(span, format.zone, amount) : words.explore.leadDistinct(span, format.zone, amount);
}
