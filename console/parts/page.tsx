/** The head of a screen, panels, and the states every screen can be in: loading, empty, failed. */
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { HubError, isNotFound, OFFLINE } from '../api.ts';
import { useWords } from '../preferences.tsx';
import { meaningOf } from './notify.ts';

const QUIET_MS = 300;

interface PageHeadProps {
  readonly title: string; // of the browser tab
  readonly heading: ReactNode; // what the screen says right now
  readonly crumb?: ReactNode;
  readonly tools?: ReactNode;
  readonly children?: ReactNode;
}

export function PageHead({ title, heading, crumb, tools, children }: PageHeadProps) {
  const words = useWords();
  useEffect(() => {
    document.title = words.app.title(title);
  }, [words, title]);
  const heard = useFocusOnNewScreen();
  return (
    <div className="head">
      <div>
        {crumb ? <p className="crumb">{crumb}</p> : null}
        <h1 tabIndex={-1} ref={heard}>
          {heading}
        </h1>
        {children}
      </div>
      {tools ? <div className="tools">{tools}</div> : null}
    </div>
  );
}

let announcedPath: string | null = null;
let hasMoved = false;

/**
 * A new screen is announced by moving the focus to its heading. The first screen leaves
 * the focus alone; a heading that replaces its own placeholder takes over a lost focus.
 */
function useFocusOnNewScreen(): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const path = location.pathname;
    const isNew = announcedPath !== null && path !== announcedPath;
    hasMoved ||= isNew;
    announcedPath = path;
    if (isNew || (hasMoved && document.activeElement === document.body)) heading.current?.focus({ preventScroll: true });
  }, []);
  return heading;
}

interface PanelProps {
  readonly title: string;
  readonly note?: ReactNode;
  readonly tag?: ReactNode;
  readonly end?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Panel({ title, note, tag, end, className = '', children }: PanelProps) {
  return (
    <section className={`panel ${className}`.trim()} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {tag}
        {note ? <span className="quiet">{note}</span> : null}
        {end ? <span className="end">{end}</span> : null}
      </header>
      {children}
    </section>
  );
}

/** True once `isWaiting` has lasted long enough to be worth showing; short waits stay quiet. */
function useLasting(isWaiting: boolean): boolean {
  const [isLong, setIsLong] = useState(false);
  useEffect(() => {
    if (!isWaiting) return undefined;
    const timer = setTimeout(() => setIsLong(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, [isWaiting]);
  return isWaiting && isLong;
}

/** Still grey lines in the place of what is coming. */
export function LoadingLines({ lines = 5 }: { readonly lines?: number }) {
  const words = useWords();
  const isShown = useLasting(true);
  if (!isShown) return null;
  return (
    <div className="lines" role="status">
      <span className="sr">{words.common.loading}</span>
      {Array.from({ length: lines }, (_, index) => (
        <i key={index} />
      ))}
    </div>
  );
}

export function ErrorState({ error, onRetry }: { readonly error: unknown; readonly onRetry?: (() => void) | undefined }) {
  const words = useWords();
  const known = error instanceof HubError ? error : new HubError('console', String(error), 0);
  const isOffline = known.code === OFFLINE;
  return (
    <div className="state error" role="alert">
      <h2>{isOffline ? words.state.offline : words.state.errorTitle}</h2>
      <p>
        {words.state.errorSafe} {isOffline ? words.state.offlineHint : words.state.errorHint}
      </p>
      {isOffline ? null : <p>{meaningOf(known, words)}</p>}
      <p className="small">
        {words.state.code(known.code)}
        {isOffline ? null : <span className="quiet"> {known.message}</span>}
      </p>
      {onRetry ? (
        <div className="acts">
          <Button className="btn" onPress={onRetry}>
            {words.common.retry}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

export function Empty({ children, action }: { readonly children: ReactNode; readonly action?: ReactNode }) {
  return (
    <div className="state">
      <p>{children}</p>
      {action ? <div className="acts">{action}</div> : null}
    </div>
  );
}

interface Answer<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

/** Shows what a question is: still open, failed, or answered. Old answers stay on the screen when a refresh fails. */
export function Answered<T>({
  of,
  lines,
  children,
}: {
  readonly of: Answer<T>;
  readonly lines?: number;
  readonly children: (data: T) => ReactNode;
}) {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return <ErrorState error={of.error} onRetry={() => void of.refetch()} />;
  return <LoadingLines {...(lines === undefined ? {} : { lines })} />;
}

/** A whole screen about one thing: as above, and "not found" in its own words. */
export function AnsweredScreen<T>({
  of,
  name,
  title,
  children,
}: {
  readonly of: Answer<T>;
  readonly name: string;
  readonly title: string;
  readonly children: (data: T) => ReactNode;
}) {
  const words = useWords();
  if (of.data !== undefined) return children(of.data);
  if (isNotFound(of.error)) return <Missing title={title} heading={words.state.notFoundThing(name)} />;
  return (
    <>
      <PageHead title={title} heading={title} />
      <div className="panel">
        <Answered of={of} lines={9}>
          {() => null}
        </Answered>
      </div>
    </>
  );
}

export function Missing({ title, heading }: { readonly title: string; readonly heading: string }) {
  const words = useWords();
  return (
    <>
      <PageHead title={title} heading={heading}>
        <p>{words.state.notFoundHint}</p>
      </PageHead>
      <a className="btn" href="/">
        {words.state.home}
      </a>
    </>
  );
}
