/** A draft as the page its reader would hold: the letter's PDF, or the mail as a mail program shows it. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { hubUrl } from '../api.ts';
import { Segments } from '../parts/fields.tsx';
import { NoticeBody, PdfPage } from '../parts/notice-body.tsx';
import { Answered, PageHead } from '../parts/page.tsx';
import { useWords } from '../preferences.tsx';
import { casePreviewQuery } from '../queries.ts';

type Channel = 'mail' | 'letter';
type Language = 'ja' | 'en';

export function DraftScreen() {
  const words = useWords();
  const { id } = useParams({ from: '/cases/$id/draft' });
  const search = useSearch({ from: '/cases/$id/draft' });
  const navigate = useNavigate({ from: '/cases/$id/draft' });
  const channel: Channel = search.channel === 'mail' ? 'mail' : 'letter';
  const language: Language = search.language === 'en' ? 'en' : 'ja';
  const preview = useQuery(casePreviewQuery(id, channel, language));
  const pdf = hubUrl(`/cases/${encodeURIComponent(id)}/preview/letter.pdf`, { language });
  const set = (change: { channel?: Channel; language?: Language }): void =>
    void navigate({ search: { channel, language, ...change }, replace: true });
  return (
    <>
      <PageHead
        title={words.draft.title(id)}
        heading={words.draft.heading(words.channel[channel], id)}
        crumb={
          <Link to="/cases/$id" params={{ id }}>
            {words.draft.back}
          </Link>
        }
      />
      <div className="pubbar">
        <Segments<Channel>
          label={words.draft.channel}
          value={channel}
          onPick={(next) => set({ channel: next })}
          options={[
            { id: 'mail', title: words.channel.mail },
            { id: 'letter', title: words.channel.letter },
          ]}
        />
        <Segments<Language>
          label={words.draft.language}
          value={language}
          onPick={(next) => set({ language: next })}
          options={[
            { id: 'ja', title: '日本語', lang: 'ja' },
            { id: 'en', title: 'English', lang: 'en' },
          ]}
        />
        {channel === 'letter' ? (
          <a className="btn go" href={pdf} target="_blank" rel="noopener">
            {words.draft.openPdf}
          </a>
        ) : null}
      </div>
      <div className="page-sheet panel">
        <Answered of={preview} lines={12}>
          {(data) => (
            <>
              <p className="state" lang={language}>
                <b>{data.subject}</b>
              </p>
              {channel === 'letter' ? (
                <PdfPage key={language} url={pdf} />
              ) : (
                <NoticeBody key={language} preview={data} partUrl={() => null} />
              )}
            </>
          )}
        </Answered>
      </div>
    </>
  );
}
