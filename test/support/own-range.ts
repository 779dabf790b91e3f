/** Two municipalities with registered ranges, and packets of a bot, of an attacked server and of forged senders in them. */
import { ethernet, ipv4, type TestPacket, tcp } from '../../src/collectors/pcap/test-support.ts';

const IPV4 = 0x0800;

export const CONSTITUENTS = `constituents:
  - { id: umibe, name: { ja: 海辺市, en: Umibe City }, kind: municipality, language: ja, mail: [it@umibe.example], resources: [{ prefix: 192.0.2.0/24 }] }
  - { id: yamate, name: { ja: 山手町, en: Yamate Town }, kind: municipality, language: en, mail: [desk@yamate.example], resources: [{ prefix: 203.0.113.0/25 }] }
`;

export const syn = (at: number, source: string, destination: string, port = 23): TestPacket =>
  packet(at, source, destination, { destination: port });
const answer = (at: number, source: string, destination: string): TestPacket =>
  packet(at, source, destination, { source: 443, destination: 40_000, flags: 0x12 });

function packet(at: number, source: string, destination: string, options: Parameters<typeof tcp>[0]): TestPacket {
  return {
    bytes: ethernet(IPV4, ipv4(6, tcp(options), { source, destination })),
    second: Math.floor(at / 1000),
    micro: (at % 1000) * 1000,
  };
}

export const target = (i: number): string => `198.51.100.${1 + (i % 250)}`;

/** A bot in Umibe's range, its web server under a spoofed flood, single packets with forged senders. */
export function mixed(from: number): TestPacket[] {
  return [
    ...Array.from({ length: 40 }, (_, i) => syn(from + i * 1000, '192.0.2.77', target(i))),
    ...Array.from({ length: 60 }, (_, i) => answer(from + i * 900, '192.0.2.10', target(i * 7))),
    ...Array.from({ length: 20 }, (_, i) => syn(from + i * 800, `192.0.2.${100 + i}`, target(i), 22)),
    ...Array.from({ length: 30 }, (_, i) => syn(from + i * 700, '203.0.113.200', target(i))), // nobody's range
  ].sort((a, b) => (a.second ?? 0) - (b.second ?? 0) || (a.micro ?? 0) - (b.micro ?? 0));
}
