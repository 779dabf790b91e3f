/** One candidate: why it is suspected, in numbers only, and the two people's words. */
import './c2.css';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { Button } from 'react-aria-components';
import type { C2AllowList, C2CandidateAnswer, C2CandidateDetail } from '../../../src/server/c2-contract.ts';
import { send } from '../../api.ts';
import { useFormat } from '../../format.ts';
import { problemText } from '../../parts/notify.ts';
import { AnsweredScreen, PageHead, Panel } from '../../parts/page.tsx';
import { ReasonDialog } from '../../parts/reason-dialog.tsx';
import { whoText } from '../../parts/who.ts';
import { usePreferences, useWords, wordFor } from '../../preferences.tsx';
import { candidateQuery } from '../../queries.ts';
import { FeatureTable } from './feature-table.tsx';
import { rhythmOf } from './features.ts';
import { Rhythm } from './rhythm.tsx';
import { StateMark } from './state-mark.tsx';

export function CandidateScreen() {
  const { id } = useParams({ from: '/c2/$id' });
  const words = useWords();
  const candidate = useQuery(candidateQuery(id));
  return (
    <AnsweredScreen of={candidate} name={id} title={words.c2.title}>
      {(detail) => <CandidateView key={detail.candidate.id} detail={detail} />}
    </AnsweredScreen>
  );
}

function CandidateView({ detail }: { readonly detail: C2CandidateDetail }) {
  const words = useWords();
  const { candidate } = detail;
  const name = words.c2.heading(candidate.address, candidate.port);
  const crumb = (
    <>
      <Link to="/c2">{words.c2.title}</Link> / {candidate.address}
    </>
  );
  return (
    <>
      <PageHead title={name} heading={name} crumb={crumb} tools={<StateMark state={candidate.state} />} />
      <div className="row main-side">
        <div className="stack">
          <WhyPanel candidate={candidate} />
          <HistoryPanel detail={detail} />
        </div>
        <div className="stack">
          <DecisionPanel candidate={candidate} />
          <ServerPanel candidate={candidate} />
        </div>
      </div>
    </>
  );
}

function WhyPanel({ candidate }: { readonly candidate: C2CandidateAnswer }) {
  const words = useWords();
  const { language } = usePreferences();
  const { features, because } = candidate;
  if (features === null || because === null) {
    return (
      <Panel title={words.c2.because}>
        <p className="pad">{words.c2.noBecause}</p>
      </Panel>
    );
  }
  const rhythm = rhythmOf(features);
  return (
    <>
      <Panel title={words.c2.because}>
        <p className="pad lead">{because[language]}</p>
      </Panel>
      <Panel title={words.c2.rhythm}>{rhythm ? <Rhythm {...rhythm} /> : <p className="pad quiet">{words.c2.rhythmNone}</p>}</Panel>
      <Panel className="tbl" title={words.c2.features} note={words.c2.featureNote}>
        <FeatureTable features={features} />
      </Panel>
    </>
  );
}

type Deed = 'confirm' | 'reject' | 'reopen' | 'allow';

function DecisionPanel({ candidate }: { readonly candidate: C2CandidateAnswer }) {
  const words = useWords();
  const { language } = usePreferences();
  const [deed, setDeed] = useState<Deed | null>(null);
  const [outcome, setOutcome] = useState('');
  const isOver = candidate.state === 'rejected' || candidate.state === 'expired';
  const isAllowed = candidate.state === 'allow-listed';
  return (
    <Panel title={words.c2.deciding}>
      <div className="pad stack">
        <p>{words.c2.decidingLead}</p>
        <dl className="facts">
          <Word title={words.c2.firstWord} name={candidate.confirmedBy} at={candidate.confirmedAt} />
          <Word title={words.c2.secondWord} name={candidate.secondedBy} at={candidate.secondedAt} />
        </dl>
        {candidate.withheld ? (
          <p className="small">
            <strong>{words.c2.withheld}</strong> {candidate.withheld[language]}
          </p>
        ) : null}
        {candidate.state === 'confirmed-once' && !candidate.mayConfirm && !candidate.withheld ? (
          <p className="small">
            {words.c2.yours} <a href="/sign-in">{words.app.signIn}</a>
          </p>
        ) : null}
        <p className="small" role="status">
          {outcome}
        </p>
        <div className="acts2">
          {candidate.mayConfirm ? <Act name={words.c2.confirm} isMain onPress={() => setDeed('confirm')} /> : null}
          {isOver ? <Act name={words.c2.reopen} onPress={() => setDeed('reopen')} /> : null}
          {isOver || isAllowed ? null : <Act name={words.c2.reject} onPress={() => setDeed('reject')} />}
          {isAllowed ? null : <Act name={words.c2.allowAdd} onPress={() => setDeed('allow')} />}
        </div>
      </div>
      {deed === null ? null : <DeedDialog deed={deed} candidate={candidate} onClose={() => setDeed(null)} onOutcome={setOutcome} />}
    </Panel>
  );
}

