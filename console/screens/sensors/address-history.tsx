/** How many addresses a sensor observed from when on, and the form that adds another number. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { Button } from 'react-aria-components';
import type { SensorChange, SensorDetail } from '../../../src/server/sensor-contract.ts';
import { change } from '../../api.ts';
import { useFormat } from '../../format.ts';
import { problemText } from '../../parts/notify.ts';
import { Panel } from '../../parts/page.tsx';
import { useWords } from '../../preferences.tsx';

type Period = SensorDetail['history'][number];
type History = NonNullable<SensorChange['history']>;

const utcDay = (at: number): string => new Date(at).toISOString().slice(0, 10);

export function AddressHistory({ detail }: { readonly detail: SensorDetail }) {
  const words = useWords();
  const { id } = detail.sensor;
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (history: History) => change<SensorDetail>(`/sensors/${encodeURIComponent(id)}`, { history }),
    onSuccess: () => client.invalidateQueries(),
  });
  const changes: History = detail.history.map(({ since, addresses }) => ({ since, addresses }));
  const put = (since: number, addresses: number | null): void =>
    save.mutate([...changes.filter((one) => one.since !== since), { since, addresses }]);
  return (
    <Panel title={words.sensors.history} note={words.sensors.historyNote}>
      <div className="in stack">
        <p className="small soft">{words.sensors.historyLead}</p>
        <HistoryTable
          history={detail.history}
          isBusy={save.isPending}
          onRemove={(since) => save.mutate(changes.filter((one) => one.since !== since))}
        />
        <CountForm isBusy={save.isPending} onAdd={put} />
        <p className="small" role="status">
          {save.isSuccess ? <span className="okc">{words.sensors.saved}</span> : null}
          {save.isError ? <span className="errorc">{words.sensors.failed(problemText(save.error, words))}</span> : null}
        </p>
      </div>
    </Panel>
  );
}

interface HistoryTableProps {
  readonly history: readonly Period[];
  readonly isBusy: boolean;
  readonly onRemove: (since: number) => void;
}

function HistoryTable({ history, isBusy, onRemove }: HistoryTableProps) {
  const words = useWords();
  const format = useFormat();
  const sinceText = (since: number): string => (since === 0 ? words.sensors.ever : utcDay(since));
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={words.common.tableRegion(words.sensors.history)}>
      <table className="narrow">
        <caption className="sr">{words.sensors.history}</caption>
        <thead>
          <tr>
            <th scope="col">{words.sensors.since}</th>
            <th scope="col">{words.sensors.until}</th>
            <th scope="col" className="num">
              {words.sensors.historyCount}
            </th>
            <th scope="col">
              <span className="sr">{words.sensors.remove}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {history.map(({ since, until, addresses }) => (
            <tr key={since}>
              <th scope="row">{sinceText(since)}</th>
              <td>{until === null ? words.sensors.now : utcDay(until)}</td>
              <td className="num">{addresses === null ? words.common.unknown : format.count(addresses)}</td>
              <td className="num">
                {since === 0 && addresses === null ? null : (
                  <Button
                    className="linklike"
                    isDisabled={isBusy}
                    aria-label={words.sensors.removeOf(sinceText(since))}
                    onPress={() => onRemove(since)}
                  >
                    {words.sensors.remove}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CountFormProps {
  readonly isBusy: boolean;
  readonly onAdd: (since: number, addresses: number | null) => void;
}

function CountForm({ isBusy, onAdd }: CountFormProps) {
  const words = useWords();
  const ids = { count: useId(), since: useId() };
  const [count, setCount] = useState('');
  const [since, setSince] = useState('');
  const [isTried, setIsTried] = useState(false);
  const isWrong = count !== '' && !/^[1-9]\d{0,14}$/.test(count);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setIsTried(true);
    if (isWrong) return;
    onAdd(since === '' ? 0 : Date.parse(since), count === '' ? null : Number(count));
    setCount('');
    setSince('');
    setIsTried(false);
  };
  return (
    <form className="count-form" noValidate onSubmit={submit} aria-label={words.sensors.addCount}>
      <div className="field">
        <label htmlFor={ids.count}>{words.sensors.newCount}</label>
        <span className="hint" id={`${ids.count}h`}>
          {words.sensors.newCountHint}
        </span>
        <input
          id={ids.count}
          className="input"
          inputMode="numeric"
          autoComplete="off"
          value={count}
          onChange={(event) => setCount(event.target.value.replaceAll(',', ''))}
          aria-describedby={`${ids.count}h ${ids.count}w`}
          aria-invalid={isTried && isWrong}
        />
        <span className="wrong" id={`${ids.count}w`} role="alert">
          {isTried && isWrong ? words.sensors.countWrong : ''}
        </span>
      </div>
      <div className="field">
        <label htmlFor={ids.since}>{words.sensors.newSince}</label>
        <span className="hint" id={`${ids.since}h`}>
          {words.sensors.newSinceHint}
        </span>
        <input
          id={ids.since}
          className="input"
          type="date"
          value={since}
          onChange={(event) => setSince(event.target.value)}
          aria-describedby={`${ids.since}h`}
        />
      </div>
      <Button className="btn" type="submit" isDisabled={isBusy}>
        {words.sensors.add}
      </Button>
    </form>
  );
}
