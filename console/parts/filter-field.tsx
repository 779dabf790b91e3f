/**
 * The field a filter is typed into: suggestions as one types, by the grammar that will
 * read it; the place of a mistake underlined in the text, and named below it.
 *
 * A combobox whose choice is a piece of the text and not the text itself: the list never
 * holds a selection, choosing inserts. A mistake is shown when someone is done (Enter,
 * leaving the field) and not while a word is half typed.
 */
import './filter-field.css';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Button, ComboBox, Group, Input, ListBox, ListBoxItem, Popover } from 'react-aria-components';
import type { ExploreSource } from '../../src/domain/explore.ts';
import type { ExploreCheck } from '../../src/server/explore-contract.ts';
import { usePreferences, useWords } from '../preferences.tsx';
import { checkQuery } from '../screens/explore/queries.ts';
import { type Completion, insertCompletion, stillFitting } from './filter-field-text.ts';
import { isTyping } from './keys.ts';

const SETTLE_MS = 90;

interface FilterExpressionProps {
  readonly source: ExploreSource;
  /** The filter in force; what is typed becomes it by Enter. */
  readonly value: string;
  readonly onApply: (filter: string) => void;
  readonly help: ReactNode;
}

export function FilterExpression({ source, value, onApply, help }: FilterExpressionProps) {
  const words = useWords();
  const input = useRef<HTMLInputElement>(null);
  const hint = useId();
  const problemId = useId();
  const { text, caret, type, place, isDone, finish } = useDraft(value, input);
  const asked = useSettled(text, caret);
  const suggestions = useQuery({ ...checkQuery(source, asked.text, asked.caret), placeholderData: keepPreviousData });
  const verdict = useQuery({ ...checkQuery(source, text.trim()), enabled: isDone && text.trim() !== '' });
  const problem = isDone && text.trim() !== '' ? verdict.data?.problem : undefined;
  const known = useLatest(suggestions.isPlaceholderData ? undefined : suggestions.data?.completions, asked.text);
  const completions = known.askedText === text ? known.completions : stillFitting(known.completions, known.askedText, text, caret);
  const insert = (completion: Completion): void => {
    const next = insertCompletion(text, completion);
    type(next.text, next.caret);
    requestAnimationFrame(() => input.current?.setSelectionRange(next.caret, next.caret));
  };
  const apply = (next: string): void => {
    finish(next);
    onApply(next.trim());
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
    if (event.currentTarget.getAttribute('aria-activedescendant') === null) apply(text);
  };
  useSlash(input);
  return (
    <div className="filter-field">
      <ComboBox
        className="filter-combo"
        aria-label={words.explore.filter}
        aria-describedby={problem ? `${problemId} ${hint}` : hint}
        allowsCustomValue
        allowsEmptyCollection={false}
        value={null}
        inputValue={text}
        onInputChange={(next) => {
          if (next !== text) type(next, input.current?.selectionStart ?? next.length);
        }}
        items={completions.map((completion) => ({ ...completion, id: idOf(completion) }))}
        onChange={(key) => {
          const chosen = completions.find((completion) => idOf(completion) === key);
          if (chosen) insert(chosen);
        }}
        isInvalid={problem !== undefined}
        menuTrigger="input"
        shouldFocusWrap
      >
        <Group className="filter-box">
          <Underline text={text} problem={problem} input={input} />
          <Input
            ref={input}
            className="input mono"
            placeholder={words.explore.filterHint}
            autoComplete="off"
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            maxLength={4000}
            onKeyDownCapture={onKeyDown}
            onSelect={(event) => place(event.currentTarget.selectionStart ?? 0)}
            onBlur={() => finish(text)}
          />
          <kbd aria-hidden="true">/</kbd>
        </Group>
        <Popover className="popover filter-options" placement="bottom start">
          <ListBox className="options" aria-label={words.explore.completions}>
            {(completion: Completion & { readonly id: string }) => <Suggestion completion={completion} />}
          </ListBox>
        </Popover>
      </ComboBox>
      <Button className="btn go" onPress={() => apply(text)}>
        {words.explore.apply}
      </Button>
      {text === '' ? null : (
        <Button className="btn" onPress={() => apply('')}>
          {words.explore.clear}
        </Button>
      )}
      {help}
      <span id={hint} className="sr">
        {words.explore.filterKeys}
      </span>
      <div className="filter-problem" role="status" id={problemId}>
        {problem ? <ProblemLine problem={problem} onUse={apply} /> : null}
      </div>
    </div>
  );
}

