/** The observations themselves, newest or largest first; more are read as one scrolls. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Button, Checkbox } from 'react-aria-components';
import type { Grant } from '../../../src/server/c2-contract.ts';
import { LeaveLine, OrPurpose, PurposePrompt, useClientLeave } from '../../parts/client-leave.tsx';
import { Segments } from '../../parts/fields.tsx';
import { Answered, Empty, ErrorState, LoadingLines, Panel } from '../../parts/page.tsx';
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

/** Rows of flows name clients: without leave they are not even asked for, so that a look at sums is no refusal in the log. */
export function RowsPanel(props: RowsPanelProps) {
  const words = useWords();
  const isFlow = props.question.source === 'flow';
  const leave = useClientLeave(isFlow);
  if (!isFlow || leave.grant) return <Rows {...props} grant={isFlow ? leave.grant : undefined} />;
  return (
    <Panel className="explore-rows" title={words.explore.rows}>
      {leave.isKnown ? <PurposePrompt /> : <LoadingLines />}
    </Panel>
  );
}

function Rows({ explore, question, onPivot, grant }: RowsPanelProps & { readonly grant: Grant | undefined }) {
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
      {grant ? <LeaveLine grant={grant} /> : null}
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
      <OrPurpose error={query.error}>
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
      </OrPurpose>
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
