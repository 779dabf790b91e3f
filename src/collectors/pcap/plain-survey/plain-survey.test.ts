import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../../../test/support/shared-data.ts';
import { CaptureReader } from '../../../capture/container.ts';
import { PacketSurvey } from '../packet-survey.ts';
import { Survey } from '../survey.ts';
import { surveyPlainCapture } from './survey-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'yagura-plain-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function general(path: string): Promise<Survey> {
  const survey = new Survey();
  const packets = new PacketSurvey(survey);
  const reader = new CaptureReader({ name: path, path, size: 0 });
  while (await reader.next()) packets.take(reader.frames);
  reader.close();
  return survey;
}

function facts(survey: Survey) {
  const { packets, capturedBytes, ipv4, ipv6, tcp, udp, synAck, synOnly, rst, mirai, zmap, masscan, malformed, firstAt, lastAt } = survey;
  const counts = [survey.tcpPorts, survey.udpPorts, survey.synPorts, survey.icmpTypes, survey.icmpv6Types, survey.links];
  const nonZero = counts.map((list) => [...list.entries()].filter(([, count]) => count > 0));
  const one = { packets, capturedBytes, ipv4, ipv6, tcp, udp, synAck, synOnly, rst, mirai, zmap, masscan, malformed, firstAt, lastAt };
  return { ...one, sources: survey.sourceCount, nonZero };
}

describe.skipIf(!hasSharedData)('the short way through plain captures', () => {
  const captures = hasSharedData
    ? ['darknet-synthetic', 'scan', 'malware', 'normal', 'dos', 'backscatter', 'malformed'].flatMap((name) =>
        readdirSync(sharedData('telemetry', name))
          .filter((file) => file.endsWith('.pcap'))
          .map((file) => sharedData('telemetry', name, file)),
      )
    : [];

  it.each(captures)('counts as the general reader does or declines: %s', async (path) => {
    const short = new Survey();
    if (await surveyPlainCapture(path, short)) expect(facts(short)).toEqual(facts(await general(path)));
  });

  it('takes the captures it is made for, in one piece or several', async () => {
    const path = sharedData('telemetry', 'darknet-synthetic', 'darknet_seed1.pcap');
    const expected = facts(await general(path));
    for (const threads of [1, 2, 3, 8]) {
      const short = new Survey();
      expect(await surveyPlainCapture(path, short, { threads, leastSlice: 100_000 })).toBe(true);
      expect(facts(short)).toEqual(expected);
    }
  });
});

it('declines what is not a whole classic capture', async () => {
  const path = join(folder, 'cut.pcap');
  const header = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');
  writeFileSync(path, Buffer.concat([header, Buffer.alloc(20)]));
  expect(await surveyPlainCapture(path, new Survey())).toBe(false);
  expect(await surveyPlainCapture(folder, new Survey())).toBe(false);
  expect(await surveyPlainCapture(join(folder, 'missing'), new Survey())).toBe(false);
});
