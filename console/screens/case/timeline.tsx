/** What has happened to the case, newest first, and the notices that went out about it. */
import { Link } from '@tanstack/react-router';
import type { CaseDetail } from '../../../src/server/contract.ts';
import { useFormat } from '../../format.ts';
import { Empty, Panel } from '../../parts/page.tsx';
import { TimelineEntry } from '../../parts/timeline-entry.tsx';
import { useWords, wordFor } from '../../preferences.tsx';
import { WAITING } from './terms.ts';

export function Timeline({ detail }: { readonly detail: CaseDetail }) {
  const words = useWords();
  const format = useFormat();
  // They come oldest first; of two at the same moment the later stays above.
  const events = detail.timeline
    .toReversed()
    .sort((a, b) => b.at - a.at)
    .map((event, order) => ({ event, order }));
  const bellAt = WAITING.has(detail.case.state) ? 0 : -1;
  return (
    <Panel title={words.case.timeline} note={format.zone}>
      {events.length === 0 ? (
        <Empty>{words.case.noTimeline}</Empty>
      ) : (
        <ol className="tl">
          {events.map(({ event, order }) => (
            <TimelineEntry key={order} event={event} isBell={order === bellAt} />
          ))}
        </ol>
      )}
      <CaseNotices detail={detail} />
    </Panel>
  );
}

function CaseNotices({ detail }: { readonly detail: CaseDetail }) {
  const words = useWords();
  const format = useFormat();
  if (detail.notices.length === 0) return null;
  return (
    <div className="in">
      <h3>{words.case.notices}</h3>
      <ul className="plain-list small">
        {detail.notices.map((notice) => (
          <li key={notice.id}>
            <Link to="/notices/$id" params={{ id: notice.id }}>
              {notice.id}
            </Link>{' '}
            {wordFor(words.channel, notice.channel)} {wordFor(words.noticeState, notice.state)} {format.dateTime(notice.at)}
          </li>
        ))}
      </ul>
    </div>
  );
}
