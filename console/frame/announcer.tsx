/**
 * Says changes aloud for those who cannot see them: at most one polite sentence a minute,
 * and the bell at once, but once.
 */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { onHubEvents, useConnection } from '../live.ts';
import { useWords } from '../preferences.tsx';
import { statusQuery } from '../queries.ts';

const POLITE_MS = 60_000;

export function Announcer() {
  return (
    <div className="sr">
      <p role="status">{usePolite()}</p>
      <p role="alert">{useBell()}</p>
    </div>
  );
}

function usePolite(): string {
  const words = useWords();
  const connection = useConnection();
  const [sentence, setSentence] = useState('');
  const spokenAt = useRef(0);
  const was = useRef(connection);
  useEffect(() => {
    const isLoss = was.current === 'open' && connection === 'lost';
    const isReturn = was.current === 'lost' && connection === 'open';
    was.current = connection;
    if (isLoss) setSentence(words.announce.offline);
    if (isReturn) setSentence(words.announce.online);
  }, [connection, words]);
  useEffect(
    () =>
      onHubEvents((kinds) => {
        if (Date.now() - spokenAt.current < POLITE_MS) return;
        const next = kinds.has('finding') ? words.announce.findings : kinds.has('intake') ? words.announce.intake : '';
        if (next === '') return;
        spokenAt.current = Date.now();
        setSentence(next);
      }),
    [words],
  );
  return sentence;
}

function useBell(): string {
  const words = useWords();
  const { data: status } = useQuery(statusQuery());
  const decisions = status?.counts.decisions;
  const known = useRef<number | undefined>(undefined);
  const [sentence, setSentence] = useState('');
  useEffect(() => {
    if (decisions === undefined) return;
    if (known.current !== undefined && decisions > known.current) setSentence(words.announce.decisions(decisions));
    known.current = decisions;
  }, [decisions, words]);
  return sentence;
}
