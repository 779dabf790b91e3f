/** How far the case has come. */
import type { CaseDetail } from '../../../src/server/contract.ts';
import { daysBetween, useFormat } from '../../format.ts';
import { useNow } from '../../parts/use-now.ts';
import { useWords, wordFor } from '../../preferences.tsx';
import type { Words } from '../../words/ja.ts';

type Look = 'done' | 'on' | 'wait' | 'todo' | 'faded' | 'done fixed';
interface Step {
  readonly title: string;
  readonly note: string;
  readonly look: Look;
}

/** Four steps; vermilion only where a person has to decide now. */
export function Steps({ detail }: { readonly detail: CaseDetail }) {
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
