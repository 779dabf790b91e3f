/** Settings of the letter channel; few, because the page is one design. */
import { z } from 'zod';

export const letterSettings = z.strictObject({
  timeZone: z
    .string()
    .default('Asia/Tokyo')
    .refine(isTimeZone, 'must be a time zone like Asia/Tokyo')
    .describe('Zone of the date printed on the letter; raw times stay UTC'),
  maxRows: z.number().int().min(1).max(1000).default(120).describe('Findings listed in one letter; the rest is counted'),
});

export type LetterSettings = z.infer<typeof letterSettings>;

function isTimeZone(value: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
