/** sFlow states everything itself: there is nothing to set. */
import { z } from 'zod';

export const sflowSettings = z.strictObject({}).describe('sFlow');

export type SflowSettings = z.infer<typeof sflowSettings>;
