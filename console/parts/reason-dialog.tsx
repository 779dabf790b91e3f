/** A dialog that asks for a reason before something is recorded under the reader's name. */
import { type ReactNode, useId, useState } from 'react';
import { Button } from 'react-aria-components';
import { useWords } from '../preferences.tsx';
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
  const words = useWords();
  const [reason, setReason] = useState('');
  const [isTried, setIsTried] = useState(false);
  return (
    <FramedDialog title={title} isOpen onClose={onClose}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setIsTried(true);
          if (reason.trim().length >= LEAST_REASON) onGo(reason.trim());
        }}
      >
        <div className="body">
          {children}
          <ReasonField value={reason} onChange={setReason} isWrong={isTried && reason.trim().length < LEAST_REASON} />
        </div>
        {problem ? (
          <p className="errorc small" role="alert">
            {problem}
          </p>
        ) : null}
        <div className="acts">
          <Button className="btn" onPress={onClose}>
            {words.common.cancel}
          </Button>
          <Button className="btn go" type="submit" isDisabled={isBusy}>
            {go}
          </Button>
        </div>
      </form>
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
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{words.c2.reason}</label>
      <span className="hint" id={`${id}h`}>
        {words.c2.reasonHint}
      </span>
      <textarea
        id={id}
        className="input"
        maxLength={500}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-describedby={`${id}h ${id}w`}
        aria-invalid={isWrong}
      />
      <span className="wrong" id={`${id}w`} role="alert">
        {isWrong ? words.c2.reasonShort : ''}
      </span>
    </div>
  );
}
