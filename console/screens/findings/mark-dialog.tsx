/** A decision about findings always has a reason; an acceptance also has a last day. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { Button } from 'react-aria-components';
import type { FindingMark, FindingMarkResult } from '../../../src/server/finding-contract.ts';
import { send } from '../../api.ts';
import { FramedDialog } from '../../parts/dialogs.tsx';
import { problemText } from '../../parts/notify.ts';
import { useWords } from '../../preferences.tsx';

export type Decision = 'false_positive' | 'accepted' | 'reopened';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const LEAST_REASON = 3;

export function useMark() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (mark: FindingMark) => send<FindingMarkResult>('/findings/marks', mark),
    onSuccess: () =>
      Promise.all(['finding', 'case', 'status'].map((key) => client.invalidateQueries({ queryKey: [key] }))).then(() => undefined),
  });
}

interface MarkDialogProps {
  readonly to: Decision | null;
  readonly fingerprints: readonly string[];
  readonly onClose: () => void;
  readonly onDone: (result: FindingMarkResult) => void;
}

export function MarkDialog({ to, fingerprints, onClose, onDone }: MarkDialogProps) {
  const words = useWords();
  if (to === null) return null;
  return (
    <FramedDialog title={words.judgement.markTitle[to]} isOpen onClose={onClose}>
      <MarkForm key={to} to={to} fingerprints={fingerprints} onClose={onClose} onDone={onDone} />
    </FramedDialog>
  );
}

function MarkForm({ to, fingerprints, onClose, onDone }: MarkDialogProps & { readonly to: Decision }) {
  const words = useWords();
  const id = useId();
  const mark = useMark();
  const [reason, setReason] = useState('');
  const [openedAt] = useState(() => Date.now());
  const [until, setUntil] = useState(() => new Date(openedAt + DEFAULT_DAYS * DAY_MS).toISOString().slice(0, 10));
  const [isTried, setIsTried] = useState(false);
  const isReasonShort = reason.trim().length < LEAST_REASON;
  const endsAt = new Date(`${until}T23:59:59`).getTime();
  const isEndWrong = to === 'accepted' && !(endsAt > openedAt);
  const submit = (): void => {
    setIsTried(true);
    if (isReasonShort || isEndWrong) return;
    mark.mutate(
      { fingerprints: [...fingerprints], to, reason: reason.trim(), expiresAt: to === 'accepted' ? endsAt : null },
      { onSuccess: onDone },
    );
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="body">
        <p>{words.judgement.markBody[to]}</p>
        <div className="field">
          <label htmlFor={`${id}r`}>{words.judgement.reason}</label>
          <span className="hint" id={`${id}rh`}>
            {words.judgement.reasonHint}
          </span>
          <textarea
            id={`${id}r`}
            className="input"
            maxLength={1000}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            aria-describedby={`${id}rh ${id}rw`}
            aria-invalid={isTried && isReasonShort}
          />
          <span className="wrong" id={`${id}rw`} role="alert">
            {isTried && isReasonShort ? words.judgement.reasonShort : ''}
          </span>
        </div>
        {to === 'accepted' ? (
          <div className="field">
            <label htmlFor={`${id}u`}>{words.judgement.until}</label>
            <span className="hint" id={`${id}uh`}>
              {words.judgement.untilHint}
            </span>
            <input
              id={`${id}u`}
              className="input"
              type="date"
              value={until}
              onChange={(event) => setUntil(event.target.value)}
              aria-describedby={`${id}uh ${id}uw`}
              aria-invalid={isTried && isEndWrong}
            />
            <span className="wrong" id={`${id}uw`} role="alert">
              {isTried && isEndWrong ? words.judgement.untilWrong : ''}
            </span>
          </div>
        ) : null}
      </div>
      {mark.error ? (
        <p className="errorc small" role="alert">
          {problemText(mark.error, words)}
        </p>
      ) : null}
      <div className="acts">
        <Button className="btn" onPress={onClose}>
          {words.common.cancel}
        </Button>
        <Button className="btn go" type="submit" isDisabled={mark.isPending}>
          {words.judgement.markTitle[to]}
        </Button>
      </div>
    </form>
  );
}
