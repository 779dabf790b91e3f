import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../test/support/shared-data.ts';
import { captureOf, ethernet, ipv4, tcp, udp } from '../collectors/pcap/test-support.ts';
import { readHead } from '../engine/input.ts';
import { isMostlyWithoutUdp } from './quick-look.ts';
import { firstPayloads } from './udp-payloads.ts';

const syn = ethernet(0x0800, ipv4(6, tcp()));
const probe = ethernet(0x0800, ipv4(17, udp()));

describe('a first look', () => {
  it('is sure only of a majority', () => {
    expect(isMostlyWithoutUdp(captureOf([syn, syn, probe]))).toBe(true);
    expect(isMostlyWithoutUdp(captureOf([syn, probe]))).toBe(false);
    expect(isMostlyWithoutUdp(captureOf([syn, syn], { isBig: true }))).toBe(false);
    expect(isMostlyWithoutUdp(new Uint8Array(0))).toBe(false);
    const cut = captureOf([syn, syn]);
    for (let length = 0; length < cut.length; length++) isMostlyWithoutUdp(cut.subarray(0, length));
  });

  it.skipIf(!hasSharedData)('never contradicts the decoders', async () => {
    const captures = globSync(sharedData('telemetry', '**', '*.pcap'));
    expect(captures.length).toBeGreaterThan(50);
    for (const path of captures) {
      const { bytes } = await readHead({ name: path, path, size: 0 });
      const payloads = firstPayloads(bytes);
      if (isMostlyWithoutUdp(bytes)) expect(2 * payloads.filter(Boolean).length).toBeLessThan(payloads.length);
    }
  });
});
