/**
 * What the screen says right now: how much comes in against what is usual at this hour,
 * where both are known; otherwise how much came in over the period.
 */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Traffic, Usual } from '../../../src/server/contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { PageHead } from '../../parts/page.tsx';
import { portName } from '../../parts/top-table.tsx';
import { compareLastHour } from '../../parts/usual-figures.ts';
import { useWords, wordFor } from '../../preferences.tsx';
import { type Period, topQuery } from '../../queries.ts';
import type { Words } from '../../words/ja.ts';
import { busiestClass } from './traffic-panel.tsx';

interface NowHeadProps {
  readonly traffic: Traffic | undefined;
  /** Only while data comes in. */
  readonly usual: Usual | undefined;
  readonly period: Period;
  /** "in the last 24 hours" */
  readonly span: string;
  readonly tools: ReactNode;
}

export function NowHead({ traffic, usual, period, span, tools }: NowHeadProps) {
  const words = useWords();
  const format = useFormat();
  const ports = useQuery(topQuery('port', period));
  if (!traffic) return <PageHead title={words.now.title} heading={words.now.title} tools={tools} />;
  const port = ports.data?.rows[0]?.key;
  const { packets, sources } = traffic.totals;
  const volume = volumeOf(traffic, span, words, format);
  const comparison = usual && comparisonOf(usual, words, format);
  return (
    <PageHead title={words.now.title} heading={comparison ?? volume} tools={tools}>
      <p>
        {comparison ? `${volume} ` : null}
        {packets > 0 ? (port ? words.now.lead(sources, portName(port)) : words.now.leadNoPort(sources)) : null}{' '}
        {traffic.gaps.length > 0 ? words.now.gapLead : null}
      </p>
    </PageHead>
  );
}

function volumeOf(traffic: Traffic, span: string, words: Words, format: Format): string {
  const busiest = busiestClass(traffic);
  const { packets } = traffic.totals;
  return packets > 0 && busiest
    ? words.now.heading(span, packets, format.share(busiest.total, packets), wordFor(words.trafficMany, busiest.class))
    : words.now.headingNone(span);
}

function comparisonOf(usual: Usual, words: Words, format: Format): string | undefined {
  const last = compareLastHour(usual);
  if (!last || last.change === null) return undefined;
  const percent = format.share(Math.abs(last.change), 1);
  if (last.isUsual || Math.round(last.change * 100) === 0) return words.now.headingUsual(last.now);
  return last.change > 0 ? words.now.headingMore(last.now, percent) : words.now.headingLess(last.now, percent);
}
