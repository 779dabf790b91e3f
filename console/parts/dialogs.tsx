/** Dialogs that ask before something happens which cannot be taken back, or that needs a reason. */
import { type ReactNode, useId, useState } from 'react';
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useWords } from '../preferences.tsx';

interface FramedDialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly isWide?: boolean;
}

export function FramedDialog({ title, isOpen, onClose, children, isWide = false }: FramedDialogProps) {
  return (
    <ModalOverlay className="veil" isDismissable isOpen={isOpen} onOpenChange={(next) => (next ? undefined : onClose())}>
      <Modal className={isWide ? 'dialog wide' : 'dialog'}>
        <Dialog>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly go: string;
  readonly isOpen: boolean;
  readonly isBusy: boolean;
  readonly problem?: string | undefined;
  readonly onClose: () => void;
  readonly onGo: () => void;
  readonly children: ReactNode;
}

export function Confirm({ title, go, isOpen, isBusy, problem, onClose, onGo, children }: ConfirmProps) {
  const words = useWords();
  return (
    <FramedDialog title={title} isOpen={isOpen} onClose={onClose}>
      <div className="body">{children}</div>
      {problem ? (
        <p className="errorc small" role="alert">
          {problem}
        </p>
      ) : null}
      <div className="acts">
        <Button className="btn" onPress={onClose}>
          {words.common.cancel}
        </Button>
        <Button className="btn go" isDisabled={isBusy} onPress={onGo}>
          {go}
        </Button>
      </div>
    </FramedDialog>
  );
}

export interface Move {
  readonly to: string;
  readonly reason: string;
  readonly expiresAt: number | null;
}

interface MoveDialogProps {
  readonly to: string | null;
  readonly isBusy: boolean;
  readonly problem: string | undefined;
  readonly onClose: () => void;
  readonly onMove: (move: Move) => void;
}

const DAY_MS = 86_400_000;
const DEFAULT_HOLD_DAYS = 30;

/** A move of a case always has a reason; a suppression also has an end. */
export function MoveDialog({ to, isBusy, problem, onClose, onMove }: MoveDialogProps) {
  const words = useWords();
  if (to === null) return null;
  const title = (words.case.move as Readonly<Record<string, string>>)[to] ?? to;
  return (
    <FramedDialog title={title} isOpen onClose={onClose}>
      <MoveForm key={to} to={to} title={title} isBusy={isBusy} problem={problem} onClose={onClose} onMove={onMove} />
    </FramedDialog>
  );
}

interface MoveFormProps extends MoveDialogProps {
  readonly to: string;
  readonly title: string;
}

function MoveForm({ to, title, isBusy, problem, onClose, onMove }: MoveFormProps) {
  const words = useWords();
  const ids = { reason: useId(), until: useId(), reasonWrong: useId(), untilWrong: useId() };
  const [reason, setReason] = useState('');
  const [openedAt] = useState(() => Date.now());
  const [until, setUntil] = useState(() => toDateInput(openedAt + DEFAULT_HOLD_DAYS * DAY_MS));
  const [isTried, setIsTried] = useState(false);
  const needsEnd = to === 'suppressed';
  const isReasonShort = reason.trim().length < 3;
  const endsAt = new Date(`${until}T00:00:00`).getTime();
  const isEndWrong = needsEnd && !(endsAt > openedAt);
  const submit = (): void => {
    setIsTried(true);
    if (isReasonShort || isEndWrong) return;
    onMove({ to, reason: reason.trim(), expiresAt: needsEnd ? endsAt : null });
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
        <p>{(words.case.moveBody as Readonly<Record<string, string>>)[to] ?? ''}</p>
        <div className="field">
          <label htmlFor={ids.reason}>{words.case.reason}</label>
          <span className="hint" id={`${ids.reason}h`}>
            {words.case.reasonHint}
          </span>
          <textarea
            id={ids.reason}
            className="input"
            maxLength={1000}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            aria-describedby={`${ids.reason}h ${ids.reasonWrong}`}
            aria-invalid={isTried && isReasonShort}
          />
          <span className="wrong" id={ids.reasonWrong} role="alert">
            {isTried && isReasonShort ? words.case.reasonShort : ''}
          </span>
        </div>
        {needsEnd ? (
          <div className="field">
            <label htmlFor={ids.until}>{words.case.until}</label>
            <span className="hint">{words.case.untilHint}</span>
            <input
              id={ids.until}
              className="input"
              type="date"
              value={until}
              onChange={(event) => setUntil(event.target.value)}
              aria-describedby={ids.untilWrong}
              aria-invalid={isTried && isEndWrong}
            />
            <span className="wrong" id={ids.untilWrong} role="alert">
              {isTried && isEndWrong ? words.case.untilWrong : ''}
            </span>
          </div>
        ) : null}
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
          {title}
        </Button>
      </div>
    </form>
  );
}

/** yyyy-mm-dd in the reader's own zone, as date inputs want it. */
function toDateInput(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 10);
}
