import { describe, expect, it } from 'vitest';
import { createCountry, DEFAULT_UNTIL, HOUR, MINUTE } from './country.ts';
import { readCapture } from './fixtures/read-capture.ts';
import { captureBetween, type LiveCapture, liveTraffic } from './live.ts';
import { packetsBetween } from './traffic.ts';

const country = createCountry({ seed: 42, scale: 'small' });
const from = DEFAULT_UNTIL - 2 * HOUR - 10 * MINUTE;

/** A clock that only moves while somebody waits. */
function slowClock(start: number) {
  let now = start;
  const waits: number[] = [];
  return {
    waits,
    clock: { now: () => now },
    wait: async (milliseconds: number) => {
      waits.push(milliseconds);
      now += milliseconds;
    },
  };
}

describe('live traffic', () => {
  it('first gives what has happened by the hour, then each minute as it ends', async () => {
    const time = slowClock(DEFAULT_UNTIL + 20_000);
    const captures: LiveCapture[] = [];
    for await (const capture of liveTraffic({ country, from, to: DEFAULT_UNTIL + 3 * MINUTE, ...time })) captures.push(capture);
    expect(captures.map(({ from: begin, to }) => (to - begin) / MINUTE)).toEqual([40, 60, 30, 1, 1, 1]);
    expect(time.waits).toEqual([40_000, MINUTE, MINUTE]);
    const bodies = captures.map((capture) => capture.bytes.subarray(24));
    expect(Buffer.concat(bodies).equals(Buffer.concat([...packetsBetween(country, from, DEFAULT_UNTIL + 3 * MINUTE)]))).toBe(true);
  });

  it('ends with its signal', async () => {
    const stop = new AbortController();
    const time = slowClock(DEFAULT_UNTIL);
    const seen: LiveCapture[] = [];
    for await (const capture of liveTraffic({ country, from, ...time, signal: stop.signal })) {
      seen.push(capture);
      if (seen.length === 5) stop.abort();
    }
    expect(seen).toHaveLength(5);
  });

  it('gives whole captures', () => {
    const capture = captureBetween(country, from, from + MINUTE);
    expect([...readCapture(capture.bytes)]).toHaveLength(capture.packets);
  });
});