const idOf = ({ kind, text }: Completion): string => `${kind} ${text}`;

function Suggestion({ completion }: { readonly completion: Completion & { readonly id: string } }) {
  const words = useWords();
  const { language } = usePreferences();
  return (
    <ListBoxItem id={completion.id} textValue={`${completion.text} ${completion.title[language]}`}>
      <code>{completion.text}</code>
      <span className="v quiet">{completion.title[language]}</span>
      <span className="k">{words.explore.kindName[completion.kind]}</span>
    </ListBoxItem>
  );
}

type Problem = NonNullable<ExploreCheck['problem']>;

function ProblemLine({ problem, onUse }: { readonly problem: Problem; readonly onUse: (filter: string) => void }) {
  const words = useWords();
  const { language } = usePreferences();
  const { suggestion } = problem;
  return (
    <p>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <path d="M6 1 11.500 11H.5zM6 4.500v3M6 9v.6" fill="none" stroke="currentColor" strokeWidth="1.300" />
      </svg>{' '}
      {words.explore.problemAt(problem.position + 1)}
      {problem.text[language]}{' '}
      {suggestion === null ? null : (
        <span className="soft">
          {words.explore.suggestion}{' '}
          <Button className="linklike mono" onPress={() => onUse(suggestion)}>
            {suggestion}
          </Button>
        </span>
      )}
    </p>
  );
}

/** Lies behind the field with the same text, unseen but for the line under the mistake; moves when the field scrolls. */
function Underline({
  text,
  problem,
  input,
}: {
  readonly text: string;
  readonly problem: Problem | undefined;
  readonly input: React.RefObject<HTMLInputElement | null>;
}) {
  const mirror = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const field = input.current;
    if (!field || !problem) return undefined;
    const follow = (): void => {
      if (mirror.current) mirror.current.scrollLeft = field.scrollLeft;
    };
    follow();
    field.addEventListener('scroll', follow);
    return () => field.removeEventListener('scroll', follow);
  }, [input, problem]);
  if (!problem) return null;
  const end = Math.max(problem.position + problem.length, problem.position + 1);
  return (
    <div className="filter-mirror mono" aria-hidden="true" ref={mirror}>
      {text.slice(0, problem.position)}
      <u>{text.slice(problem.position, end).padEnd(1, '\u00a0')}</u>
      {text.slice(end)}
    </div>
  );
}

interface Draft {
  readonly text: string;
  readonly caret: number;
  readonly isDone: boolean;
  readonly type: (text: string, caret: number) => void;
  readonly place: (caret: number) => void;
  readonly finish: (text: string) => void;
}

/** The text while it is typed; a filter set from outside (a click, the back button) replaces it. */
function useDraft(value: string, input: React.RefObject<HTMLInputElement | null>): Draft {
  const [state, setState] = useState({ text: value, caret: value.length, isDone: true });
  const [known, setKnown] = useState(value);
  if (value !== known) {
    setKnown(value);
    setState({ text: value, caret: value.length, isDone: true });
  }
  return {
    ...state,
    type: (text, caret) => setState({ text, caret, isDone: false }),
    place: (caret) => {
      if (document.activeElement === input.current) setState((before) => (before.caret === caret ? before : { ...before, caret }));
    },
    finish: (text) => setState((before) => ({ text, caret: before.caret, isDone: true })),
  };
}

/** Suggestions are asked for a moment after the last key. */
function useSettled(text: string, caret: number): { readonly text: string; readonly caret: number } {
  const [settled, setSettled] = useState({ text, caret });
  useEffect(() => {
    const timer = setTimeout(() => setSettled({ text, caret }), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text, caret]);
  return settled;
}

interface Known {
  readonly completions: readonly Completion[];
  readonly askedText: string;
}

/** The last answer, with the text it was for: an empty list between two keys would close and open the popover. */
function useLatest(completions: readonly Completion[] | undefined, askedText: string): Known {
  const [latest, setLatest] = useState<Known>({ completions: [], askedText });
  if (completions !== undefined && completions !== latest.completions) setLatest({ completions, askedText });
  return latest;
}

function useSlash(input: React.RefObject<HTMLInputElement | null>): void {
  const { hasKeys } = usePreferences();
  useEffect(() => {
    if (!hasKeys) return undefined;
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (event.key !== '/' || isTyping(event)) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [hasKeys, input]);
}
