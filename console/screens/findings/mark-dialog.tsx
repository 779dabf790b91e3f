/** A decision about findings always has a reason; an acceptance also has a last day. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { FindingMark, FindingMarkResult } from '../../../src/server/finding-contract.ts';
import { send } from '../../api.ts';
import { DateField, DialogForm, TextAreaField, toDateInput } from '../../parts/dialog-form.tsx';
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
  const mark = useMark();
  const [reason, setReason] = useState('');
  const [openedAt] = useState(() => Date.now());
  const [until, setUntil] = useState(() => toDateInput(openedAt + DEFAULT_DAYS * DAY_MS));
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
    <DialogForm
      go={words.judgement.markTitle[to]}
      isBusy={mark.isPending}
      problem={mark.error ? problemText(mark.error, words) : undefined}
      onClose={onClose}
      onSubmit={submit}
    >
      <p>{words.judgement.markBody[to]}</p>
      <TextAreaField
        label={words.judgement.reason}
        hint={words.judgement.reasonHint}
        maxLength={1000}
        value={reason}
        onChange={setReason}
        wrong={isTried && isReasonShort ? words.judgement.reasonShort : ''}
      />
      {to === 'accepted' ? (
        <DateField
          label={words.judgement.until}
          hint={words.judgement.untilHint}
          value={until}
          onChange={setUntil}
          wrong={isTried && isEndWrong ? words.judgement.untilWrong : ''}
        />
      ) : null}
    </DialogForm>
  );
}
