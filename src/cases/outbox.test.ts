import { describe, expect, it } from 'vitest';
import type { Receipt } from '../domain/notice.ts';
import { nextAttempt } from './outbox.ts';

const MINUTE = 60_000;
const busy: Receipt = { outcome: 'failed', at: 0, detail: '450 busy', isFinal: false };

describe('the next attempt', () => {
  it('waits four times as long each time, never more than six hours, and not for ever', () => {
    const minutes = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => nextAttempt(busy, attempt)).map((at) => (at === null ? null : at / MINUTE));
    expect(minutes).toEqual([1, 4, 16, 64, 256, 360, 360, null]);
  });

  it('is not made after success or a final answer', () => {
    expect(nextAttempt({ ...busy, outcome: 'delivered' }, 1)).toBeNull();
    expect(nextAttempt({ ...busy, isFinal: true }, 1)).toBeNull();
  });
});
