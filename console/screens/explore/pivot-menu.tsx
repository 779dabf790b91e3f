/**
 * What can be asked next of a value. One menu serves the whole screen and opens at the
 * button that was pressed: a menu per cell would make a table of thousands slow.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { Header, Menu, MenuItem, MenuSection, Popover } from 'react-aria-components';
import { useFormat } from '../../format.ts';
import { usePreferences, useWords } from '../../preferences.tsx';
import { canAskWhatItDid, DEED_FIELDS, notThis, onlyThis, termFor, type Value, type ValueRow, whatItDid, whoElse } from './pivot.ts';
import { exploreTopQuery } from './queries.ts';
import { type Question, toMinutes } from './state.ts';
import type { Explore } from './use-explore.ts';
import { valueText } from './values.tsx';

const AROUND_MS = 300_000;

export interface PivotTarget {
  readonly element: HTMLElement;
  readonly field: string;
  readonly value: Value;
  /** The whole observation, where there is one. */
  readonly row?: ValueRow;
}

interface PivotMenuProps {
  readonly explore: Explore;
  readonly question: Question;
  readonly opener: PivotOpener;
}

/** The menu keeps its own state: opening it redraws the menu and not the screen around it. */
export function PivotMenu({ explore, question, opener }: PivotMenuProps) {
  const [target, setTarget] = useState<PivotTarget>();
  useEffect(() => opener.attach(setTarget), [opener]);
  const onClose = (): void => setTarget(undefined);
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const [last, setLast] = useState(target); // the closing popover still shows what it was about
  if (target && target !== last) setLast(target);
  const act = useActions(explore, question);
  const element = useMemo(() => ({ current: last?.element ?? null }), [last]);
  if (!last) return null;
  const title = explore.fields?.fields.find((field) => field.id === last.field)?.title;
  const value = valueText(last.field, last.value, words, format);
  const head = title ? `${title[language]} ${value}` : value;
  return (
    <Popover
      className="popover"
      aria-label={head}
      triggerRef={element}
      isOpen={target !== undefined}
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      placement="bottom start"
    >
      <Menu
        className="options pivots"
        aria-label={head}
        onAction={(key) => {
          onClose();
          act(String(key), last);
          if (key !== 'pivotCopy') showAnswer();
        }}
        autoFocus="first"
      >
        <MenuSection aria-label={head}>
          <Header className="pivot-head">{head}</Header>
          {actionsFor(last).map((id) => (
            <MenuItem key={id} id={id}>
              {words.explore[id]}
            </MenuItem>
          ))}
        </MenuSection>
      </Menu>
    </Popover>
  );
}

/** The answer begins with its sentence: there the eye and the reader's voice go on, once the menu has let go of the focus. */
function showAnswer(): void {
  requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector<HTMLElement>('main h1')?.focus()));
}

const ACTIONS = ['pivotOnly', 'pivotNot', 'pivotDid', 'pivotWho', 'pivotAround', 'pivotCopy'] as const;
type Action = (typeof ACTIONS)[number];

function actionsFor({ field, value, row }: PivotTarget): Action[] {
  const isTime = field === 'time';
  const can: Readonly<Record<Action, boolean>> = {
    pivotOnly: !isTime && termFor(field, value) !== undefined,
    pivotNot: !isTime && termFor(field, value) !== undefined,
    pivotDid: canAskWhatItDid(field),
    pivotWho: row !== undefined || canAskWhatItDid(field) || isDeed(field),
    pivotAround: row !== undefined,
    pivotCopy: true,
  };
  return ACTIONS.filter((action) => can[action]);
}

const isDeed = (field: string): boolean => [...DEED_FIELDS.telescope, ...DEED_FIELDS.flow].includes(field);

function useActions(explore: Explore, question: Question): (action: string, target: PivotTarget) => void {
  const client = useQueryClient();
  /** The same period, fixed from here on: what was "the newest" must not move between two steps. */
  const change: Explore['change'] = (next) => explore.change({ from: question.from, to: question.to, ...next });
  /** For a sender without an observation at hand: what it did most. */
  const mostDone = async ({ field, value }: PivotTarget): Promise<ValueRow> => {
    const did = whatItDid(question.source, field, value);
    const by = DEED_FIELDS[question.source];
    const answer = await client.fetchQuery(exploreTopQuery({ ...question, filter: did?.filter ?? '', by, measure: 'packets' }, 1));
    return Object.fromEntries(by.map((id, i) => [id, answer.rows[0]?.keys[i] ?? '']));
  };
  const whoElseDid = async (target: PivotTarget): Promise<void> => {
    const { field, value, row } = target;
    const deed = row ?? (isDeed(field) ? { [field]: value } : await mostDone(target));
    const next = whoElse(question.source, deed);
    if (next) change({ ...next });
  };
  const run: Readonly<Record<string, (target: PivotTarget) => void>> = {
    pivotOnly: ({ field, value }) => change({ filter: onlyThis(question.filter, field, value) }),
    pivotNot: ({ field, value }) => change({ filter: notThis(question.filter, field, value) }),
    pivotDid: ({ field, value }) => change({ ...whatItDid(question.source, field, value) }),
    pivotWho: (target) => void whoElseDid(target),
    pivotAround: ({ row }) => change(toMinutes(Number(row?.['time']) - AROUND_MS, Number(row?.['time']) + AROUND_MS)),
    pivotCopy: ({ field, value }) =>
      void navigator.clipboard.writeText(field === 'time' ? new Date(Number(value)).toISOString() : String(value)),
  };
  return (action, target) => run[action]?.(target);
}

interface PivotOpener {
  readonly open: (target: PivotTarget) => void;
  readonly attach: (show: (target: PivotTarget) => void) => () => void;
}

/** How the panels reach the menu. */
export function usePivotOpener(): PivotOpener {
  const [opener] = useState((): PivotOpener => {
    let show: (target: PivotTarget) => void = () => undefined;
    return {
      open: (target) => show(target),
      attach: (next) => {
        show = next;
        return () => {
          show = () => undefined;
        };
      },
    };
  });
  return opener;
}
