/** One case: how far it has come, why we think so, what we would say, whose it was, and what to do next. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { Button, Radio, RadioGroup } from 'react-aria-components';
import type { CaseDetail, Constituent, NoticePreview, NotifyResult, Status } from '../../src/server/contract.ts';
import { HubError, hubUrl, send } from '../api.ts';
import { daysBetween, useFormat } from '../format.ts';
import { Confirm, type Move, MoveDialog } from '../parts/dialogs.tsx';
import { EvidenceTree } from '../parts/evidence-tree.tsx';
import { Strikes } from '../parts/icons.tsx';
import { findPart } from '../parts/notice-body.tsx';
import { notifyOutcome, problemText } from '../parts/notify.ts';
import { OwnershipChart } from '../parts/ownership-chart.tsx';
import { Answered, AnsweredScreen, Empty, PageHead, Panel } from '../parts/page.tsx';
import { useNow } from '../parts/use-now.ts';
import { usePreferences, useWords, wordFor } from '../preferences.tsx';
import { casePreviewQuery, caseQuery, constituentQuery, statusQuery } from '../queries.ts';
import type { Words } from '../words/ja.ts';

const CHANNELS = ['mail', 'letter'] as const;
type Channel = (typeof CHANNELS)[number];
const WAITING: ReadonlySet<string> = new Set(['open', 'reopened', 'orphan']);

export function CaseScreen() {
  const { id } = useParams({ from: '/cases/$id' });
  const words = useWords();
  const detail = useQuery(caseQuery(id));
  return (
    <AnsweredScreen of={detail} name={id} title={words.case.title(id)}>
      {(data) => <CasePage key={id} detail={data} />}
    </AnsweredScreen>
  );
}

function CasePage({ detail }: { readonly detail: CaseDetail }) {
  const words = useWords();
  const { language } = usePreferences();
  const [channel, setChannel] = useState<Channel>(() => (detail.case.channels.includes('mail') ? 'letter' : 'mail'));
  const lead = detail.findings[0]?.because[language];
  return (
    <>
      <CaseHead detail={detail} />
      <Steps detail={detail} />
      <div className="row main-side">
        <div className="stack">
          <Panel title={words.finding.why}>
            {lead ? (
              <div className="in">
                <p className="lead">{lead}</p>
              </div>
            ) : null}
            <EvidenceTree findings={detail.findings} />
          </Panel>
          <Draft detail={detail} channel={channel} />
          <Whose detail={detail} />
        </div>
        <div className="stack">
          <NextStep detail={detail} channel={channel} onChannel={setChannel} />
          <Timeline detail={detail} />
        </div>
      </div>
    </>
  );
}

function CaseHead({ detail }: { readonly detail: CaseDetail }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const { case: one, attribution } = detail;
  const asn = attribution.network.asn;
  const confidence = Math.max(0, ...detail.findings.map((finding) => finding.confidence));
  const crumb = (
    <>
      <Link to="/cases">{words.cases.title}</Link> / {one.id}
    </>
  );
  const tools = (
    <Button className="btn" onPress={() => print()}>
      {words.common.print}
    </Button>
  );
  return (
    <PageHead
      title={words.case.title(one.id)}
      heading={words.case.heading(one.title[language], one.asset.value)}
      crumb={crumb}
      tools={tools}
    >
      <div className="meta soft">
        <Strikes severity={one.severity} />
        <span>
          {one.asset.value}
          {words.case.asOf(`${format.utc(attribution.asOf).slice(0, 16)} UTC`)}
        </span>
        <span>
          {one.constituentName && one.constituentId ? (
            <Link to="/constituents/$id" params={{ id: one.constituentId }}>
              {one.constituentName[language]}
            </Link>
          ) : (
            words.common.noOwner
          )}
          {asn === null ? null : ` AS${asn}`}
        </span>
        {detail.findings.length > 0 ? <span>{words.finding.confidence(format.confidence(confidence))}</span> : null}
        {one.dueAt === null ? null : <span>{words.case.due(format.longDate(one.dueAt))}</span>}
        {one.reopenCount > 0 ? <span>{words.cases.reopenedTimes(one.reopenCount)}</span> : null}
      </div>
    </PageHead>
  );
}

type Look = 'done' | 'on' | 'wait' | 'todo' | 'faded' | 'done fixed';
interface Step {
  readonly title: string;
  readonly note: string;
  readonly look: Look;
}

/** Four steps; vermilion only where a person has to decide now. */
function Steps({ detail }: { readonly detail: CaseDetail }) {
  const words = useWords();
  const format = useFormat();
  const now = useNow();
  const steps = toSteps(
    detail,
    words,
    now,
    (ms) => format.dateTime(ms),
    (ms) => format.date(ms),
  );
  return (
    <ol className="steps panel" aria-label={words.case.steps}>
      {steps.map((step) => (
        <li
          key={step.title}
          className={step.look}
          {...(step.look === 'on' || step.look === 'wait' ? { 'aria-current': 'step' as const } : {})}
        >
          <i aria-hidden="true" />
          <b>{step.title}</b>
          <span>{step.note}</span>
        </li>
      ))}
    </ol>
  );
}

