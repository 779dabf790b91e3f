/** One notice exactly as it was sent, and what came back. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { Notice, NoticePreview } from '../../src/server/contract.ts';
import { hubUrl } from '../api.ts';
import { useFormat } from '../format.ts';
import { Strikes } from '../parts/icons.tsx';
import { NoticeBody } from '../parts/notice-body.tsx';
import { Answered, AnsweredScreen, PageHead, Panel } from '../parts/page.tsx';
import { usePreferences, useWords, wordFor } from '../preferences.tsx';
import { noticePreviewQuery, noticeQuery } from '../queries.ts';
import { NoticeTag } from './notices.tsx';

export function NoticeScreen() {
  const { id } = useParams({ from: '/notices/$id' });
  const words = useWords();
  const notice = useQuery(noticeQuery(id));
  return (
    <AnsweredScreen of={notice} name={id} title={words.notice.title(id)}>
      {(data) => <NoticePage notice={data} />}
    </AnsweredScreen>
  );
}

function NoticePage({ notice }: { readonly notice: Notice }) {
  const words = useWords();
  const { language } = usePreferences();
  const preview = useQuery(noticePreviewQuery(notice.id));
  const state = notice.state as keyof typeof words.notice.heading;
  const say = words.notice.heading[state] ?? words.notice.heading.queued;
  const crumb = (
    <>
      <Link to="/notices">{words.notices.title}</Link> / {notice.id}
    </>
  );
  return (
    <>
      <PageHead
        title={words.notice.title(notice.id)}
        heading={say(notice.constituentName[language], notice.channelTitle[language])}
        crumb={crumb}
      />
      <div className="row main-side">
        <Panel title={words.notice.asSent} note={words.notice.asSentNote}>
          <Answered of={preview} lines={12}>
            {(data) => (
              <>
                <p className="in" lang={data.language}>
                  <b>{data.subject}</b>
                </p>
                <NoticeBody preview={data} partUrl={(index) => partUrl(notice.id, index)} />
              </>
            )}
          </Answered>
        </Panel>
        <div className="stack">
          <RecordPanel notice={notice} />
          {preview.data ? <PartsPanel id={notice.id} preview={preview.data} /> : null}
        </div>
      </div>
    </>
  );
}

const partUrl = (id: string, index: number): string => hubUrl(`/notices/${encodeURIComponent(id)}/parts/${index}`);

function RecordPanel({ notice }: { readonly notice: Notice }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  return (
    <Panel title={words.notice.facts}>
      <div className="in">
        <dl className="facts">
          <dt>{words.notices.state}</dt>
          <dd>
            <NoticeTag state={notice.state} />
          </dd>
          <dt>{words.notices.to}</dt>
          <dd>
            <Link to="/constituents/$id" params={{ id: notice.constituentId }}>
              {notice.constituentName[language]}
            </Link>
          </dd>
          <dt>{words.notices.channel}</dt>
          <dd>{notice.channelTitle[language]}</dd>
          <dt>{words.severity.label}</dt>
          <dd>
            <Strikes severity={notice.severity} />
          </dd>
          <dt>{words.notices.items}</dt>
          <dd>{notice.about === 'findings' ? words.notice.items(notice.items) : words.notice.alerts(notice.items)}</dd>
          <dt>{words.notice.language}</dt>
          <dd>{wordFor(words.languageName, notice.language)}</dd>
          <dt>{words.notices.created}</dt>
          <dd>
            {format.dateTime(notice.createdAt)} {format.zone}
          </dd>
          <dt>{words.notices.delivered}</dt>
          <dd>{notice.deliveredAt === null ? words.common.none : `${format.dateTime(notice.deliveredAt)} ${format.zone}`}</dd>
          <dt>{words.notices.attempts}</dt>
          <dd>{format.count(notice.attempts)}</dd>
          <dt>{words.notices.detail}</dt>
          <dd className="mono">{notice.detail ?? words.common.none}</dd>
        </dl>
      </div>
    </Panel>
  );
}

function PartsPanel({ id, preview }: { readonly id: string; readonly preview: NoticePreview }) {
  const words = useWords();
  const format = useFormat();
  return (
    <Panel title={words.notice.parts}>
      <div className="in">
        <ul className="plain-list small">
          {preview.parts.map((part, index) => (
            <li key={part.fileName}>
              <a href={partUrl(id, index)} target="_blank" rel="noopener" aria-label={words.notice.openPart(part.fileName)}>
                {part.fileName}
              </a>{' '}
              <span className="quiet">
                {part.mediaType.split(';')[0]} {format.bytes(part.size)}
              </span>
            </li>
          ))}
        </ul>
      </div>
    </Panel>
  );
}
