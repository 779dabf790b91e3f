/**
 * A rule tried on the past before it is changed: the settings in force beside the ones
 * proposed, what would be found and lost, and the lines for the configuration file.
 */
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { type FormEvent, useId, useState } from 'react';
import { Button } from 'react-aria-components';
import type { BacktestRules } from '../../../src/server/finding-contract.ts';
import type { Option } from '../../parts/fields.tsx';
import { problemText } from '../../parts/notify.ts';
import { Answered, Empty, PageHead, Panel } from '../../parts/page.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';
import { backtestRulesQuery } from '../findings/queries.ts';
import { TrialResult } from './result.tsx';
import { changedSettings, fieldsOf, type SettingField } from './settings-form.ts';
import { useTrial } from './use-trial.ts';
import './backtest.css';

type Rule = BacktestRules['rows'][number];

const DAY_MS = 86_400_000;
const USUAL_DAYS = 7;

export function BacktestScreen() {
  const words = useWords();
  const rules = useQuery(backtestRulesQuery());
  return (
    <>
      <PageHead title={words.judgement.trial} heading={words.judgement.trialHeading}>
        <p>{words.judgement.trialLead}</p>
      </PageHead>
      <Answered of={rules} lines={8}>
        {(data) => (data.lastAt === null ? <Empty>{words.judgement.trialNoData}</Empty> : <Trials rules={data} />)}
      </Answered>
    </>
  );
}

/** Another rule has other settings: the form begins anew. */
function Trials({ rules }: { readonly rules: BacktestRules }) {
  const asked = useSearch({ from: '/backtest' }).rule;
  const [chosen, setChosen] = useState(asked ?? rules.rows[0]?.id ?? '');
  const rule = rules.rows.find(({ id }) => id === chosen) ?? rules.rows[0];
  return rule ? <Trial key={rule.id} rule={rule} rules={rules} onChoose={setChosen} /> : null;
}

interface TrialProps {
  readonly rule: Rule;
  readonly rules: BacktestRules;
  readonly onChoose: (id: string) => void;
}

const dayText = (at: number): string => new Date(at).toISOString().slice(0, 10);

function Trial({ rule, rules, onChoose }: TrialProps) {
  const words = useWords();
  const { language } = usePreferences();
  const fields = fieldsOf(rule.schema, rule.settings, language);
  const [given, setGiven] = useState<Readonly<Record<string, string>>>({});
  const last = rules.lastAt ?? 0;
  const [from, setFrom] = useState(() => dayText(Math.max(rules.firstAt ?? 0, last - (USUAL_DAYS - 1) * DAY_MS)));
  const [to, setTo] = useState(() => dayText(last));
  const [sensor, setSensor] = useState('');
  const [fault, setFault] = useState('');
  const trial = useTrial();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const set = changedSettings(fields, given);
    const period = { from: Date.parse(from), to: Date.parse(to) + DAY_MS };
    const problem =
      Object.keys(set).length === 0 ? words.judgement.trialNoChange : period.to > period.from ? '' : words.judgement.trialWrongPeriod;
    setFault(problem);
    if (problem === '') void trial.run({ rule: rule.id, set, ...period, sensor: sensor === '' ? undefined : sensor });
  };
  return (
    <div className="stack">
      <Panel title={rule.title[language]} note={<span className="mono">{rule.id}</span>}>
        <form className="in trial-form" noValidate onSubmit={submit}>
          <div className="trial-scope">
            <Choice
              label={words.judgement.trialRule}
              value={rule.id}
              onChange={onChoose}
              options={rules.rows.map(({ id, title }) => ({ id, title: title[language] }))}
            />
            <Day label={words.judgement.trialFrom} value={from} onChange={setFrom} />
            <Day label={words.judgement.trialTo} value={to} onChange={setTo} />
            <Choice
              label={words.judgement.trialSensor}
              value={sensor}
              onChange={setSensor}
              options={[{ id: '', title: words.judgement.trialAllSensors }, ...rules.sensors.map((id) => ({ id, title: id }))]}
            />
          </div>
          <div className="trial-fields">
            {fields.map((field) => (
              <Field
                key={field.name}
                field={field}
                value={given[field.name] ?? field.present}
                onChange={(value) => setGiven({ ...given, [field.name]: value })}
              />
            ))}
          </div>
          <div className="acts">
            <Button className="btn go" type="submit" isDisabled={trial.isRunning}>
              {words.judgement.trialRun}
            </Button>
            {trial.isRunning ? (
              <Button className="btn" onPress={trial.stop}>
                {words.judgement.trialStop}
              </Button>
            ) : null}
            <span role="status" className="small">
              {trial.isRunning && trial.progress ? words.judgement.trialProgress(trial.progress.done, trial.progress.total) : ''}
              {trial.isStopped ? words.judgement.trialStopped : ''}
            </span>
          </div>
          <p className="errorc small" role="alert">
            {fault || (trial.error === null ? '' : problemText(trial.error, words))}
          </p>
        </form>
      </Panel>
      {trial.result ? <TrialResult result={trial.result} /> : null}
    </div>
  );
}

interface ChoiceProps extends DayProps {
  readonly options: readonly Option[];
}

/** The browser's own list: short, and its name is its label in every state. */
function Choice({ label, value, onChange, options }: ChoiceProps) {
  const id = useId();
  return (
    <span className="trial-day">
      <label htmlFor={id}>{label}</label>
      <select id={id} className="input" value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option.id} value={option.id}>
            {option.title}
          </option>
        ))}
      </select>
    </span>
  );
}

interface DayProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Day({ label, value, onChange }: DayProps) {
  const id = useId();
  return (
    <span className="trial-day">
      <label htmlFor={id}>{label}</label>
      <input id={id} type="date" className="input" value={value} onChange={(event) => onChange(event.target.value)} />
    </span>
  );
}

interface FieldProps {
  readonly field: SettingField;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Field({ field, value, onChange }: FieldProps) {
  const words = useWords();
  const id = useId();
  return (
    <div className={value === field.present ? 'field' : 'field changed'}>
      <label htmlFor={id} className="mono">
        {field.name}
      </label>
      <span className="hint" id={`${id}h`}>
        {field.meaning} {words.judgement.trialNow}: <b className="mono">{field.present}</b>
      </span>
      <input
        id={id}
        className="input"
        inputMode={field.isNumber ? 'decimal' : 'text'}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-describedby={`${id}h`}
      />
    </div>
  );
}