type When = (ms: number) => string;

function toSteps(detail: CaseDetail, words: Words, now: number, dateTime: When, date: When): Step[] {
  const { case: one } = detail;
  const notice = [...detail.notices].sort((a, b) => b.at - a.at).find((sent) => sent.state === 'delivered');
  const wasNotified = notice !== undefined || ['notified', 'answered'].includes(one.state);
  const isReopened = one.state === 'reopened';
  const opened: Step = {
    title: isReopened ? `↻ ${words.case.stepReopened}` : words.case.stepOpen,
    note: dateTime(isReopened ? (lastEvent(detail, 'reopened') ?? one.lastSeenAt) : one.openedAt),
    look: 'done',
  };
  const notified: Step = {
    title: wasNotified ? words.case.stepNotified : words.case.stepNotify,
    note: notice ? words.case.by(dateTime(notice.at), wordFor(words.channel, notice.channel)) : words.case.notYet,
    look: wasNotified ? 'done' : 'todo',
  };
  const answered: Step = { title: words.case.stepAnswered, note: words.case.notYet, look: 'todo' };
  const fixed: Step = { title: words.case.stepFixed, note: words.case.needsCheck, look: 'todo' };
  const rest = [notified, answered, fixed] as const;
  return [opened, ...stepsAfter(one, rest, words, now, date)];
}

/** How the three later steps look in each state. */
function stepsAfter(one: CaseDetail['case'], rest: readonly [Step, Step, Step], words: Words, now: number, date: When): readonly Step[] {
  const [notified, answered, fixed] = rest;
  switch (one.state) {
    case 'open':
    case 'reopened':
      return [{ ...notified, title: words.case.stepNotify, look: 'on', note: words.case.waiting }, answered, fixed];
    case 'orphan':
      return [
        { ...notified, title: words.case.stepNotify, look: 'on', note: words.case.noContact },
        { ...answered, look: 'faded' },
        { ...fixed, look: 'faded' },
      ];
    case 'notified':
      return [notified, waitingStep(answered, one, words, now), fixed];
    case 'answered':
      return [notified, { ...answered, look: 'done', note: words.case.answeredNow }, { ...fixed, look: 'wait' }];
    case 'verified_fixed':
      return [
        { ...notified, look: 'done' },
        { ...answered, look: 'done', note: '' },
        { ...fixed, look: 'done fixed', note: words.case.fixed },
      ];
    case 'unseen':
      return [notified, { ...answered, look: 'faded' }, { ...fixed, look: 'faded', note: words.case.unseenSince(date(one.lastSeenAt)) }];
    default:
      return [
        { ...notified, note: notified.look === 'done' ? notified.note : words.case.suppressed },
        { ...answered, look: 'faded' },
        { ...fixed, look: 'faded' },
      ];
  }
}

