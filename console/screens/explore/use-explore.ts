/** The state of the screen: read from the address, changed by changing it. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { ExploreSource } from '../../../src/domain/explore.ts';
import type { ExploreFields, ExploreSeriesAnswer } from '../../../src/server/explore-contract.ts';
import { checkQuery, fieldsQuery, newestQuery } from './queries.ts';
import { type ExploreSearch, type Question, withoutEmpty } from './state.ts';

type Field = ExploreFields['fields'][number];

export interface Explore {
  readonly search: ExploreSearch;
  readonly fields: ExploreFields | undefined;
  readonly newest: ExploreSeriesAnswer | undefined;
  /** Undefined until the newest data are known, and while the filter cannot be read. */
  readonly question: Question | undefined;
  readonly isUnreadable: boolean;
  readonly error: unknown;
  readonly retry: () => void;
  /** What is undefined in `next` leaves the address. */
  readonly change: (next: { readonly [K in keyof ExploreSearch]?: ExploreSearch[K] | undefined }) => void;
}

export function useExplore(): Explore {
  const search = useSearch({ from: '/explore' });
  const navigate = useNavigate({ from: '/explore' });
  const { source = 'telescope', filter = '' } = search;
  const fields = useQuery(fieldsQuery(source));
  const newest = useQuery(newestQuery(source));
  const check = useQuery({ ...checkQuery(source, filter), enabled: filter !== '' });
  const isReadable = filter === '' || check.data?.ok === true;
  const from = search.from ?? newest.data?.from;
  const to = search.to ?? newest.data?.to;
  const isReady = isReadable && fields.data !== undefined && from !== undefined && to !== undefined;
  const asked: Question | undefined = isReady
    ? {
        source,
        filter,
        from,
        to,
        by: groupsIn(search.by, fields.data.fields, source),
        measure: fields.data.measures.find(({ id }) => id === search.measure)?.id ?? 'packets',
        order: search.order ?? 'time',
      }
    : undefined;
  const last = useLast(asked);
  const isChecking = filter !== '' && check.isPending && fields.data !== undefined;
  return {
    search,
    fields: fields.data,
    newest: newest.data,
    question: asked ?? (isChecking && last?.source === source ? last : undefined),
    isUnreadable: check.data?.ok === false,
    error: fields.error ?? newest.error ?? check.error,
    retry: () => void Promise.all([fields.refetch(), newest.refetch(), check.refetch()]),
    change: (next) => void navigate({ search: (before) => withoutEmpty({ ...EMPTY, ...before, ...next }), resetScroll: false }),
  };
}

/** The question before this one stays on the screen while its filter is read. */
function useLast(asked: Question | undefined): Question | undefined {
  const [last, setLast] = useState(asked);
  if (asked !== undefined && JSON.stringify(asked) !== JSON.stringify(last)) setLast(asked);
  return last;
}

const EMPTY = {
  source: undefined,
  filter: undefined,
  from: undefined,
  to: undefined,
  by: undefined,
  measure: undefined,
  order: undefined,
} as const;

const MOST_GROUPS = 2;

/** A field the other source has, or none at all: the sender of packets; of flows the port, which names nobody. */
function groupsIn(by: string | undefined, fields: readonly Field[], source: ExploreSource): string[] {
  const wanted = (by ?? '').split(',').filter((id) => fields.some((field) => field.id === id && field.canGroup));
  return wanted.length > 0 ? [...new Set(wanted)].slice(0, MOST_GROUPS) : [source === 'flow' ? 'destination-port' : 'source'];
}
