/** An address that leads nowhere. */
import { Missing } from '../parts/page.tsx';
import { useWords } from '../preferences.tsx';

export function NotFoundScreen() {
  const words = useWords();
  return <Missing title={words.state.notFound} heading={words.state.notFound} />;
}
