/**
 * A grid of any number of rows: only those near its window are drawn, in a box of their
 * own that scrolls. One cell can be reached by Tab and the arrow keys move from there, as
 * in every grid; a cell opens what can be asked next.
 *
 * It has to answer at once with a hundred thousand rows behind it. All rows are equally
 * high, so which ones are seen is one division; they are drawn in blocks, so that most
 * scrolling draws nothing; widths are fixed, so that no cell is measured; and presses are
 * caught once, on the table.
 */
import { type KeyboardEvent, type MouseEvent, memo, type RefObject, useEffect, useRef, useState } from 'react';
import type { ExploreRows } from '../../../src/server/explore-contract.ts';
import { useFormat } from '../../format.ts';
import { type RowSizes, revealRow, Spacer, useRowWindow } from '../../parts/row-window.tsx';
import { type Language, usePreferences, useWords } from '../../preferences.tsx';
import type { PivotTarget } from './pivot-menu.tsx';
import { isNumberType, ValueMark, valueText } from './values.tsx';

const ROW_PX = 30;
const BOX_PX = 560;
const SCROLLBAR_PX = 18;
const SIZES: RowSizes = { rowPx: ROW_PX, seen: Math.ceil(BOX_PX / ROW_PX) };
const NEAR_END = 120;
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
  const { language } = usePreferences();
  const box = useRef<HTMLDivElement>(null);
  const { start, end } = useRowWindow(box, rows.length, SIZES);
  useEffect(() => {
    if (end >= rows.length - NEAR_END) onNearEnd();
  }, [end, rows.length, onNearEnd]);
  const { active, onKeyDown, onFocus } = useGridKeys(box, rows.length, columns.length);
  const openAt = (event: MouseEvent | KeyboardEvent): void => {
    const element = (event.target as HTMLElement).closest<HTMLElement>('td[data-column]');
    const place = element ? placeOf(element) : undefined;
    const row = rows[place?.row ?? -1];
    const column = columns[place?.column ?? -1];
    if (element && row && column) onPivot({ element, field: column.id, value: row[column.id] ?? '', row });
  };
  return (
    <div className="rows-box" ref={box} style={{ height: Math.min(BOX_PX, (rows.length + 1) * ROW_PX + SCROLLBAR_PX) }}>
      <table
        role="grid"
        aria-label={words.explore.rowsTable}
        aria-rowcount={isComplete ? rows.length + 1 : -1}
        aria-colcount={columns.length}
        aria-busy={isReading}
        onClick={openAt}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return onKeyDown(event);
          event.preventDefault();
          openAt(event);
        }}
        onFocus={onFocus}
        style={{ width: columns.reduce((sum, column) => sum + widthOf(column, language), 0) }}
      >
        <colgroup>
          {columns.map((column) => (
            <col key={column.id} style={{ width: widthOf(column, language) }} />
          ))}
        </colgroup>
        <thead>
          <HeadRow columns={columns} />
        </thead>
        <tbody>
          {start > 0 ? <Spacer px={start * ROW_PX} columns={columns.length} /> : null}
          {rows.slice(start, end).map((row, offset) => {
            const index = start + offset;
            return <GridRow key={index} row={row} index={index} columns={columns} active={active.row === index ? active.column : -1} />;
          })}
          {end < rows.length ? <Spacer px={(rows.length - end) * ROW_PX} columns={columns.length} /> : null}
        </tbody>
      </table>
    </div>
  );
}

const WIDTHS: Readonly<Record<string, number>> = {
  time: 146,
  address: 128,
  class: 118,
  country: 82,
  protocol: 72,
  mark: 112,
  name: 84,
  flags: 76,
};
const NUMBER_PX = 64;
const JAPANESE_PX = 12.5;
const LATIN_PX = 6.9;
const PADDING_PX = 20;

/** Wide enough for its head and for what the type usually holds; longer values end in an ellipsis and are whole in the menu. */
function widthOf(column: Column, language: Language): number {
  const unit = hasUnit(column) ? `（${column.unit?.[language]}）` : '';
  const head = (column.title[language] + unit).length * (language === 'ja' ? JAPANESE_PX : LATIN_PX);
  return Math.ceil(Math.max(WIDTHS[column.type] ?? NUMBER_PX, head + PADDING_PX));
}

/** Where the head does not say it already. */
const hasUnit = ({ id, unit }: Column): boolean => unit !== null && id !== 'packets' && id !== 'bytes';

const HeadRow = memo(function HeadRow({ columns }: { readonly columns: readonly Column[] }) {
  const { language } = usePreferences();
  const words = useWords();
  return (
    <tr aria-rowindex={1}>
      {columns.map((column) => (
        <th key={column.id} scope="col" className={isNumberType(column.type) ? 'num' : undefined}>
          {column.title[language]}
          {column.unit && hasUnit(column) ? <span className="unit">{words.common.bracket(column.unit[language])}</span> : null}
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
    <tr aria-rowindex={index + 2} data-row={index}>
      {columns.map((column, place) => {
        const value = row[column.id] ?? '';
        return (
          <td
            key={column.id}
            role="gridcell"
            className={isNumberType(column.type) ? 'num' : undefined}
            tabIndex={place === active ? 0 : -1}
            data-column={place}
            aria-haspopup="menu"
          >
            <ValueMark field={column.id} value={value} />
            {valueText(column.id, value, words, format)}
          </td>
        );
      })}
    </tr>
  );
});

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

function useGridKeys(box: RefObject<HTMLDivElement | null>, rows: number, columns: number): GridKeys {
  const [active, setActive] = useState<Place>({ row: 0, column: 0 });
  return {
    active: { row: Math.min(active.row, rows - 1), column: Math.min(active.column, columns - 1) },
    onFocus: (event) => {
      const place = placeOf(event.target);
      if (place && (place.row !== active.row || place.column !== active.column)) setActive(place);
    },
    onKeyDown: (event) => {
      const next = moveBy(event, active, rows, columns);
      if (!next || !box.current) return;
      event.preventDefault();
      const node = box.current;
      setActive(next);
      revealRow(node, next.row, ROW_PX);
      const focus = (tries: number): void => {
        if (!focusCell(node, next) && tries > 0) requestAnimationFrame(() => focus(tries - 1));
      };
      requestAnimationFrame(() => focus(3));
    },
  };
}

function focusCell(box: HTMLElement, { row, column }: Place): boolean {
  const cell = box.querySelector<HTMLElement>(`tr[data-row="${row}"] td[data-column="${column}"]`);
  cell?.focus({ preventScroll: true });
  cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  return cell !== null;
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
