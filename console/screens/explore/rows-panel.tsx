/** The observations themselves, newest or largest first; more are read as one scrolls. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Button, Checkbox } from 'react-aria-components';
import { Segments } from '../../parts/fields.tsx';
import { Answered, Empty, ErrorState, Panel } from '../../parts/page.tsx';
import { useWords } from '../../preferences.tsx';
import type { Words } from '../../words/ja.ts';
import type { PivotTarget } from './pivot-menu.tsx';
import { QualityLine } from './quality-line.tsx';
import { exploreRowsQuery } from './queries.ts';
import { RowsGrid } from './rows-grid.tsx';
import { SaveMenu } from './save-menu.tsx';
import { ORDERS, type Question, widened } from './state.ts';
import type { Explore } from './use-explore.ts';

/** The columns that answer "who, to whom, how much" come first in the answer; the rest are a click away. */
const FIRST_COLUMNS = 15;
const WIDER = 6;

interface RowsPanelProps {
  readonly explore: Explore;
  readonly question: Question;
  readonly onPivot: (target: PivotTarget) => void;
}

export function RowsPanel({ explore, question, onPivot }: RowsPanelProps) {
  const words = useWords();
  const [isWide, setIsWide] = useState(false);
  const query = useInfiniteQuery(exploreRowsQuery(question));
  const pages = query.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.rows) ?? [], [pages]);
  const first = pages?.[0];
  const columns = useMemo(() => (first?.columns ?? []).slice(0, isWide ? undefined : FIRST_COLUMNS), [first, isWide]);
  return (
    <Panel
      className="explore-rows"
      title={words.explore.rows}
      note={query.isPlaceholderData ? words.explore.asking : words.explore.rowsNote}
      end={<SaveMenu question={question} shape="rows" what={words.explore.rows} />}
    >
      <div className="flt">
        <Segments
          label={words.explore.order}
          value={question.order}
          options={ORDERS.map((id) => ({ id, title: words.explore.orderName[id] }))}
          onPick={(order) => explore.change({ order: order === 'time' ? undefined : order })}
        />
        {(first?.columns.length ?? 0) > FIRST_COLUMNS ? (
          <Checkbox className="check" isSelected={isWide} onChange={setIsWide}>
            <span className="box" aria-hidden="true" />
            {words.explore.columns}
          </Checkbox>
        ) : null}
      </div>
      <Answered of={{ data: first, error: query.error, refetch: query.refetch }} lines={9}>
        {(page) => (
          <>
            <QualityLine quality={page.dataQuality} />
            {rows.length === 0 ? (
              <Nothing explore={explore} question={question} />
            ) : (
              <RowsGrid
                columns={columns}
                rows={rows}
                isComplete={!query.hasNextPage}
                isReading={query.isFetchingNextPage}
                onNearEnd={() => {
                  if (query.hasNextPage && !query.isFetching && !query.isFetchNextPageError) void query.fetchNextPage();
                }}
                onPivot={onPivot}
              />
            )}
            {query.isFetchNextPageError ? <ErrorState error={query.error} onRetry={() => void query.fetchNextPage()} /> : null}
            <p className="panel-foot" role="status">
              {footFor(query, rows.length, words)}
            </p>
          </>
        )}
      </Answered>
    </Panel>
  );
}

/** Nothing is no end: a longer period or a wider filter may hold something. */
function Nothing({ explore, question }: Pick<RowsPanelProps, 'explore' | 'question'>) {
  const words = useWords();
  return (
    <Empty
      action={
        <>
          <Button className="btn" onPress={() => explore.change(widened(question, WIDER))}>
            {words.explore.wider}
          </Button>
          {question.filter === '' ? null : (
            <Button className="btn" onPress={() => explore.change({ filter: undefined })}>
              {words.common.clearFilters}
            </Button>
          )}
        </>
      }
    >
      {words.explore.nothing}
    </Empty>
  );
}

function footFor(query: { readonly isFetchingNextPage: boolean; readonly hasNextPage: boolean }, count: number, words: Words): string {
  if (query.isFetchingNextPage) return words.explore.rowsLoading;
  if (query.hasNextPage) return words.explore.rowsShown(count);
  return count === 0 ? '' : words.explore.rowsAll(count);
}
