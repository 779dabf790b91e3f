/** What we would say, in both languages side by side, before anything is sent. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { CaseDetail, NoticePreview } from '../../../src/server/contract.ts';
import { HubError, hubUrl } from '../../api.ts';
import { findPart } from '../../parts/notice-body.tsx';
import { Answered, Empty, Panel } from '../../parts/page.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';
import { casePreviewQuery } from '../../queries.ts';
import type { Channel } from './terms.ts';

export function Draft({ detail, channel }: { readonly detail: CaseDetail; readonly channel: Channel }) {
  const words = useWords();
  const { language } = usePreferences();
  const { id, constituentId } = detail.case;
  const name = words.channel[channel];
  if (constituentId === null) {
    return (
      <Panel title={words.case.draft(name)}>
        <Empty action={<Link to="/constituents">{words.case.toConstituents}</Link>}>
          {words.case.draftNone} {words.case.draftNoneHint}
        </Empty>
      </Panel>
    );
  }
  return (
    <Panel
      title={words.case.draft(name)}
      note={words.case.draftNote}
      end={
        <Link to="/cases/$id/draft" params={{ id }} search={{ channel, language }}>
          {words.case.asPage}
        </Link>
      }
    >
      <div className="pair">
        <DraftIn detail={detail} channel={channel} language="ja" title="日本語" />
        <DraftIn detail={detail} channel={channel} language="en" title="English" />
      </div>
    </Panel>
  );
}

interface DraftInProps {
  readonly detail: CaseDetail;
  readonly channel: Channel;
  readonly language: 'ja' | 'en';
  readonly title: string;
}

function DraftIn({ detail, channel, language, title }: DraftInProps) {
  const words = useWords();
  const preview = useQuery(casePreviewQuery(detail.case.id, channel, language));
  if (preview.error instanceof HubError && preview.error.status === 409) {
    return (
      <article className="note">
        <h3 lang={language}>{title}</h3>
        <p className="soft">{words.case.draftUnreachable}</p>
      </article>
    );
  }
  return (
    <article className="note" lang={language}>
      <h3>{title}</h3>
      <Answered of={preview} lines={4}>
        {(data) => <DraftText preview={data} detail={detail} label={title} />}
      </Answered>
    </article>
  );
}

/** A mail is quoted as text; a letter is a page, so its sentences stand here and the page is one click away. */
function DraftText({ preview, detail, label }: { readonly preview: NoticePreview; readonly detail: CaseDetail; readonly label: string }) {
  const text = findPart(preview, 'text/plain')?.text;
  return (
    <>
      <p className="subject">{preview.subject}</p>
      {text ? (
        <div className="text" tabIndex={0} role="region" aria-label={label}>
          {text}
        </div>
      ) : (
        <>
          <ul className="says">
            {detail.findings.map((finding) => (
              <li key={finding.fingerprint}>{finding.because[preview.language]}</li>
            ))}
          </ul>
          <p>
            <a
              href={hubUrl(`/cases/${encodeURIComponent(detail.case.id)}/preview/letter.pdf`, { language: preview.language })}
              target="_blank"
              rel="noopener"
            >
              PDF
            </a>
          </p>
        </>
      )}
    </>
  );
}
