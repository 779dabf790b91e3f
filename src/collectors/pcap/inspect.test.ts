/** Every capture at hand, compared with counts that were derived independently of this code. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../../test/support/shared-data.ts';
import pcap from './index.ts';

const FOLDERS = ['backscatter', 'darknet-synthetic', 'dos', 'linktype', 'malformed', 'malware', 'normal', 'scan'];
/** Facts about the file rather than about what is in it. */
const ABOUT = new Set(['bytes', 'licence', 'path', 'sha256', 'source', 'note']);

/** Faults that only the dissector of an application protocol can see; a header decoder cannot. */
const BEYOND_HEADERS: Readonly<Record<string, string>> = {
  'nDPI__6in4tunnel.pcap': 'a TCP stream whose retransmission disagrees with the data before',
  'nDPI__telnet.pcap': 'a Telnet option without its end',
  'nDPI__KakaoTalk_chat.pcap': 'an HTTP message cut in its header',
  'nDPI__dos_win98_smb_netbeui.pcap': 'an SMB message over NetBEUI shorter than it says',
  'suricata-verify__denial6-5.pcap': 'a QUIC message quoted by an ICMPv6 error',
  'suricata-verify__hashaf-flow-v4-v6-collision__input.pcap': 'a CIP message shorter than its header',
  'tcpdump__sflow_print-segv.pcap': 'an sFlow sample longer than its datagram',
  'zeek__vnc-scanner.pcap': 'VNC messages cut short',
};

interface Expected {
  readonly [key: string]: unknown;
}

describe.skipIf(!hasSharedData)('inspect', () => {
  describe.each(FOLDERS)('%s', (folder) => {
    const expected: Record<string, Expected> = hasSharedData
      ? JSON.parse(readFileSync(sharedData('telemetry', folder, 'expected.json'), 'utf8'))
      : {};
    const captures = hasSharedData ? readdirSync(sharedData('telemetry', folder)).filter((name) => expected[name]) : [];

    it.each(captures)('%s', async (name) => {
      const path = sharedData('telemetry', folder, name);
      const found = await pcap.inspect({ name, path, size: 0 }, pcap.settings.parse({}));
      const wanted = Object.entries(expected[name] ?? {}).filter(
        ([key]) => !ABOUT.has(key) && !(key === 'malformed_packets' && BEYOND_HEADERS[name]),
      );
      expect(found).toMatchObject(Object.fromEntries(wanted));
    });
  });
});
