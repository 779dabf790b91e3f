/**
 * The questions of the Explore screen.
 *
 * Their answers do not follow the live events: figures that move while someone compares
 * them, and rows that shift while someone reads them, would be wrong. The newest data
 * are one click away.
 */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { ExploreSource } from '../../../src/domain/explore.ts';
import type { ExploreCheck, ExploreFields, ExploreRows, ExploreSeriesAnswer, ExploreTop } from '../../../src/server/explore-contract.ts';
import { ask, hubUrl } from '../../api.ts';
import type { Question } from './state.ts';

const FIRST_PAGE = 200;
const PAGE = 1000;
const ONE_DAY_STEP = 21_600;
/** Distinct values are counted by listing them; beyond this it is "at least". */
export const MOST_LISTED = 1000;

export const fieldsQuery = (source: ExploreSource) =>
  queryOptions({
    queryKey: ['explore', 'fields', source],
    queryFn: ({ signal }) => ask<ExploreFields>('/explore/fields', { source }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Which 24 hours are the newest with data, and whether there are any. */
export const newestQuery = (source: ExploreSource) =>
  queryOptions({
    queryKey: ['explore', 'newest', source],
    queryFn: ({ signal }) => ask<ExploreSeriesAnswer>('/explore/series', { source, step: ONE_DAY_STEP }, { signal }),
    refetchOnWindowFocus: false,
  });

export const checkQuery = (source: ExploreSource, filter: string, cursor?: number) =>
  queryOptions({
    queryKey: ['explore', 'check', source, filter, cursor],
    queryFn: ({ signal }) => ask<ExploreCheck>('/explore/check', { source, filter, cursor }, { signal }),
    staleTime: 60_000,
  });

type Scope = Pick<Question, 'source' | 'filter' | 'from' | 'to'>;
const scope = ({ source, filter, from, to }: Scope): Scope => ({ source, filter, from, to });
const CALM = { staleTime: 300_000, refetchOnWindowFocus: false, placeholderData: keepPreviousData } as const;

export const exploreTopQuery = (question: Question, limit: number) => {
  const query = { ...scope(question), by: question.by.join(','), measure: question.measure, limit };
  return queryOptions({
    queryKey: ['explore', 'top', query],
    queryFn: ({ signal }) => ask<ExploreTop>('/explore/top', query, { signal }),
    ...CALM,
  });
};

export const exploreSeriesQuery = (question: Question, by: string | undefined) => {
  const query = { ...scope(question), by, measure: question.measure, top: 6 };
  return queryOptions({
    queryKey: ['explore', 'series', query],
    queryFn: ({ signal }) => ask<ExploreSeriesAnswer>('/explore/series', query, { signal }),
    ...CALM,
  });
};

/** Pages stay as they came: comparing a hundred thousand rows with themselves on every page would take longer than asking. */
export const exploreRowsQuery = (question: Question) => {
  const query = { ...scope(question), order: question.order };
  return infiniteQueryOptions({
    queryKey: ['explore', 'rows', query],
    queryFn: ({ pageParam, signal }) =>
      ask<ExploreRows>('/explore/rows', { ...query, limit: pageParam === null ? FIRST_PAGE : PAGE, cursor: pageParam }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.cursor,
    staleTime: 'static',
    structuralSharing: false,
    placeholderData: keepPreviousData,
  });
};

export type ExportWhat = 'rows' | 'top' | 'series';

export function exportUrl(question: Question, shape: ExportWhat, format: string, by?: string): string {
  const { measure, order } = question;
  return hubUrl('/explore/export', { ...scope(question), shape, format, by, measure, order });
}
