/** Of a long table only the rows near what is seen are drawn; the rest are two empty rows of their height. */
import { type RefObject, useEffect, useState } from 'react';

/** Rows come and go in blocks, so that not every pixel of scrolling draws anew. */
const BLOCK = 8;

export interface RowSizes {
  readonly rowPx: number;
  /** Rows that fit into the box. */
  readonly seen: number;
}

export function useRowWindow(
  box: RefObject<HTMLDivElement | null>,
  count: number,
  { rowPx, seen }: RowSizes,
): { readonly start: number; readonly end: number } {
  const [block, setBlock] = useState(0);
  useEffect(() => {
    const node = box.current;
    if (!node) return undefined;
    const follow = (): void => setBlock(Math.floor(node.scrollTop / rowPx / BLOCK));
    node.addEventListener('scroll', follow, { passive: true });
    return () => node.removeEventListener('scroll', follow);
  }, [box, rowPx]);
  const start = Math.max(0, Math.min((block - 1) * BLOCK, count - seen));
  return { start, end: Math.min(count, Math.max(start, (block + 2) * BLOCK + seen)) };
}

/** Scrolls no further than it must; the head covers one row. */
export function revealRow(box: HTMLElement, row: number, rowPx: number): void {
  const top = row * rowPx;
  const room = box.clientHeight - 2 * rowPx;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top > box.scrollTop + room) box.scrollTop = top - room;
}

export const Spacer = ({ px, columns }: { readonly px: number; readonly columns: number }) => (
  <tr aria-hidden="true" className="spacer">
    <td colSpan={columns} style={{ height: px }} />
  </tr>
);
