/** One line of a timeline: when, what, and by whom. */
import { useFormat } from '../format.ts';
import { usePreferences, useWords } from '../preferences.tsx';

interface TimelineEntryProps {
  readonly event: { readonly at: number; readonly actor: string; readonly text: { readonly ja: string; readonly en: string } };
  /** Waits for somebody. */
  readonly isBell?: boolean;
}

export function TimelineEntry({ event, isBell = false }: TimelineEntryProps) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  return (
    <li className={isBell ? 'bell' : undefined}>
      <time dateTime={new Date(event.at).toISOString()}>{format.dateTime(event.at)}</time>
      <div>
        <b>{event.text[language]}</b>
        <span className="soft">{event.actor === 'system' ? words.case.actorSystem : event.actor}</span>
      </div>
    </li>
  );
}
