/** The week a receipt speaks of, and the quiet that ends an alert. */
import { describe, expect, it } from 'vitest';
import { isOver, lastWeek } from './week.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MONDAY = Date.UTC(2026, 5, 15);

describe('the last week', () => {
  it('ends with the last Monday', () => {
    expect(lastWeek(MONDAY + 2 * DAY, 0)).toEqual({ week: MONDAY - 7 * DAY, from: MONDAY - 7 * DAY, to: MONDAY });
    expect(lastWeek(MONDAY, 0)?.to).toBe(MONDAY);
    expect(lastWeek(MONDAY - 1, 0)?.to).toBe(MONDAY - 7 * DAY);
  });

  it('begins with the watch, and is nothing while the watch has hardly begun', () => {
    expect(lastWeek(MONDAY + DAY, MONDAY - 3 * DAY)).toEqual({ week: MONDAY - 7 * DAY, from: MONDAY - 3 * DAY, to: MONDAY });
    expect(lastWeek(MONDAY + DAY, MONDAY - HOUR)).toBeNull();
    expect(lastWeek(MONDAY + DAY, MONDAY + HOUR)).toBeNull();
  });
});

describe('quiet', () => {
  it('counts only while the sensors watched', () => {
    expect(isOver(MONDAY, MONDAY + DAY, [], DAY)).toBe(true);
    expect(isOver(MONDAY, MONDAY + DAY - 1, [], DAY)).toBe(false);
    const gap = { from: MONDAY + HOUR, to: MONDAY + 5 * HOUR };
    expect(isOver(MONDAY, MONDAY + DAY, [gap], DAY)).toBe(false);
    expect(isOver(MONDAY, MONDAY + DAY + 4 * HOUR, [gap, gap], DAY)).toBe(true);
    expect(isOver(MONDAY, MONDAY + 900 * DAY, [{ from: MONDAY, to: MONDAY + 900 * DAY }], DAY)).toBe(false);
  });
});
