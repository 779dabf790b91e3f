/** What a person can do now: send the notice, or move the case on. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Button, Radio, RadioGroup } from 'react-aria-components';
import type { CaseDetail, Constituent, NotifyResult, Status } from '../../../src/server/contract.ts';
import { send } from '../../api.ts';
import { Confirm } from '../../parts/dialogs.tsx';
import { notifyOutcome, problemText } from '../../parts/notify.ts';
import { Panel } from '../../parts/page.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';
import { constituentQuery, statusQuery } from '../../queries.ts';
import type { Words } from '../../words/ja.ts';
import { MoveButtons } from './move-buttons.tsx';
import { CHANNELS, type Channel, WAITING } from './terms.ts';

interface NextStepProps {
  readonly detail: CaseDetail;
  readonly channel: Channel;
  readonly onChannel: (channel: Channel) => void;
}

export function NextStep({ detail, channel, onChannel }: NextStepProps) {
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
