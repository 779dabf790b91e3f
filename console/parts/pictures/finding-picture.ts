/** The picture of a finding by its kind, and the table beside it. */
import type { FindingPicture } from '../../../src/server/explanation-contract.ts';
import { activityTable, drawActivity } from './activity.ts';
import type { Drawing, PictureTable, PictureWords } from './drawing.ts';
import { drawFlood, floodTable } from './flood.ts';
import { drawFootprint, footprintTable, heightOfFootprint } from './footprint.ts';
import type { Size } from './frame.ts';

const CURVE_PX = 270;

const DRAW = { activity: drawActivity, footprint: drawFootprint, flood: drawFlood } as const;
const TABLE = { activity: activityTable, footprint: footprintTable, flood: floodTable } as const;

export const heightOfPicture = (picture: FindingPicture): number => (picture.kind === 'footprint' ? heightOfFootprint(picture) : CURVE_PX);

export const drawFinding = (picture: FindingPicture, size: Size, words: PictureWords, alt: string): Drawing =>
  DRAW[picture.kind](picture, size, words, alt);

export const tableOfFinding = (picture: FindingPicture, words: PictureWords): PictureTable => TABLE[picture.kind](picture, words);
