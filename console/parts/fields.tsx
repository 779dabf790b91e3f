/** Controls of filter rows and dialogs: a search field, a drop-down, segments. */
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import {
  Button,
  Input,
  ListBox,
  ListBoxItem,
  Popover,
  SearchField,
  Select,
  SelectValue,
  ToggleButton,
  ToggleButtonGroup,
} from 'react-aria-components';
import { usePreferences } from '../preferences.tsx';
import { isTyping } from './keys.ts';

const SETTLE_MS = 250;
const ALL = 'all';

interface FilterFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onSettle: (value: string) => void;
}

/** Text that filters as one types, a moment after the last key; "/" comes here from anywhere on the screen. */
export function FilterField({ label, value, onSettle }: FilterFieldProps) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  const [sent, setSent] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const settle = useRef(onSettle);
  if (value !== known) {
    setKnown(value);
    if (value !== sent) setText(value); // changed from outside, by the back button for example
  }
  useEffect(() => {
    settle.current = onSettle;
  });
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => {
      setSent(text);
      settle.current(text);
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  useSlashKey(input);
  return (
    <SearchField className="q" aria-label={label} value={text} onChange={setText}>
      <Input className="input" placeholder={label} ref={input} />
      <kbd aria-hidden="true">/</kbd>
    </SearchField>
  );
}

function useSlashKey(input: RefObject<HTMLInputElement | null>): void {
  const { hasKeys } = usePreferences();
  useEffect(() => {
    if (!hasKeys) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== '/' || isTyping(event)) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [hasKeys, input]);
}

export interface Option {
  readonly id: string;
  readonly title: string;
}

interface PickProps {
  readonly label: string;
  readonly all: string;
  readonly options: readonly Option[];
  readonly value: string | undefined;
  readonly onPick: (value: string | undefined) => void;
}

export function Pick({ label, all, options, value, onPick }: PickProps) {
  return (
    <Select
      className="pick-box"
      aria-label={label}
      value={value ?? ALL}
      onChange={(key) => onPick(key === ALL || key === null ? undefined : String(key))}
    >
      <Button className="pick">
        {/* Read as "value, label": seen the other way round, so that what is said contains what is seen. */}
        {value === undefined ? (
          <SelectValue className="sr" />
        ) : (
          <b>
            <SelectValue />
          </b>
        )}
        <span className="pick-label" aria-hidden="true">
          {label}
        </span>
        <span aria-hidden="true">▾</span>
      </Button>
      <Popover className="popover" placement="bottom start">
        <ListBox className="options" items={[{ id: ALL, title: all }, ...options]}>
          {(option: Option) => (
            <ListBoxItem id={option.id} textValue={option.title}>
              <span className="v">{option.title}</span>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}

interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly id: T; readonly title: ReactNode; readonly lang?: string }[];
  readonly onPick: (value: T) => void;
}

/** A few choices side by side, exactly one of them on. */
export function Segments<T extends string>({ label, value, options, onPick }: SegmentsProps<T>) {
  return (
    <ToggleButtonGroup
      className="seg"
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={(keys) => {
        const [key] = [...keys];
        const picked = options.find((option) => option.id === key);
        if (picked) onPick(picked.id);
      }}
    >
      {options.map((option) => (
        <ToggleButton key={option.id} id={option.id} {...(option.lang ? { lang: option.lang } : {})}>
          {option.title}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