function Act({ name, isMain = false, onPress }: { readonly name: string; readonly isMain?: boolean; readonly onPress: () => void }) {
  return (
    <Button className={isMain ? 'btn go' : 'btn'} onPress={onPress}>
      {name}
    </Button>
  );
}

function Word({ title, name, at }: { readonly title: string; readonly name: string | null; readonly at: number | null }) {
  const words = useWords();
  const format = useFormat();
  return (
    <>
      <dt>{title}</dt>
      <dd>{name === null || at === null ? words.c2.waiting : `${whoText(name, words)} ${format.dateTime(at)}`}</dd>
    </>
  );
}

interface DeedDialogProps {
  readonly deed: Deed;
  readonly candidate: C2CandidateAnswer;
  readonly onClose: () => void;
  readonly onOutcome: (text: string) => void;
}

function DeedDialog({ deed, candidate, onClose, onOutcome }: DeedDialogProps) {
  const words = useWords();
  const client = useQueryClient();
  const run = useMutation({
    mutationFn: (reason: string): Promise<string> =>
      carryOut(deed, candidate, reason).then((state) => words.c2.decided(wordFor(words.c2.stateName, state))),
    onSuccess: async (said) => {
      onOutcome(said);
      onClose();
      await client.invalidateQueries();
    },
  });
  const server = words.c2.heading(candidate.address, candidate.port);
  const texts: Readonly<Record<Deed, readonly [title: string, body: ReactNode]>> = {
    confirm: [words.c2.confirm, words.c2.confirmBody],
    reject: [words.c2.reject, words.c2.rejectBody],
    reopen: [words.c2.reopen, words.c2.reopenBody],
    allow: [words.c2.allowAdd, words.c2.allowBody(server)],
  };
  const [title, body] = texts[deed];
  return (
    <ReasonDialog
      title={title}
      isBusy={run.isPending}
      problem={run.error ? problemText(run.error, words) : undefined}
      onClose={onClose}
      onGo={(reason) => run.mutate(reason)}
    >
      <p>{body}</p>
    </ReasonDialog>
  );
}

async function carryOut(deed: Deed, { id, address, port }: C2CandidateAnswer, reason: string): Promise<string> {
  if (deed !== 'allow') return (await send<C2CandidateAnswer>(`/c2/candidates/${encodeURIComponent(id)}/${deed}`, { reason })).state;
  await send<C2AllowList>('/c2/allow', { prefix: address, port, reason });
  return 'allow-listed';
}

function ServerPanel({ candidate }: { readonly candidate: C2CandidateAnswer }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const facts = [
    [words.c2.score, candidate.score.toFixed(3)],
    [words.c2.methods, format.list(candidate.methods.map((method) => words.c2.methodName[method]))],
    [words.c2.family, familyText(candidate, words.common.unknown, words.c2.familyNotOnList)],
    [words.c2.network, candidate.network ?? words.common.unknown],
    [words.c2.firstSeen, `${format.dateTime(candidate.firstSeenAt)} ${format.zone}`],
    [words.c2.lastSeen, `${format.dateTime(candidate.lastSeenAt)} ${format.zone}`],
    ...(candidate.reason === null ? [] : [[words.c2.reason, candidate.reason] as const]),
  ] as const;
  return (
    <Panel title={words.c2.server}>
      <dl className="facts pad" lang={language}>
        {facts.map(([title, value]) => (
          <Fact key={title} title={title} value={value} />
        ))}
      </dl>
    </Panel>
  );
}

function familyText({ family, familyOnList }: C2CandidateAnswer, unknown: string, notOnList: string): string {
  if (family === null) return unknown;
  return familyOnList ?? `${family}（${notOnList}）`;
}

const Fact = ({ title, value }: { readonly title: string; readonly value: string }) => (
  <>
    <dt>{title}</dt>
    <dd>{value}</dd>
  </>
);

function HistoryPanel({ detail }: { readonly detail: C2CandidateDetail }) {
  const words = useWords();
  const format = useFormat();
  return (
    <Panel className="tbl" title={words.c2.history}>
      <div className="scroll" tabIndex={0} role="region" aria-label={words.common.tableRegion(words.c2.history)}>
        <table className="narrow">
          <caption className="sr">{words.c2.history}</caption>
          <thead>
            <tr>
              <th scope="col">{words.c2.when}</th>
              <th scope="col">{words.c2.what}</th>
              <th scope="col">{words.c2.actor}</th>
              <th scope="col">{words.c2.reason}</th>
            </tr>
          </thead>
          <tbody>
            {detail.events.map((event) => (
              <tr key={`${event.at} ${event.action}`}>
                <th scope="row" className="nowrap">
                  {format.dateTime(event.at)}
                </th>
                <td>{wordFor(words.c2.event, event.action)}</td>
                <td>{whoText(event.actor, words)}</td>
                <td>{event.reason === '' ? words.common.none : event.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
