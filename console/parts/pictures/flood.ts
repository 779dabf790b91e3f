/**
 * A flood's curve: the busiest minute of every step, over the stretches that the rule
 * counts as one attack. Between steps without answers the line falls to zero; in a gap it
 * is broken, because nobody knows.
 */
import type { FindingPicture } from '../../../src/server/explanation-contract.ts';
import type { Drawing, PictureTable, PictureWords, Shape } from './drawing.ts';
import { type Frame, frameOf, gapShapes, type Size, type Span, timeAxis, valueAxis } from './frame.ts';

const AXIS_PX = 56;

export function drawFlood(picture: FindingPicture, size: Size, words: PictureWords, alt: string): Drawing {
  const frame = frameOf(size, picture, AXIS_PX);
  const axis = valueAxis(frame, Math.max(1, ...picture.steps.map(({ busiestMinute }) => busiestMinute)), words);
  const busiest = picture.steps.toSorted((a, b) => b.busiestMinute - a.busiestMinute)[0];
  return {
    ...size,
    alt,
    shapes: [
      ...attackShapes(frame, picture.intervals, words),
      ...axis.shapes,
      ...timeAxis(frame, picture, words),
      ...gapShapes(frame, picture.gaps, words),
      { kind: 'path', d: curve(picture, frame, axis.y), role: 'mark' },
      ...(busiest ? peakShapes(picture, busiest, frame, axis.y, words) : []),
    ],
  };
}

/** Named stretches of the attack lie behind the curve. */
function attackShapes(frame: Frame, intervals: readonly Span[], words: PictureWords): Shape[] {
  return intervals.map(({ from, to }): Shape => {
    const [x, end] = [Math.max(frame.left, frame.x(from)), Math.min(frame.right, frame.x(to))];
    const says = `${words.attack} ${words.full(from)} – ${words.full(to)}`;
    return { kind: 'rect', x, y: frame.top, width: Math.max(2, end - x), height: frame.bottom - frame.top, role: 'span', says };
  });
}

/** Steps as they are, flat on top: no slope that was not observed. */
function curve(picture: FindingPicture, frame: Frame, y: (value: number) => number): string {
  const stepMs = picture.stepSeconds * 1000;
  const values = new Map(picture.steps.map(({ step, busiestMinute }) => [step, busiestMinute]));
  const steps = Math.ceil((picture.to - picture.from) / stepMs);
  const parts: string[] = [];
  let isOpen = false;
  for (let step = 0; step < steps; step++) {
    const [from, to] = [picture.from + step * stepMs, Math.min(picture.to, picture.from + (step + 1) * stepMs)];
    const isSilent = !values.has(step) && picture.gaps.some((gap) => gap.from < to && gap.to > from);
    if (isSilent) {
      isOpen = false;
      continue;
    }
    const height = y(values.get(step) ?? 0).toFixed(1);
    parts.push(`${isOpen ? 'L' : 'M'}${frame.x(from).toFixed(1)} ${height}L${frame.x(to).toFixed(1)} ${height}`);
    isOpen = true;
  }
  return parts.join('');
}

function peakShapes(
  picture: FindingPicture,
  busiest: FindingPicture['steps'][number],
  frame: Frame,
  y: (value: number) => number,
  words: PictureWords,
): Shape[] {
  const at = picture.from + (busiest.step + 0.5) * picture.stepSeconds * 1000;
  const isLate = frame.x(at) > frame.right - 160;
  return [
    { kind: 'dot', x: frame.x(at), y: y(busiest.busiestMinute), radius: 4, role: 'accent', isRing: true },
    {
      kind: 'text',
      x: frame.x(at) + (isLate ? -9 : 9),
      y: y(busiest.busiestMinute) + 4,
      text: `${words.busiest} ${words.count(busiest.busiestMinute)}`,
      anchor: isLate ? 'end' : 'start',
      role: 'strong',
    },
  ];
}

export function floodTable(picture: FindingPicture, words: PictureWords): PictureTable {
  const stepMs = picture.stepSeconds * 1000;
  return {
    head: [words.time, words.perMinute, words.packets],
    rows: picture.steps.map(({ step, busiestMinute, packets }) => [
      words.full(picture.from + step * stepMs),
      words.count(busiestMinute),
      words.count(packets),
    ]),
  };
}
