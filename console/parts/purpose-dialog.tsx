/**
 * What is it for? The question before records of people's communications are looked at.
 *
 * The legal basis, the fields and the days stand beside the choice, so that whoever
 * records a purpose has read what it rests on.
 */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { Button } from 'react-aria-components';
import type { PurposeId } from '../../src/domain/purpose.ts';
import type { Grant, PurposeList } from '../../src/server/c2-contract.ts';
import { send } from '../api.ts';
import { usePreferences, useWords } from '../preferences.tsx';
import { grantsQuery, purposesQuery } from '../queries.ts';
import { DialogForm } from './dialog-form.tsx';
import { FramedDialog } from './dialogs.tsx';
import { problemText } from './notify.ts';
import { Answered } from './page.tsx';
import { LEAST_REASON, ReasonField } from './reason-dialog.tsx';

type Purpose = PurposeList['rows'][number];

interface PurposeDialogProps {
  /** Which purposes may be chosen here; the first is proposed. */
  readonly of: readonly PurposeId[];
  /** For somebody else than the reader: the daily run. */
  readonly grantedTo?: string;
  readonly hours: readonly number[];
  readonly onClose: () => void;
  readonly onGranted: () => void;
}

export function PurposeDialog({ of, grantedTo, hours, onClose, onGranted }: PurposeDialogProps) {
  const words = useWords();
  const purposes = useQuery(purposesQuery());
  return (
    <FramedDialog title={words.c2.ask.title} isOpen isWide onClose={onClose}>
      <Answered of={purposes} lines={6}>
        {({ rows }) => (
          <PurposeForm
            purposes={of.flatMap((wanted) => rows.find(({ id }) => id === wanted) ?? [])}
            grantedTo={grantedTo}
            hours={hours}
            onClose={onClose}
            onGranted={onGranted}
          />
        )}
      </Answered>
    </FramedDialog>
  );
}

interface PurposeFormProps extends Omit<PurposeDialogProps, 'of' | 'grantedTo'> {
  readonly purposes: readonly Purpose[];
  readonly grantedTo: string | undefined;
}

function PurposeForm({ purposes, grantedTo, hours, onClose, onGranted }: PurposeFormProps) {
  const words = useWords();
  const client = useQueryClient();
  const ids = { purpose: useId(), hours: useId() };
  const [chosen, setChosen] = useState(purposes[0]?.id);
  const [lasts, setLasts] = useState(hours[0] ?? 1);
  const [reason, setReason] = useState('');
  const [isTried, setIsTried] = useState(false);
  const grants = useQuery(grantsQuery());
  const purpose = purposes.find(({ id }) => id === chosen);
  const ask = useMutation({
    mutationFn: () => send<Grant>('/grants', { purpose: chosen, reason: reason.trim(), hours: lasts, grantedTo }),
    onSuccess: async (grant) => {
      await client.invalidateQueries({ queryKey: ['purpose'] });
      if (grant.state === 'active') onGranted();
    },
  });
  const isShort = reason.trim().length < LEAST_REASON;
  const mustWait = purpose?.needsAnother === true || grants.data?.mayGrant === false;
  if (ask.data?.state === 'requested') return <Waiting onClose={onClose} />;
  return (
    <DialogForm
      go={mustWait ? words.c2.ask.request : words.c2.ask.record}
      isBusy={ask.isPending}
      problem={ask.error ? problemText(ask.error, words) : undefined}
      onClose={onClose}
      onSubmit={() => {
        setIsTried(true);
        if (!isShort) ask.mutate();
      }}
    >
      <p>{words.c2.ask.lead}</p>
      {purposes.length > 1 ? (
        <PlainSelect
          id={ids.purpose}
          label={words.c2.ask.purpose}
          value={chosen ?? ''}
          options={purposes.map(({ id, title }) => ({ id, title }))}
          onPick={(id) => setChosen(purposes.find((one) => one.id === id)?.id)}
        />
      ) : null}
      {purpose ? <Terms purpose={purpose} isAlone={purposes.length === 1} /> : null}
      <ReasonField value={reason} onChange={setReason} isWrong={isTried && isShort} />
      {hours.length > 1 ? (
        <PlainSelect
          id={ids.hours}
          label={words.c2.ask.hours}
          value={String(lasts)}
          options={hours.map((count) => ({ id: String(count), title: words.c2.ask.hoursOf(count) }))}
          onPick={(id) => setLasts(Number(id))}
        />
      ) : null}
      {mustWait ? <p className="small">{words.c2.ask.another}</p> : null}
    </DialogForm>
  );
}

function Waiting({ onClose }: { readonly onClose: () => void }) {
  const words = useWords();
  return (
    <>
      <p className="body" role="status">
        {words.c2.ask.waiting}
      </p>
      <div className="acts">
        <Button className="btn" onPress={onClose}>
          {words.common.close}
        </Button>
      </div>
    </>
  );
}

function Terms({ purpose, isAlone }: { readonly purpose: Purpose; readonly isAlone: boolean }) {
  const words = useWords();
  const { language } = usePreferences();
  return (
    <dl className="facts terms">
      {isAlone ? (
        <>
          <dt>{words.c2.ask.purpose}</dt>
          <dd>{purpose.title[language]}</dd>
        </>
      ) : null}
      <dt>{words.c2.ask.legalBasis}</dt>
      <dd>{purpose.legalBasis[language]}</dd>
      <dt>{words.c2.ask.fields}</dt>
      <dd className="mono small">{purpose.fields.join(', ')}</dd>
      <dt>{words.c2.ask.keep}</dt>
      <dd>{words.c2.ask.keepDays(purpose.keepDays)}</dd>
    </dl>
  );
}

interface PlainSelectProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly id: string; readonly title: string | { readonly ja: string; readonly en: string } }[];
  readonly onPick: (id: string) => void;
}

function PlainSelect({ id, label, value, options, onPick }: PlainSelectProps) {
  const { language } = usePreferences();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} className="input" value={value} onChange={(event) => onPick(event.target.value)}>
        {options.map((option) => (
          <option key={option.id} value={option.id}>
            {typeof option.title === 'string' ? option.title : option.title[language]}
          </option>
        ))}
      </select>
    </div>
  );
}
