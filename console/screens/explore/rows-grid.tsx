/**
 * A grid of any number of rows: only those near its window are drawn, in a box of their
 * own that scrolls. One cell can be reached by Tab and the arrow keys move from there, as
 * in every grid; a cell is a button that opens what can be asked next.
 *
 * Presses are caught once, on the table: a handler and a menu per cell would cost more
 * than the cells themselves.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type MouseEvent, memo, useEffect, useRef, useState } from 'react';
import type { ExploreRows } from '../../../src/server/explore-contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { usePreferences, useWords } from '../../preferences.tsx';
import type { Words } from '../../words/ja.ts';
import type { PivotTarget } from './pivot-menu.tsx';
import { isNumberType, ValueMark, valueText } from './values.tsx';

const ROW_PX = 30;
const OVERSCAN = 8;
const NEAR_END = 200;
const PAGE_ROWS = 14;

type Column = ExploreRows['columns'][number];
type Row = ExploreRows['rows'][number];
interface Place {
  readonly row: number;
  readonly column: number;
}

interface RowsGridProps {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly isComplete: boolean;
  readonly isReading: boolean;
  readonly onNearEnd: () => void;
  readonly onPivot: (target: PivotTarget) => void;
}

export function RowsGrid({ columns, rows, isComplete, isReading, onNearEnd, onPivot }: RowsGridProps) {
  const words = useWords();
  const box = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- a note to the React compiler, which this project does not use
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollPaddingStart: ROW_PX,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - NEAR_END) onNearEnd();
  }, [last, rows.length, onNearEnd]);
  const { active, onKeyDown, onFocus } = useGridKeys(box, rows.length, columns.length, (row) =>
    virtualizer.scrollToIndex(row, { align: 'auto' }),
  );
  const onClick = (event: MouseEvent): void => {
    const element = (event.target as HTMLElement).closest<HTMLElement>('button.value');
    const place = element ? placeOf(element) : undefined;
    const row = rows[place?.row ?? -1];
    const column = columns[place?.column ?? -1];
    if (element && row && column) onPivot({ element, field: column.id, value: row[column.id] ?? '', row });
  };
  const before = items[0]?.start ?? 0;
  const after = Math.max(0, virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0));
  return (
    <div className="rows-box" ref={box}>
      <table
        role="grid"
        aria-label={words.explore.rowsTable}
        aria-rowcount={isComplete ? rows.length + 1 : -1}
        aria-colcount={columns.length}
        aria-busy={isReading}
        onClick={onClick}
        onKeyDown={onKeyDown}
        onFocus={onFocus}
      >
        <thead>
          <HeadRow columns={columns} />
        </thead>
        <tbody>
          {before > 0 ? <Spacer height={before} columns={columns.length} /> : null}
          {items.map(({ index }) => {
            const row = rows[index];
            return row ? (
              <GridRow key={index} row={row} index={index} columns={columns} active={active.row === index ? active.column : -1} />
            ) : null;
          })}
          {after > 0 ? <Spacer height={after} columns={columns.length} /> : null}
        </tbody>
      </table>
    </div>
  );
}

const HeadRow = memo(function HeadRow({ columns }: { readonly columns: readonly Column[] }) {
  const { language } = usePreferences();
  const words = useWords();
  return (
    <tr aria-rowindex={1}>
      {columns.map((column) => (
        <th key={column.id} scope="col" className={isNumberType(column.type) ? 'num' : undefined}>
          {column.title[language]}
          {column.unit && column.id !== 'packets' ? <span className="unit">{words.common.bracket(column.unit[language])}</span> : null}
        </th>
      ))}
    </tr>
  );
});

interface GridRowProps {
  readonly row: Row;
  readonly index: number;
  readonly columns: readonly Column[];
  readonly active: number;
}

const GridRow = memo(function GridRow({ row, index, columns, active }: GridRowProps) {
  const words = useWords();
  const format = useFormat();
  return (
    <tr aria-rowindex={index + 2} data-row={index} className={active >= 0 ? 'at' : undefined}>
      {columns.map((column, place) => (
        <td key={column.id} className={isNumberType(column.type) ? 'num' : undefined}>
          <Cell column={column} row={row} place={place} isActive={place === active} words={words} format={format} />
        </td>
      ))}
    </tr>
  );
});

interface CellProps {
  readonly column: Column;
  readonly row: Row;
  readonly place: number;
  readonly isActive: boolean;
  readonly words: Words;
  readonly format: Format;
}

function Cell({ column, row, place, isActive, words, format }: CellProps) {
  const value = row[column.id] ?? '';
  return (
    <button type="button" className="value" tabIndex={isActive ? 0 : -1} data-column={place} aria-haspopup="menu">
      <ValueMark field={column.id} value={value} />
      <span className="v">{valueText(column.id, value, words, format)}</span>
    </button>
  );
}

const Spacer = ({ height, columns }: { readonly height: number; readonly columns: number }) => (
  <tr aria-hidden="true" className="spacer">
    <td colSpan={columns} style={{ height }} />
  </tr>
);

function placeOf(element: HTMLElement): Place | undefined {
  const row = element.closest<HTMLElement>('tr[data-row]')?.dataset['row'];
  const column = element.dataset['column'];
  return row === undefined || column === undefined ? undefined : { row: Number(row), column: Number(column) };
}

interface GridKeys {
  readonly active: Place;
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  readonly onFocus: (event: React.FocusEvent<HTMLElement>) => void;
}

function useGridKeys(box: React.RefObject<HTMLDivElement | null>, rows: number, columns: number, reveal: (row: number) => void): GridKeys {
  const [active, setActive] = useState<Place>({ row: 0, column: 0 });
  const focus = (place: Place): boolean => {
    const cell = box.current?.querySelector<HTMLElement>(`tr[data-row="${place.row}"] button[data-column="${place.column}"]`);
    cell?.focus({ preventScroll: true });
    cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    return cell != null;
  };
  return {
    active: { row: Math.min(active.row, rows - 1), column: Math.min(active.column, columns - 1) },
    onFocus: (event) => {
      const place = placeOf(event.target);
      if (place && (place.row !== active.row || place.column !== active.column)) setActive(place);
    },
    onKeyDown: (event) => {
      const next = moveBy(event, active, rows, columns);
      if (!next) return;
      event.preventDefault();
      setActive(next);
      reveal(next.row);
      requestAnimationFrame(() => focus(next) || requestAnimationFrame(() => focus(next)));
    },
  };
}

function moveBy(event: KeyboardEvent, { row, column }: Place, rows: number, columns: number): Place | undefined {
  const isFar = event.ctrlKey || event.metaKey;
  const moves: Readonly<Record<string, Place>> = {
    ArrowUp: { row: row - 1, column },
    ArrowDown: { row: row + 1, column },
    ArrowLeft: { row, column: column - 1 },
    ArrowRight: { row, column: column + 1 },
    Home: { row: isFar ? 0 : row, column: 0 },
    End: { row: isFar ? rows - 1 : row, column: columns - 1 },
    PageUp: { row: row - PAGE_ROWS, column },
    PageDown: { row: row + PAGE_ROWS, column },
  };
  const next = moves[event.key];
  if (!next) return undefined;
  return { row: Math.max(0, Math.min(rows - 1, next.row)), column: Math.max(0, Math.min(columns - 1, next.column)) };
}
