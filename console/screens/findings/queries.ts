/** What the list of findings asks: stretches by place, counts, and the explanation of one. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { Explanation } from '../../../src/server/explanation-contract.ts';
import type { BacktestRules, FindingCounts, FindingStretch, StandingMark } from '../../../src/server/finding-contract.ts';
import { ask } from '../../api.ts';

export interface ListFilter {
  readonly kind?: string | undefined;
  readonly severity?: string | undefined;
  readonly state?: string | undefined;
  readonly sensor?: string | undefined;
  readonly constituent?: string | undefined;
  readonly q?: string | undefined;
}

/** Rows come in stretches of so many: enough for a window and the rows around it. */
export const STRETCH = 100;

export const stretchQuery = (filter: ListFilter, order: string | undefined, number: number) =>
  queryOptions({
    queryKey: ['finding', '/findings/stretch', filter, order, number],
    queryFn: ({ signal }) =>
      ask<FindingStretch>('/findings/stretch', { ...filter, order, offset: number * STRETCH, limit: STRETCH }, { signal }),
    staleTime: 30_000,
  });

export const countsQuery = (filter: ListFilter) =>
  queryOptions({
    queryKey: ['finding', '/findings/counts', filter],
    queryFn: ({ signal }) => ask<FindingCounts>('/findings/counts', { ...filter }, { signal }),
    placeholderData: keepPreviousData,
  });

export const explanationQuery = (fingerprint: string) =>
  queryOptions({
    queryKey: ['finding', '/explanation', fingerprint],
    queryFn: ({ signal }) => ask<Explanation>(`/findings/${encodeURIComponent(fingerprint)}/explanation`, {}, { signal }),
  });

export const markQuery = (fingerprint: string) =>
  queryOptions({
    queryKey: ['finding', '/mark', fingerprint],
    queryFn: ({ signal }) => ask<StandingMark>(`/findings/${encodeURIComponent(fingerprint)}/mark`, {}, { signal }),
  });

export const backtestRulesQuery = () =>
  queryOptions({
    queryKey: ['module', '/backtests/rules'],
    queryFn: ({ signal }) => ask<BacktestRules>('/backtests/rules', {}, { signal }),
  });
