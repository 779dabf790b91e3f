/** Dialogs that ask before something happens which cannot be taken back, or that needs a reason. */
import { type ReactNode, useState } from 'react';
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useWords } from '../preferences.tsx';
import { DateField, DialogFoot, DialogForm, TextAreaField, toDateInput } from './dialog-form.tsx';

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
  return (
    <FramedDialog title={title} isOpen={isOpen} onClose={onClose}>
      <div className="body">{children}</div>
      <DialogFoot problem={problem} onClose={onClose}>
        <Button className="btn go" isDisabled={isBusy} onPress={onGo}>
          {go}
        </Button>
      </DialogFoot>
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
    <DialogForm go={title} isBusy={isBusy} problem={problem} onClose={onClose} onSubmit={submit}>
      <p>{(words.case.moveBody as Readonly<Record<string, string>>)[to] ?? ''}</p>
      <TextAreaField
        label={words.case.reason}
        hint={words.case.reasonHint}
        maxLength={1000}
        value={reason}
        onChange={setReason}
        wrong={isTried && isReasonShort ? words.case.reasonShort : ''}
      />
      {needsEnd ? (
        <DateField
          label={words.case.until}
          hint={words.case.untilHint}
          value={until}
          onChange={setUntil}
          wrong={isTried && isEndWrong ? words.case.untilWrong : ''}
        />
      ) : null}
    </DialogForm>
  );
}
