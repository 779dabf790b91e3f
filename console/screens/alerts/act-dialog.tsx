/** What a person does about an alert: acknowledge, write into its timeline, or close it with its cause. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { AlertDetail } from '../../../src/server/alert-contract.ts';
import { send } from '../../api.ts';
import { DialogForm, TextAreaField } from '../../parts/dialog-form.tsx';
import { FramedDialog } from '../../parts/dialogs.tsx';
import { problemText } from '../../parts/notify.ts';
import { useWords } from '../../preferences.tsx';

export type Verb = 'acknowledge' | 'comment' | 'close';
const CAUSES = ['malware', 'misconfiguration', 'own-test', 'attack-over', 'not-ours', 'mistaken', 'other'] as const;
type Cause = (typeof CAUSES)[number];

interface ActDialogProps {
  readonly id: string;
  readonly verb: Verb | null;
  readonly onClose: () => void;
}

export function ActDialog({ id, verb, onClose }: ActDialogProps) {
  const words = useWords();
  if (verb === null) return null;
  const title = verb === 'close' ? words.alerts.closeTitle : words.alerts[verb];
  return (
    <FramedDialog title={title} isOpen onClose={onClose}>
      <ActForm id={id} verb={verb} onClose={onClose} />
    </FramedDialog>
  );
}

function ActForm({ id, verb, onClose }: ActDialogProps & { readonly verb: Verb }) {
  const words = useWords();
  const client = useQueryClient();
  const causes = useId();
  const [comment, setComment] = useState('');
  const [cause, setCause] = useState<Cause>('malware');
  const [isTried, setIsTried] = useState(false);
  const save = useMutation({
    mutationFn: () =>
      send<AlertDetail>(`/alerts/${encodeURIComponent(id)}/${verb}`, { comment: comment.trim(), ...(verb === 'close' ? { cause } : {}) }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['alert'] });
      onClose();
    },
  });
  const isMissing = verb === 'comment' && comment.trim() === '';
  const submit = (): void => {
    setIsTried(true);
    if (!isMissing) save.mutate();
  };
  return (
    <DialogForm
      go={words.alerts.send}
      isBusy={save.isPending}
      problem={save.isError ? words.alerts.failed(problemText(save.error, words)) : undefined}
      onClose={onClose}
      onSubmit={submit}
    >
      {verb === 'close' ? <CausePick id={causes} value={cause} onPick={setCause} /> : null}
      <TextAreaField
        label={words.alerts.commentLabel}
        rows={3}
        maxLength={2000}
        value={comment}
        onChange={setComment}
        wrong={isTried && isMissing ? words.alerts.commentMissing : ''}
      />
    </DialogForm>
  );
}

function CausePick({ id, value, onPick }: { readonly id: string; readonly value: Cause; readonly onPick: (cause: Cause) => void }) {
  const words = useWords();
  return (
    <fieldset className="field causes">
      <legend>{words.alerts.causeLabel}</legend>
      {CAUSES.map((cause) => (
        <label key={cause} htmlFor={`${id}${cause}`}>
          <input id={`${id}${cause}`} type="radio" name={id} checked={value === cause} onChange={() => onPick(cause)} />{' '}
          {words.alerts.causeName[cause]}
        </label>
      ))}
    </fieldset>
  );
}
