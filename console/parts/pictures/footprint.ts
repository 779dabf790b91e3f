/**
 * A scanner's footprint: one row per port, one column per step of time, the more packets
 * the fuller the cell. The eye sees at once whether it walks through ports one after the
 * other, tries a few for days, or takes all in one sweep.
 */
import type { FindingPicture } from '../../../src/server/explanation-contract.ts';
import type { Drawing, PictureTable, PictureWords, Shape } from './drawing.ts';
import { type Frame, frameOf, gapShapes, type Size, timeAxis } from './frame.ts';

/** Room of a port's name, and of the bar that sums a row up. */
const NAMES_PX = 92;
const LEAST_WEIGHT = 0.25;

interface PortRow {
  readonly name: string;
  readonly place: number; // -1: all others
  readonly packets: number;
}

function rowsOf(picture: FindingPicture, words: PictureWords): PortRow[] {
  const rows: PortRow[] = picture.ports.map(({ name, packets }, place) => ({ name, place, packets }));
  const others = picture.distinctPorts - picture.ports.length;
  const packets = picture.cells.reduce((sum, cell) => (cell.port < 0 ? sum + cell.packets : sum), 0);
  return others > 0 ? [...rows, { name: words.otherPorts, place: -1, packets }] : rows;
}

export function drawFootprint(picture: FindingPicture, { width }: Size, words: PictureWords, alt: string): Drawing {
  const rows = rowsOf(picture, words);
  const height = heightOfFootprint(picture);
  const frame = frameOf({ width, height }, picture, NAMES_PX);
  const rowHeight = (frame.bottom - frame.top) / Math.max(1, rows.length);
  const names = rows.map((row, index): Shape => {
    const y = frame.top + (index + 0.5) * rowHeight + 4;
    return { kind: 'text', x: frame.left - 8, y, text: row.name, anchor: 'end', role: row.place < 0 ? 'label' : 'strong' };
  });
  const cells = cellShapes(picture, rows, frame, rowHeight, words);
  return { width, height, alt, shapes: [...timeAxis(frame, picture, words), ...names, ...gapShapes(frame, picture.gaps, words), ...cells] };
}

/** Rows keep their height, so the picture grows with their number. */
export const heightOfFootprint = (picture: FindingPicture): number =>
  54 + 22 * Math.max(3, picture.ports.length + (picture.distinctPorts > picture.ports.length ? 1 : 0));

function cellShapes(picture: FindingPicture, rows: readonly PortRow[], frame: Frame, rowHeight: number, words: PictureWords): Shape[] {
  const stepMs = picture.stepSeconds * 1000;
  const greatest = Math.log1p(Math.max(1, ...picture.cells.map(({ packets }) => packets)));
  const place = new Map(rows.map((row, index) => [row.place, index]));
  return picture.cells.flatMap(({ step, port, packets }): Shape[] => {
    const row = place.get(port);
    if (row === undefined) return [];
    const at = picture.from + step * stepMs;
    const x = frame.x(at);
    const name = rows[row]?.name ?? '';
    return [
      {
        kind: 'rect',
        x,
        y: frame.top + row * rowHeight + 2,
        width: Math.max(2.5, frame.x(at + stepMs) - x - 0.5),
        height: rowHeight - 4,
        role: port < 0 ? 'other' : 'mark',
        weight: LEAST_WEIGHT + (1 - LEAST_WEIGHT) * (Math.log1p(packets) / greatest),
        says: `${words.full(at)} ${name}: ${words.count(packets)}`,
      },
    ];
  });
}

/** Ports with what they got and when, since nobody reads a table of some thousand cells. */
export function footprintTable(picture: FindingPicture, words: PictureWords): PictureTable {
  const stepMs = picture.stepSeconds * 1000;
  const rows = rowsOf(picture, words).map(({ name, place, packets }) => {
    const steps = picture.cells.filter((cell) => cell.port === place);
    const [first, last] = [steps[0], steps.at(-1)];
    const times =
      first && last ? [words.full(picture.from + first.step * stepMs), words.full(picture.from + last.step * stepMs)] : ['–', '–'];
    return [name, words.count(packets), ...times];
  });
  return { head: [words.port, words.packets, words.first, words.last], rows };
}
