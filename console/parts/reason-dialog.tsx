/** A dialog that asks for a reason before something is recorded under the reader's name. */
import { type ReactNode, useState } from 'react';
import { useWords } from '../preferences.tsx';
import { DialogForm, TextAreaField } from './dialog-form.tsx';
import { FramedDialog } from './dialogs.tsx';

export const LEAST_REASON = 5;

interface ReasonDialogProps {
  readonly title: string;
  readonly go?: string;
  readonly isBusy: boolean;
  readonly problem: string | undefined;
  readonly onClose: () => void;
  readonly onGo: (reason: string) => void;
  readonly children: ReactNode;
}

export function ReasonDialog({ title, go = title, isBusy, problem, onClose, onGo, children }: ReasonDialogProps) {
  const [reason, setReason] = useState('');
  const [isTried, setIsTried] = useState(false);
  return (
    <FramedDialog title={title} isOpen onClose={onClose}>
      <DialogForm
        go={go}
        isBusy={isBusy}
        problem={problem}
        onClose={onClose}
        onSubmit={() => {
          setIsTried(true);
          if (reason.trim().length >= LEAST_REASON) onGo(reason.trim());
        }}
      >
        {children}
        <ReasonField value={reason} onChange={setReason} isWrong={isTried && reason.trim().length < LEAST_REASON} />
      </DialogForm>
    </FramedDialog>
  );
}

interface ReasonFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly isWrong: boolean;
}

export function ReasonField({ value, onChange, isWrong }: ReasonFieldProps) {
  const words = useWords();
  return (
    <TextAreaField
      label={words.c2.reason}
      hint={words.c2.reasonHint}
      maxLength={500}
      value={value}
      onChange={onChange}
      wrong={isWrong ? words.c2.reasonShort : ''}
    />
  );
}
