/**
 * The list of findings, of any length: rows are asked for by their place and only those
 * near the window are drawn, so that it answers at once with a hundred thousand of them.
 *
 * One row can be reached by Tab; J and K move from there, X selects, Enter opens. A row
 * that is still on its way keeps its place.
 */
import { useQueries } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { memo, type RefObject, useEffect, useRef, useState } from 'react';
import type { FindingStretch, ListedFinding } from '../../../src/server/finding-contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { portText } from '../../parts/evidence-tree.tsx';
import { Strikes } from '../../parts/icons.tsx';
import { isTyping } from '../../parts/keys.ts';
import { type RowSizes, revealRow, Spacer, useRowWindow } from '../../parts/row-window.tsx';
import { type Language, usePreferences, useWords, wordFor } from '../../preferences.tsx';
import type { Words } from '../../words/ja.ts';
import { type ListFilter, STRETCH, stretchQuery } from './queries.ts';

const ROW_PX = 36;
const BOX_PX = 720;
const SEEN = Math.ceil(BOX_PX / ROW_PX);
const SIZES: RowSizes = { rowPx: ROW_PX, seen: SEEN };

export type Selection = ReadonlyMap<string, ListedFinding>;

interface GridProps {
  readonly filter: ListFilter;
  readonly order: string | undefined;
  readonly total: number;
  readonly selection: Selection;
  readonly onSelect: (change: (before: Selection) => Selection) => void;
}

export function FindingGrid({ filter, order, total, selection, onSelect }: GridProps) {
  const words = useWords();
  const box = useRef<HTMLDivElement>(null);
  const { start, end } = useRowWindow(box, total, SIZES);
  const rowAt = useRows(filter, order, start, end);
  const active = useKeys({ box, total, rowAt, onSelect });
  return (
    <div className="finding-box" ref={box} style={{ height: Math.min(BOX_PX, (total + 1) * ROW_PX + 2) }}>
      <table role="grid" aria-label={words.judgement.grid} aria-rowcount={total + 1} aria-multiselectable="true">
        <HeadRow />
        <tbody>
          {start > 0 ? <Spacer px={start * ROW_PX} columns={COLUMNS} /> : null}
          {Array.from({ length: end - start }, (_, offset) => {
            const index = start + offset;
            const row = rowAt(index);
            return (
              <Row
                key={index}
                index={index}
                row={row}
                isActive={active.index === index}
                isSelected={row !== undefined && selection.has(row.fingerprint)}
                onToggle={active.toggle}
                onFocus={active.set}
              />
            );
          })}
          {end < total ? <Spacer px={(total - end) * ROW_PX} columns={COLUMNS} /> : null}
        </tbody>
      </table>
    </div>
  );
}

type RowAt = (index: number) => ListedFinding | undefined;

/** The stretches that the window touches, and what is in them. */
function useRows(filter: ListFilter, order: string | undefined, start: number, end: number): RowAt {
  const first = Math.floor(start / STRETCH);
  const count = Math.max(0, Math.floor((Math.max(end, 1) - 1) / STRETCH) - first + 1);
  const stretches = useQueries({
    queries: Array.from({ length: count }, (_, i) => stretchQuery(filter, order, first + i)),
    combine: toStretches,
  });
  return (index) => stretches[Math.floor(index / STRETCH) - first]?.rows[index % STRETCH];
}

const toStretches = (results: readonly { readonly data: FindingStretch | undefined }[]): (FindingStretch | undefined)[] =>
  results.map(({ data }) => data);

interface Keys {
  readonly index: number;
  readonly set: (index: number) => void;
  readonly toggle: (index: number, isRange: boolean) => void;
}

interface KeysOf {
  readonly box: RefObject<HTMLDivElement | null>;
  readonly total: number;
  readonly rowAt: RowAt;
  readonly onSelect: GridProps['onSelect'];
}

function useKeys({ box, total, rowAt, onSelect }: KeysOf): Keys {
  const { hasKeys } = usePreferences();
  const navigate = useNavigate();
  const [active, setActive] = useState(0);
  const last = useRef<number | null>(null);
  const index = Math.min(active, Math.max(0, total - 1));
  const now = useRef({ index, total, rowAt, onSelect });
  useEffect(() => {
    now.current = { index, total, rowAt, onSelect };
  });
  const [acts] = useState(() => {
    const toggle = (at: number, isRange: boolean): void => {
      const from = isRange && last.current !== null ? last.current : at;
      last.current = at;
      const rows = rowsBetween(now.current.rowAt, from, at);
      now.current.onSelect((before) => toggled(before, rows, isRange));
    };
    const move = (to: number): void => {
      const next = Math.max(0, Math.min(now.current.total - 1, to));
      setActive(next);
      focusRow(box, next);
    };
    return { toggle, move };
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isTyping(event)) return;
      const isHere = box.current?.contains(document.activeElement) ?? false;
      const { index: at } = now.current;
      const act = hasKeys ? letterAct(event, at, isHere, acts) : undefined;
      const chosen =
        act ??
        (isHere
          ? gridAct(event, at, now.current, acts, (fingerprint) => void navigate({ to: '/findings/$fingerprint', params: { fingerprint } }))
          : undefined);
      if (!chosen) return;
      event.preventDefault();
      chosen();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [box, hasKeys, acts, navigate]);
  return { index, set: setActive, toggle: acts.toggle };
}

interface Acts {
  readonly toggle: (at: number, isRange: boolean) => void;
  readonly move: (to: number) => void;
}

