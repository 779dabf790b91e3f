/** Asks for the next page of a list, and says when the last one failed. */
import { Button } from 'react-aria-components';
import { useWords } from '../preferences.tsx';
import { ErrorState } from './page.tsx';

interface Paged {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly isFetchNextPageError: boolean;
  readonly error: unknown;
  readonly fetchNextPage: () => Promise<unknown>;
  readonly data?: { readonly pages: readonly { readonly rows: readonly unknown[]; readonly total: number }[] } | undefined;
}

const PAGE = 100;

export function MoreRows({ query }: { readonly query: Paged }) {
  const words = useWords();
  const pages = query.data?.pages ?? [];
  const shown = pages.reduce((sum, page) => sum + page.rows.length, 0);
  const total = pages.at(-1)?.total ?? 0;
  if (query.isFetchNextPageError) return <ErrorState error={query.error} onRetry={() => void query.fetchNextPage()} />;
  if (!query.hasNextPage) return null;
  return (
    <div className="more">
      <Button className="btn" isDisabled={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
        {query.isFetchingNextPage
          ? words.common.loading
          : words.common.more(Math.min(pages[0]?.rows.length ?? PAGE, Math.max(1, total - shown)))}
      </Button>
      <span>{words.common.shown(shown, total)}</span>
    </div>
  );
}
