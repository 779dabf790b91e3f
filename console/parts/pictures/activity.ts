/**
 * What an infected host did: bars of packets per step, the part with the mark filled and
 * the rest pale, and above them how many different addresses it tried.
 */
import type { FindingPicture } from '../../../src/server/explanation-contract.ts';
import type { Drawing, PictureTable, PictureWords, Shape } from './drawing.ts';
import { frameOf, gapShapes, type Size, timeAxis, valueAxis } from './frame.ts';

const AXIS_PX = 56;

export function drawActivity(picture: FindingPicture, size: Size, words: PictureWords, alt: string): Drawing {
  const frame = frameOf(size, picture, AXIS_PX);
  const stepMs = picture.stepSeconds * 1000;
  const axis = valueAxis(frame, Math.max(1, ...picture.steps.map(({ packets }) => packets)), words);
  const bars = picture.steps.flatMap((step): Shape[] => {
    const at = picture.from + step.step * stepMs;
    const x = frame.x(at);
    const width = Math.max(2, frame.x(at + stepMs) - x - 1);
    const hasMark = step.marked > 0;
    const says = `${words.full(at)}: ${words.count(step.packets)}`;
    const whole: Shape = {
      kind: 'rect',
      x,
      y: axis.y(step.packets),
      width,
      height: frame.bottom - axis.y(step.packets),
      role: hasMark ? 'mark-soft' : 'mark',
      says,
    };
    const marked: Shape = {
      kind: 'rect',
      x,
      y: axis.y(step.marked),
      width,
      height: frame.bottom - axis.y(step.marked),
      role: 'mark',
      says,
    };
    return hasMark ? [whole, marked] : [whole];
  });
  const targets = picture.steps.map((step): Shape => {
    const at = picture.from + (step.step + 0.5) * stepMs;
    const says = `${words.targets}: ${words.count(step.targets)}`;
    return { kind: 'dot', x: frame.x(at), y: axis.y(step.targets), radius: 2.5, role: 'accent', isRing: true, says };
  });
  const shapes = [...axis.shapes, ...timeAxis(frame, picture, words), ...gapShapes(frame, picture.gaps, words), ...bars, ...targets];
  return { ...size, alt, shapes };
}

export function activityTable(picture: FindingPicture, words: PictureWords): PictureTable {
  const stepMs = picture.stepSeconds * 1000;
  return {
    head: [words.time, words.packets, words.marked, words.targets],
    rows: picture.steps.map(({ step, packets, marked, targets }) => [
      words.full(picture.from + step * stepMs),
      words.count(packets),
      words.count(marked),
      words.count(targets),
    ]),
  };
}
