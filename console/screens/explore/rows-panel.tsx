/** The observations themselves, newest or largest first; more are read as one scrolls. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Checkbox } from 'react-aria-components';
import { Segments } from '../../parts/fields.tsx';
import { Answered, Empty, ErrorState, Panel } from '../../parts/page.tsx';
import { useWords } from '../../preferences.tsx';
import type { PivotTarget } from './pivot-menu.tsx';
import { QualityLine } from './quality-line.tsx';
import { exploreRowsQuery } from './queries.ts';
import { RowsGrid } from './rows-grid.tsx';
import { SaveMenu } from './save-menu.tsx';
import { ORDERS, type Question } from './state.ts';
import type { Explore } from './use-explore.ts';

/** The columns that answer "who, to whom, how much" come first in the answer; the rest are a click away. */
const FIRST_COLUMNS = 15;

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
              <Empty>{words.explore.nothing}</Empty>
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
              {query.isFetchingNextPage
                ? words.explore.rowsLoading
                : query.hasNextPage
                  ? words.explore.rowsShown(rows.length)
                  : words.explore.rowsAll(rows.length)}
            </p>
          </>
        )}
      </Answered>
    </Panel>
  );
}
