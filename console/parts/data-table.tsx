/**
 * The table every list uses: a real table with a caption, the first meaningful column as
 * row header and link, J and K to move, and rows outside the window left out once there
 * are many. Headers sort only when every row is here; sorting half a list would lie.
 */
import { type ColumnDef, createSortedRowModel, rowSortingFeature, tableFeatures, useTable } from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { usePreferences, useWords } from '../preferences.tsx';
import { isTyping } from './keys.ts';

const ROW_PX = 36;
const VIRTUAL_FROM = 320;

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

/** The table library wants objects as rows; ours may be anything. */
interface Wrapped<T> {
  readonly value: T;
}

export interface Column<T> {
  readonly id: string;
  readonly head: string;
  readonly cell: (row: T) => ReactNode;
  readonly isRowHeader?: boolean;
  readonly isNumber?: boolean;
  readonly isQuiet?: boolean; // the head is for screen readers only
  readonly className?: string;
  readonly sortBy?: (row: T) => string | number;
}

interface DataTableProps<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  readonly total: number;
  readonly hasKeys?: boolean;
  readonly className?: string;
}

export function DataTable<T>({ caption, columns, rows, rowKey, total, hasKeys = false, className = '' }: DataTableProps<T>) {
  const words = useWords();
  const isComplete = rows.length >= total;
  const definitions = useMemo(() => columns.map((column) => toDefinition(column, isComplete)), [columns, isComplete]);
  const data = useMemo(() => rows.map((value): Wrapped<T> => ({ value })), [rows]);
  const table = useTable({ features, columns: definitions, data });
  const sorted = table.getRowModel().rows;
  const region = useRef<HTMLDivElement>(null);
  const { items, before, after, reveal } = useVisibleRows(sorted.length, region);
  useRowKeys(hasKeys, sorted.length, region, reveal);
  return (
    <div className="scroll" ref={region} tabIndex={0} role="region" aria-label={words.common.tableRegion(caption)}>
      <table className={className} aria-rowcount={total + 1}>
        <caption className="sr">{caption}</caption>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header, index) => {
                const column = columns[index];
                return column ? (
                  <HeadCell
                    key={header.id}
                    column={column}
                    sorted={header.column.getIsSorted()}
                    onSort={header.column.getCanSort() ? () => header.column.toggleSorting() : undefined}
                  />
                ) : null;
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          <Spacer height={before} columns={columns.length} />
          {items.map((index) => {
            const row = sorted[index];
            return row ? <Row key={rowKey(row.original.value)} row={row.original.value} columns={columns} index={index} /> : null;
          })}
          <Spacer height={after} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

function toDefinition<T>(column: Column<T>, isComplete: boolean): ColumnDef<typeof features, Wrapped<T>> {
  return {
    id: column.id,
    accessorFn: ({ value }: Wrapped<T>) => column.sortBy?.(value) ?? '',
    enableSorting: isComplete && column.sortBy !== undefined,
    sortFn: (a, b, id) => compare(a.getValue(id), b.getValue(id)),
  };
}

function compare(a: unknown, b: unknown): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
}

interface HeadCellProps<T> {
  readonly column: Column<T>;
  readonly sorted: false | 'asc' | 'desc';
  readonly onSort: (() => void) | undefined;
}

function HeadCell<T>({ column, sorted, onSort }: HeadCellProps<T>) {
  const words = useWords();
  const order = sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : undefined;
  const label = column.isQuiet ? <span className="sr">{column.head}</span> : column.head;
  return (
    <th scope="col" className={column.isNumber ? 'num' : undefined} {...(order ? { 'aria-sort': order } : {})}>
      {onSort ? (
        <Button className="sort" onPress={onSort} aria-label={words.common.sortBy(column.head)}>
          {label}
          <span aria-hidden="true">{sorted === 'asc' ? ' ↑' : sorted === 'desc' ? ' ↓' : ''}</span>
        </Button>
      ) : (
        label
      )}
    </th>
  );
}

function Row<T>({ row, columns, index }: { readonly row: T; readonly columns: readonly Column<T>[]; readonly index: number }) {
  return (
    <tr aria-rowindex={index + 2} data-row={index}>
      {columns.map((column) => {
        const className = [column.isNumber ? 'num' : '', column.className ?? ''].join(' ').trim() || undefined;
        return column.isRowHeader ? (
          <th key={column.id} scope="row" className={className}>
            {column.cell(row)}
          </th>
        ) : (
          <td key={column.id} className={className}>
            {column.cell(row)}
          </td>
        );
      })}
    </tr>
  );
}

const Spacer = ({ height, columns }: { readonly height: number; readonly columns: number }) =>
  height > 0 ? (
    <tr className="spacer" aria-hidden="true">
      <td colSpan={columns} style={{ height }} />
    </tr>
  ) : null;

interface VisibleRows {
  readonly items: readonly number[];
  readonly before: number;
  readonly after: number;
  readonly reveal: (index: number) => void;
}

/** Which rows to draw: all of a short list, those near the window of a long one. */
function useVisibleRows(count: number, region: React.RefObject<HTMLDivElement | null>): VisibleRows {
  const isVirtual = count > VIRTUAL_FROM;
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(() => {
    const top = region.current?.getBoundingClientRect().top;
    if (isVirtual && top !== undefined) setScrollMargin(Math.round(top + window.scrollY + ROW_PX));
  }, [isVirtual, region]);
  // oxlint-disable-next-line react/incompatible-library -- a note to the React compiler, which this project does not use
  const virtualizer = useWindowVirtualizer({ count: isVirtual ? count : 0, estimateSize: () => ROW_PX, overscan: 20, scrollMargin });
  const all = useMemo(() => Array.from({ length: isVirtual ? 0 : count }, (_, index) => index), [count, isVirtual]);
  if (!isVirtual) return { items: all, before: 0, after: 0, reveal: () => undefined };
  const visible = virtualizer.getVirtualItems();
  const first = visible[0];
  const last = visible.at(-1);
  return {
    items: visible.map((item) => item.index),
    before: first ? first.start - scrollMargin : 0,
    after: last ? virtualizer.getTotalSize() - (last.end - scrollMargin) : 0,
    reveal: (index) => virtualizer.scrollToIndex(index, { align: 'auto' }),
  };
}

/** J and K move the focus from row link to row link; Enter is the link's own. */
function useRowKeys(isOn: boolean, count: number, region: React.RefObject<HTMLDivElement | null>, reveal: (index: number) => void): void {
  const { hasKeys } = usePreferences();
  const revealNow = useRef(reveal);
  useEffect(() => {
    revealNow.current = reveal;
  });
  useEffect(() => {
    if (!isOn || !hasKeys) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if ((event.key !== 'j' && event.key !== 'k') || isTyping(event)) return;
      const current = Number(document.activeElement?.closest<HTMLElement>('tr[data-row]')?.dataset['row'] ?? -1);
      const next = Math.min(count - 1, Math.max(0, current + (event.key === 'j' ? 1 : -1)));
      const focus = (): boolean => focusRow(region.current, next);
      event.preventDefault();
      if (focus()) return;
      revealNow.current(next);
      requestAnimationFrame(() => requestAnimationFrame(focus));
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [isOn, hasKeys, count, region]);
}

function focusRow(region: HTMLElement | null, index: number): boolean {
  const link = region?.querySelector<HTMLElement>(`tr[data-row="${index}"] th a`);
  link?.focus();
  return link !== null && link !== undefined;
}
