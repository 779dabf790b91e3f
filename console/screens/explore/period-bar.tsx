/** Which period is looked at: lengths up to the newest data, steps aside, wider, or by the clock. */
import { useQueryClient } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';
import { Button, DialogTrigger, Popover } from 'react-aria-components';
import { useFormat } from '../../format.ts';
import { Segments } from '../../parts/fields.tsx';
import { useWords } from '../../preferences.tsx';
import type { Period } from '../../queries.ts';
import { newestQuery } from './queries.ts';
import { moved, type Question, toMinutes, widened } from './state.ts';
import type { Explore } from './use-explore.ts';

const HOUR_MS = 3_600_000;
const SPANS = [
  { id: 'hour', ms: HOUR_MS },
  { id: 'sixHours', ms: 6 * HOUR_MS },
  { id: 'day', ms: 24 * HOUR_MS },
  { id: 'week', ms: 168 * HOUR_MS },
] as const;
type Span = (typeof SPANS)[number]['id'];
const WIDER = 3;

interface PeriodBarProps {
  readonly explore: Explore;
  readonly question: Pick<Question, 'source' | 'from' | 'to'>;
}

export function PeriodBar({ explore, question }: PeriodBarProps) {
  const words = useWords();
  const format = useFormat();
  const client = useQueryClient();
  const { from, to } = question;
  const isNewest = to === explore.newest?.to;
  const span = isNewest ? SPANS.find(({ ms }) => ms === to - from)?.id : undefined;
  const titles: Readonly<Record<Span, string>> = {
    hour: words.explore.spanHour,
    sixHours: words.explore.spanSixHours,
    day: words.explore.spanDay,
    week: words.explore.spanWeek,
  };
  /** Asks again what is newest, so that pressing "1 hour" an hour later means another hour. */
  const pick = async (next: Span | ''): Promise<void> => {
    const length = SPANS.find(({ id }) => id === next)?.ms;
    if (length === undefined) return;
    const newest = await client.fetchQuery({ ...newestQuery(question.source), staleTime: 0 });
    explore.change({ from: newest.to - length, to: newest.to });
  };
  return (
    <div className="period-bar" role="group" aria-label={words.explore.period}>
      <Segments<Span | ''>
        label={words.explore.presets}
        value={span ?? ''}
        onPick={(next) => void pick(next)}
        options={SPANS.map(({ id }) => ({ id, title: titles[id] }))}
      />
      <span className="period-steps">
        <Button className="btn" aria-label={words.explore.earlier} onPress={() => explore.change(moved(question, -1))}>
          <span aria-hidden="true">←</span>
        </Button>
        <Button className="btn" aria-label={words.explore.later} isDisabled={isNewest} onPress={() => explore.change(moved(question, 1))}>
          <span aria-hidden="true">→</span>
        </Button>
        <Button className="btn" onPress={() => explore.change(widened(question, WIDER))}>
          {words.explore.wider}
        </Button>
      </span>
      <ExactPeriod key={`${from} ${to}`} period={{ from, to }} onPick={(period) => explore.change(period)} />
      <b className="period-text">
        {format.span(from, to)} {format.zone}
      </b>
    </div>
  );
}

function ExactPeriod({ period, onPick }: { readonly period: Period; readonly onPick: (period: Period) => void }) {
  const words = useWords();
  const format = useFormat();
  const [from, setFrom] = useState(toField(period.from));
  const [to, setTo] = useState(toField(period.to));
  const [isOpen, setIsOpen] = useState(false);
  const isBackwards = !(Date.parse(from) < Date.parse(to));
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (isBackwards) return;
    setIsOpen(false);
    onPick(toMinutes(Date.parse(from), Date.parse(to)));
  };
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={setIsOpen}>
      <Button className="btn">{words.explore.exact}</Button>
      <Popover className="popover" placement="bottom start" aria-label={words.explore.exact}>
        <div className="exact">
          <form onSubmit={submit}>
            <label className="field">
              <span className="label">
                {words.explore.from} ({format.zone})
              </span>
              <input className="input" type="datetime-local" value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
            </label>
            <label className="field">
              <span className="label">
                {words.explore.to} ({format.zone})
              </span>
              <input className="input" type="datetime-local" value={to} onChange={(event) => setTo(event.currentTarget.value)} />
            </label>
            <p className="errorc small" role="status">
              {isBackwards ? words.explore.periodBackwards : ''}
            </p>
            <Button className="btn go" type="submit" isDisabled={isBackwards}>
              {words.explore.usePeriod}
            </Button>
          </form>
        </div>
      </Popover>
    </DialogTrigger>
  );
}

/** Local time as a date field wants it: 2026-06-17T22:41. */
function toField(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