/** Waiting for an answer is quiet until the due date has passed. */
function waitingStep(step: Step, one: CaseDetail['case'], words: Words, now: number): Step {
  if (one.dueAt !== null && one.dueAt < now)
    return { ...step, look: 'on', note: words.case.overdueDays(Math.max(1, daysBetween(one.dueAt, now))) };
  return { ...step, look: 'wait', note: words.case.waitingDays(daysBetween(one.openedAt, now)) };
}

const lastEvent = (detail: CaseDetail, what: string): number | undefined =>
  detail.timeline
    .filter((event) => event.what === what)
    .map((event) => event.at)
    .sort((a, b) => b - a)[0];

function Draft({ detail, channel }: { readonly detail: CaseDetail; readonly channel: Channel }) {
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

function Whose({ detail }: { readonly detail: CaseDetail }) {
  const words = useWords();
  const { case: one, attribution } = detail;
  const via = attribution.via ? words.via[attribution.via] : null;
  const note = via ? words.case.whoseNote(one.asset.value, via) : words.case.whoseNobody(one.asset.value);
  return (
    <Panel title={words.case.whose} note={note}>
      <div className="in">
        <OwnershipChart detail={detail} />
        <NetworkFacts detail={detail} />
      </div>
    </Panel>
  );
}

function NetworkFacts({ detail }: { readonly detail: CaseDetail }) {
  const words = useWords();
  const format = useFormat();
  const { network, resource, confidence, asOf } = detail.attribution;
  const as = network.asn === null ? words.common.unknown : `AS${network.asn} ${network.asName ?? ''}`;
  return (
    <dl className="facts">
      <dt>{words.finding.via}</dt>
      <dd>{resource ?? words.finding.nobody}</dd>
      <dt>{words.finding.confidenceLabel}</dt>
      <dd>
        {resource ? format.confidence(confidence) : words.common.none}
        <span className="quiet">{words.case.asOf(`${format.utc(asOf).slice(0, 16)} UTC`)}</span>
      </dd>
      <dt>{words.finding.networkLabel}</dt>
      <dd>
        {as}
        {network.country ? words.common.bracket(format.list([format.country(network.country), words.finding.countryNote])) : null}
      </dd>
    </dl>
  );
}

interface NextStepProps {
  readonly detail: CaseDetail;
  readonly channel: Channel;
  readonly onChannel: (channel: Channel) => void;
}

function NextStep({ detail, channel, onChannel }: NextStepProps) {
  const words = useWords();
  const [outcome, setOutcome] = useState('');
  const { case: one } = detail;
  const constituent = useQuery({ ...constituentQuery(one.constituentId ?? ''), enabled: one.constituentId !== null });
  return (
    <Panel title={words.case.next} tag={WAITING.has(one.state) ? <span className="tag bell">{words.case.waitingTag}</span> : null}>
      <div className="in">
        {one.constituentId === null ? null : (
          <SendPart detail={detail} channel={channel} onChannel={onChannel} constituent={constituent.data} onOutcome={setOutcome} />
        )}
        <MoveButtons detail={detail} onOutcome={setOutcome} />
        <p className="small okc" role="status">
          {outcome}
        </p>
      </div>
    </Panel>
  );
}

interface SendPartProps extends NextStepProps {
  readonly constituent: Constituent | undefined;
  readonly onOutcome: (text: string) => void;
}

function SendPart({ detail, channel, onChannel, constituent, onOutcome }: SendPartProps) {
  const words = useWords();
  const { language } = usePreferences();
  const { data: status } = useQuery(statusQuery());
  const [isAsking, setIsAsking] = useState(false);
  const client = useQueryClient();
  const notify = useMutation({
    mutationFn: () => send<NotifyResult>(`/cases/${encodeURIComponent(detail.case.id)}/notices`, { channel }),
    onSuccess: async (result) => {
      setIsAsking(false);
      onOutcome(notifyOutcome(result, words));
      await client.invalidateQueries();
    },
  });
  const name = words.channel[channel];
  const canReach = (candidate: Channel): boolean => constituent === undefined || constituent.channels.includes(candidate);
  return (
    <>
      <RadioGroup
        className="choices"
        aria-label={words.case.channelLabel}
        value={channel}
        onChange={(value) => onChannel(value === 'letter' ? 'letter' : 'mail')}
      >
        {CHANNELS.map((candidate) => (
          <Radio key={candidate} value={candidate} className="choice" isDisabled={!canReach(candidate)}>
            <span className="dot" aria-hidden="true" />
            <span className="words">
              <b>{words.channel[candidate]}</b>
              <span className="small">{canReach(candidate) ? channelNote(detail, candidate, words) : words.case.noAddress}</span>
            </span>
          </Radio>
        ))}
      </RadioGroup>
      <p className="small soft hint">{channel === 'mail' ? words.case.mailHint : words.case.letterHint}</p>
      <Button className="btn go wide" isDisabled={!canReach(channel)} onPress={() => setIsAsking(true)}>
        {words.case.send(name)}
      </Button>
      <Confirm
        title={words.case.sendConfirm(name, detail.case.constituentName?.[language] ?? '')}
        go={words.case.sendNow}
        isOpen={isAsking}
        isBusy={notify.isPending}
        problem={notify.error ? problemText(notify.error, words) : undefined}
        onClose={() => setIsAsking(false)}
        onGo={() => notify.mutate()}
      >
        <SendWords status={status} />
      </Confirm>
    </>
  );
}

function SendWords({ status }: { readonly status: Status | undefined }): ReactNode {
  const words = useWords();
  return (
    <>
      <p>{words.case.sendBody}</p>
      {status?.simulation ? <p className="sim">{words.case.sendSimulation}</p> : null}
    </>
  );
}

function channelNote(detail: CaseDetail, channel: Channel, words: Words): string {
  const sent = detail.notices.some((notice) => notice.channel === channel && notice.state === 'delivered');
  return sent ? words.case.sentAlready : words.case.notSent;
}

function MoveButtons({ detail, onOutcome }: { readonly detail: CaseDetail; readonly onOutcome: (text: string) => void }) {
  const words = useWords();
  const client = useQueryClient();
  const [to, setTo] = useState<string | null>(null);
  const move = useMutation({
    mutationFn: (chosen: Move) => send<CaseDetail>(`/cases/${encodeURIComponent(detail.case.id)}/moves`, chosen),
    onSuccess: async (after) => {
      setTo(null);
      onOutcome(words.case.moved(wordFor(words.caseState, after.case.state)));
      await client.invalidateQueries();
    },
  });
  if (detail.moves.length === 0) return <p className="small soft">{words.case.noMoves}</p>;
  return (
    <>
      <div className="acts2">
        {detail.moves.map((candidate) => (
          <Button
            key={candidate}
            className="btn"
            onPress={() => {
              move.reset();
              setTo(candidate);
            }}
          >
            {wordFor(words.case.move, candidate)}
          </Button>
        ))}
      </div>
      <MoveDialog
        to={to}
        isBusy={move.isPending}
        problem={move.error ? problemText(move.error, words) : undefined}
        onClose={() => setTo(null)}
        onMove={(chosen) => move.mutate(chosen)}
      />
    </>
  );
}

function Timeline({ detail }: { readonly detail: CaseDetail }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const events = [...detail.timeline].sort((a, b) => b.at - a.at).map((event, order) => ({ event, order }));
  const bellAt = WAITING.has(detail.case.state) ? 0 : -1;
  return (
    <Panel title={words.case.timeline} note={format.zone}>
      {events.length === 0 ? (
        <Empty>{words.case.noTimeline}</Empty>
      ) : (
        <ol className="tl">
          {events.map(({ event, order }) => (
            <li key={order} className={order === bellAt ? 'bell' : undefined}>
              <time dateTime={new Date(event.at).toISOString()}>{format.dateTime(event.at)}</time>
              <div>
                <b>{event.text[language]}</b>
                <span className="soft">{event.actor === 'system' ? words.case.actorSystem : event.actor}</span>
              </div>
            </li>
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