/** Letters work from anywhere on the screen; the first J comes to the first row. */
function letterAct(event: KeyboardEvent, at: number, isHere: boolean, { move, toggle }: Acts): (() => void) | undefined {
  const key = event.key.toLowerCase();
  if (key === 'j') return () => move(isHere ? at + 1 : at);
  if (key === 'k') return () => move(isHere ? at - 1 : at);
  return key === 'x' ? () => toggle(at, event.shiftKey) : undefined;
}

function gridAct(
  event: KeyboardEvent,
  at: number,
  { rowAt, total }: Pick<KeysOf, 'rowAt' | 'total'>,
  { move, toggle }: Acts,
  open: (fingerprint: string) => void,
): (() => void) | undefined {
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + SEEN - 2,
    PageUp: at - SEEN + 2,
    Home: 0,
    End: total - 1,
  };
  const to = moves[event.key];
  if (to !== undefined) return () => move(to);
  const isLink = event.target instanceof HTMLElement && event.target.tagName === 'A';
  const row = rowAt(at);
  if (event.key === 'Enter' && row && !isLink) return () => open(row.fingerprint);
  return event.key === ' ' ? () => toggle(at, false) : undefined;
}

function rowsBetween(rowAt: RowAt, from: number, to: number): ListedFinding[] {
  const [first, last] = [Math.min(from, to), Math.max(from, to)];
  return Array.from({ length: last - first + 1 }, (_, i) => rowAt(first + i)).filter((row) => row !== undefined);
}

function toggled(before: Selection, rows: readonly ListedFinding[], isRange: boolean): Selection {
  const after = new Map(before);
  for (const row of rows) {
    if (!isRange && after.has(row.fingerprint)) after.delete(row.fingerprint);
    else after.set(row.fingerprint, row);
  }
  return after;
}

const TRIES = 8;

/** Scrolls no further than it must, then waits for the row to be drawn. */
function focusRow(box: RefObject<HTMLDivElement | null>, index: number): void {
  const node = box.current;
  if (!node) return;
  revealRow(node, index, ROW_PX);
  const focus = (tries: number): void => {
    const row = node.querySelector<HTMLElement>(`tr[data-row="${index}"]`);
    if (row) row.focus({ preventScroll: true });
    else if (tries > 0) requestAnimationFrame(() => focus(tries - 1));
  };
  focus(TRIES);
}

const HeadRow = memo(function HeadRow() {
  const words = useWords();
  const heads = [
    ['f-sel', words.judgement.keysSelect],
    ['f-sev', words.findings.severity],
    ['f-kind', words.findings.kind],
    ['f-asset', words.findings.asset],
    ['f-port', words.findings.port],
    ['f-who', words.findings.constituent],
    ['f-state', words.findings.state],
    ['f-last num', words.findings.last],
    ['f-count num', words.findings.count],
  ] as const;
  return (
    <thead>
      <tr aria-rowindex={1}>
        {heads.map(([className, head]) => (
          <th key={head} scope="col" className={className}>
            {className === 'f-sel' ? <span className="sr">{head}</span> : head}
          </th>
        ))}
      </tr>
    </thead>
  );
});

const COLUMNS = 9;

interface RowProps {
  readonly index: number;
  readonly row: ListedFinding | undefined;
  readonly isActive: boolean;
  readonly isSelected: boolean;
  readonly onToggle: (index: number, isRange: boolean) => void;
  readonly onFocus: (index: number) => void;
}

const Row = memo(function Row({ index, row, isActive, isSelected, onToggle, onFocus }: RowProps) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  return (
    <tr
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      data-row={index}
      tabIndex={isActive ? 0 : -1}
      onFocus={() => onFocus(index)}
      className={isSelected ? 'chosen' : undefined}
    >
      {row ? (
        <Cells
          row={row}
          isSelected={isSelected}
          onToggle={(isRange) => onToggle(index, isRange)}
          words={words}
          format={format}
          language={language}
        />
      ) : (
        <td colSpan={COLUMNS} className="quiet">
          {words.judgement.rowLoading}
        </td>
      )}
    </tr>
  );
});

interface CellsProps {
  readonly row: ListedFinding;
  readonly isSelected: boolean;
  readonly onToggle: (isRange: boolean) => void;
  readonly words: Words;
  readonly format: Format;
  readonly language: Language;
}

function Cells({ row, isSelected, onToggle, words, format, language }: CellsProps) {
  const name = `${row.kindTitle[language]} ${row.asset.value}`;
  return (
    <>
      <td className="f-sel">
        <button
          type="button"
          role="checkbox"
          aria-checked={isSelected}
          aria-label={words.judgement.select(name)}
          tabIndex={-1}
          onClick={(event) => onToggle(event.shiftKey)}
        >
          <span className="box" aria-hidden="true" />
        </button>
      </td>
      <td className="f-sev">
        <Strikes severity={row.severity} />
      </td>
      <th scope="row" className="f-kind">
        <Link to="/findings/$fingerprint" params={{ fingerprint: row.fingerprint }} tabIndex={-1} preload={false}>
          {row.kindTitle[language]}
        </Link>{' '}
        <span className="quiet">{row.identifier}</span>
      </th>
      <td className="f-asset" title={row.asset.value}>
        {row.asset.value}
      </td>
      <td className="f-port">{portText(row) || words.common.none}</td>
      <td className="f-who">{row.constituentName?.[language] ?? <span className="quiet">{words.common.noOwner}</span>}</td>
      <td className="f-state">{wordFor(words.findingState, row.state)}</td>
      <td className="f-last num">{format.dateTime(row.lastSeenAt)}</td>
      <td className="f-count num">{format.count(row.count)}</td>
    </>
  );
}
