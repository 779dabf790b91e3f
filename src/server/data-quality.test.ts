import { describe, expect, it } from 'vitest';
import { toDataQuality } from './data-quality.ts';

const origin = {
  sensor: 'north',
  exporter: '192.0.2.1',
  kind: 'ipfix',
  received: 10,
  records: 90,
  lost: 0,
  lostUnit: 'record',
  dropped: 0,
  malformed: 0,
  withoutTemplate: 0,
};

describe('what is said beside a figure', () => {
  it('says nothing when nothing is missing', () => {
    expect(toDataQuality({ erasedUntil: null, origins: [origin], sampling: null }, [])).toMatchObject({ isComplete: true, notes: [] });
    const unsampled = { low: 1, high: 1, unknownRecords: 0, isMultiplied: true };
    expect(toDataQuality({ erasedUntil: null, origins: [], sampling: unsampled }, [])).toMatchObject({ isComplete: true, notes: [] });
  });

  it('names gaps, losses in their unit, and sampling, in both languages', () => {
    const sampling = { low: 100, high: 1000, unknownRecords: 3, isMultiplied: true };
    const lossy = { ...origin, lost: 10, dropped: 2, malformed: 3, withoutTemplate: 4 };
    const { isComplete, notes } = toDataQuality({ erasedUntil: Date.UTC(2026, 0, 2), origins: [lossy], sampling }, [
      { from: 0, to: 7_200_000 },
    ]);
    expect(isComplete).toBe(false);
    expect(notes.map(({ en }) => en)).toEqual([
      'Nobody watched for 2 hours of this period: figures there are unknown, not zero.',
      'Single records from before 2026-01-02 are no longer kept: figures that need them leave that time out.',
      'north / 192.0.2.1: lost 10 records (10.0 %), 2 dropped by this machine, 3 unreadable, 4 sets without a template',
      'Sampled 1/100–1/1000: figures are estimates, multiplied by the interval.',
      'The sampling interval of 3 flow records is unknown; they are counted as they are.',
    ]);
    expect(notes.every(({ ja }) => /[ぁ-ん]/.test(ja))).toBe(true);
  });
});
