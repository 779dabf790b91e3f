import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chapterAt, chapterOf, createCountry, DAY, DEFAULT_UNTIL, HOUR, MINUTE } from './country.ts';
import { readCapture } from './fixtures/read-capture.ts';
import { packetsBetween, trafficBetween } from './traffic.ts';

const country = createCountry({ seed: 42, scale: 'small' });
const bytesBetween = (from: number, to: number, of = country): Buffer => Buffer.concat([...packetsBetween(of, from, to)]);
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const START = DEFAULT_UNTIL - DAY;

const toNumber = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const module = (name: string): string => JSON.stringify(pathToFileURL(join(import.meta.dirname, name)).href);

function miraiBetween(from: number, to: number): number {
  return readCapture(bytesBetween(from, to), true).reduce((sum, packet) => sum + (packet.isMirai ? 1 : 0), 0);
}

describe('traffic', () => {
  it('is the same for ever', () => {
    expect(digest(bytesBetween(START, START + 10 * MINUTE))).toMatchInlineSnapshot(
      `"524a445c43e2df47e4046daea4883a855964e401789f6a031e1ef4727e08c7d4"`,
    );
    expect(digest(bytesBetween(START, START + MINUTE, createCountry({ seed: 7, scale: 'medium' })))).toMatchInlineSnapshot(
      `"60d21fb31e21d8e6162948a70e2c2c41a01dcc02b9afd93c7f7134245b02d716"`,
    );
    expect(digest(bytesBetween(START, START + MINUTE / 10, createCountry({ seed: 7, scale: 'large' })))).toMatchInlineSnapshot(
      `"b3daa666287e3a21a84f9a49d08f66628bd3a002a24ce671700fe4098e3a37c5"`,
    );
  });

  it('differs by seed', () => {
    const other = createCountry({ seed: 43, scale: 'small' });
    expect(digest(bytesBetween(START, START + MINUTE, other))).not.toBe(digest(bytesBetween(START, START + MINUTE)));
  });

  it('adds up: two adjoining spans are the whole', () => {
    const offset = fc.integer({ min: 0, max: DAY });
    const length = fc.integer({ min: 0, max: 3 * MINUTE });
    fc.assert(
      fc.property(offset, length, length, (start, first, second) => {
        const from = START + start;
        const parts = Buffer.concat([bytesBetween(from, from + first), bytesBetween(from + first, from + first + second)]);
        expect(parts.equals(bytesBetween(from, from + first + second))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('adds up over the border of two chapters', () => {
    const whole = bytesBetween(DEFAULT_UNTIL - 2 * MINUTE, DEFAULT_UNTIL + 2 * MINUTE);
    const parts = [bytesBetween(DEFAULT_UNTIL - 2 * MINUTE, DEFAULT_UNTIL), bytesBetween(DEFAULT_UNTIL, DEFAULT_UNTIL + 2 * MINUTE)];
    expect(Buffer.concat(parts).equals(whole)).toBe(true);
  });

  it('comes in order, inside its span, with right checksums, to the telescope', () => {
    const from = START + 9.6 * HOUR; // the flood adds the classes that are rare otherwise
    let last = from;
    for (const packet of readCapture(bytesBetween(from, from + 20 * MINUTE), true)) {
      expect(packet.atMs).toBeGreaterThanOrEqual(last);
      expect(packet.isChecksumRight, packet.source).toBe(true);
      expect(packet.destination).toMatch(/^198\.18\.\d{1,2}\.\d{1,3}$/);
      last = packet.atMs;
    }
    expect(last).toBeLessThan(from + 20 * MINUTE);
  });

  it('stops while the sensor has its gap', () => {
    const { gap } = chapterOf(country, chapterAt(START));
    expect([...packetsBetween(country, gap.from, gap.to)]).toEqual([]);
    expect([...packetsBetween(country, gap.from - MINUTE, gap.from)]).not.toEqual([]);
    expect([...packetsBetween(country, gap.to, gap.to + MINUTE)]).not.toEqual([]);
  });

  it('rises when the wave begins', () => {
    const { waveAt } = chapterOf(country, chapterAt(START));
    expect(miraiBetween(waveAt + HOUR, waveAt + 2 * HOUR)).toBeGreaterThan(2.5 * miraiBetween(waveAt - HOUR, waveAt));
  });

  it('carries the marks of the tools', () => {
    const packets = [...readCapture(bytesBetween(START, START + 5 * MINUTE), true)];
    const from = (prefix: string) => packets.filter((packet) => packet.source.startsWith(prefix));
    expect(from('244.16.0.').length).toBeGreaterThan(20);
    for (const packet of from('244.16.0.')) expect(packet.identification).toBe(54_321);
    for (const packet of from('244.17.0.')) {
      expect(packet.identification).toBe(((toNumber(packet.destination) ^ packet.destinationPort ^ packet.sequence) >>> 0) & 0xffff);
    }
  });

  it('needs little memory at a larger scale', () => {
    const script = `
      const { createCountry, DEFAULT_UNTIL, HOUR } = await import(${module('country.ts')});
      const { trafficBetween } = await import(${module('traffic.ts')});
      const { Tally } = await import(${module('tally.ts')});
      const country = createCountry({ seed: 1, scale: 'medium' });
      for (const _ of trafficBetween(country, DEFAULT_UNTIL - 4 * HOUR, DEFAULT_UNTIL, new Tally()));
      const { readFileSync } = await import('node:fs');
      // Not resourceUsage(): a child begins with the peak of the process that started it.
      const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : '';
      console.log(/VmHWM:\\s*(\\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS);`;
    const kilobytes = Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
    expect(kilobytes / 1024).toBeGreaterThan(20);
    expect(kilobytes / 1024).toBeLessThan(250);
  });
});

describe('minutes of traffic', () => {
  it('say how many packets they hold', () => {
    for (const minute of trafficBetween(country, START, START + 3 * MINUTE)) {
      expect([...readCapture(minute.records, true)]).toHaveLength(minute.packets);
    }
  });
});
