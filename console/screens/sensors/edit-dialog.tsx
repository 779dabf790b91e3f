/** What a sensor is called, where it stands, whom to ask, and how often it should be heard of. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Sensor, SensorChange, SensorDetail } from '../../../src/server/sensor-contract.ts';
import { change } from '../../api.ts';
import { DialogForm, TextField } from '../../parts/dialog-form.tsx';
import { FramedDialog } from '../../parts/dialogs.tsx';
import { problemText } from '../../parts/notify.ts';
import { useWords } from '../../preferences.tsx';

interface EditDialogProps {
  readonly sensor: Sensor;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function EditDialog({ sensor, isOpen, onClose }: EditDialogProps) {
  const words = useWords();
  return (
    <FramedDialog title={words.sensors.editTitle} isOpen={isOpen} onClose={onClose}>
      <EditForm sensor={sensor} onClose={onClose} />
    </FramedDialog>
  );
}

const LEAST_CADENCE = 60;

function EditForm({ sensor, onClose }: Omit<EditDialogProps, 'isOpen'>) {
  const words = useWords();
  const client = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(sensor));
  const [isTried, setIsTried] = useState(false);
  const save = useMutation({
    mutationFn: (body: SensorChange) => change<SensorDetail>(`/sensors/${encodeURIComponent(sensor.id)}`, body),
    onSuccess: async () => {
      await client.invalidateQueries();
      onClose();
    },
  });
  const isTitleMissing = draft.ja.trim() === '' || draft.en.trim() === '';
  const isCadenceWrong = draft.cadence !== '' && !(/^\d{1,8}$/.test(draft.cadence) && Number(draft.cadence) >= LEAST_CADENCE);
  const submit = (): void => {
    setIsTried(true);
    if (!isTitleMissing && !isCadenceWrong) save.mutate(toChange(draft));
  };
  const field = (name: keyof Draft) => ({ value: draft[name], onChange: (value: string) => setDraft({ ...draft, [name]: value }) });
  const titleWrong = isTried && isTitleMissing ? words.sensors.titleMissing : '';
  return (
    <DialogForm
      go={words.sensors.save}
      isBusy={save.isPending}
      problem={save.isError ? words.sensors.failed(problemText(save.error, words)) : undefined}
      onClose={onClose}
      onSubmit={submit}
    >
      <TextField label={words.sensors.titleJa} lang="ja" {...field('ja')} wrong={draft.ja.trim() === '' ? titleWrong : ''} />
      <TextField label={words.sensors.titleEn} lang="en" {...field('en')} wrong={draft.en.trim() === '' ? titleWrong : ''} />
      <TextField label={words.sensors.location} {...field('location')} />
      <TextField label={words.sensors.contact} {...field('contact')} />
      <TextField label={words.sensors.ownerLabel} hint={words.sensors.ownerHint} {...field('owner')} />
      <TextField
        label={words.sensors.cadenceSeconds}
        hint={words.sensors.cadenceHint}
        {...field('cadence')}
        wrong={isTried && isCadenceWrong ? words.sensors.cadenceWrong : ''}
      />
    </DialogForm>
  );
}

interface Draft {
  readonly ja: string;
  readonly en: string;
  readonly location: string;
  readonly contact: string;
  readonly cadence: string;
  readonly owner: string;
}

const draftOf = (sensor: Sensor): Draft => ({
  ...sensor.title,
  location: sensor.location,
  contact: sensor.contact,
  owner: sensor.constituentId ?? '',
  cadence: sensor.isCadenceStated ? String(sensor.cadenceSeconds) : '',
});

const toChange = ({ ja, en, location, contact, cadence, owner }: Draft): SensorChange => ({
  title: { ja: ja.trim(), en: en.trim() },
  location: location.trim(),
  contact: contact.trim(),
  cadenceSeconds: cadence === '' ? null : Number(cadence),
  constituentId: owner.trim() === '' ? null : owner.trim(),
});
