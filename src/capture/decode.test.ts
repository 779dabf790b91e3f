import { describe, expect, it } from 'vitest';
import {
  bytes,
  DESTINATION,
  ethernet,
  icmp,
  ipv4,
  ipv6,
  SOURCE,
  tcp,
  toNumber,
  u16,
  u32,
  udp,
  zeros,
} from '../collectors/pcap/test-support.ts';
import { decode } from './decode.ts';
import { Fragments } from './fragments.ts';
import { Packet } from './packet.ts';

const UDP = ipv4(17, udp());
const UDP_6 = ipv6(17, udp());
const FRAME = ethernet(0x0800, UDP);
const SNAP = Buffer.concat([bytes(0xaa, 0xaa, 3, 0, 0, 0), u16(0x0800), UDP]);

/** What counting sees in a packet. */
function look(frame: Buffer, link = 1, stated = frame.length, packet = new Packet(new Fragments())): Packet {
  decode(packet, new DataView(frame.buffer, frame.byteOffset, frame.length), 0, frame.length, stated, link);
  return packet;
}
const portsOf = (packet: Packet): string[] =>
  [...packet.ports.subarray(0, packet.portCount)].map((port) => `${port > 0xffff ? 'udp' : 'tcp'}/${port & 0xffff}`);

const ppp = (protocol: number, payload: Buffer): Buffer => Buffer.concat([bytes(0xff, 3), u16(protocol), payload]);

const gre = (type: number, payload: Buffer, flags = 0, extra = zeros(0)): Buffer =>
  ipv4(47, Buffer.concat([u16(flags, type), extra, payload]));

const label = (value: number, isBottom: boolean): Buffer => u32((value << 12) | (isBottom ? 0x100 : 0) | 64);

const inUdp = (port: number, payload: Buffer): Buffer => ethernet(0x0800, ipv4(17, udp(40_000, port, payload)));

describe('everything that may be wrapped around a UDP packet', () => {
  const wireless = Buffer.concat([bytes(8, 1, 0, 0), zeros(20), SNAP]);

  const cases: Record<string, [frame: Buffer, link?: number]> = {
    Ethernet: [FRAME],
    'Ethernet, 802.3 with SNAP': [ethernet(SNAP.length, SNAP)],
    'Ethernet, 802.3 with LLC for IP': [ethernet(UDP.length + 3, Buffer.concat([bytes(6, 6, 3), UDP]))],
    VLAN: [ethernet(0x8100, Buffer.concat([u16(5, 0x0800), UDP]))],
    'four VLAN tags': [ethernet(0x88a8, Buffer.concat([u16(1, 0x8100, 2, 0x9100, 3, 0x8100, 4, 0x0800), UDP]))],
    MPLS: [ethernet(0x8847, Buffer.concat([label(16, false), label(17, true), UDP]))],
    'MPLS pseudowire with control word': [ethernet(0x8847, Buffer.concat([label(16, true), zeros(4), FRAME]))],
    'MPLS pseudowire without': [ethernet(0x8847, Buffer.concat([label(16, true), FRAME]))],
    PPPoE: [ethernet(0x8864, Buffer.concat([u16(0x1100, 1, UDP.length + 2, 0x21), UDP]))],
    'IPv4 options': [ethernet(0x0800, ipv4(17, udp(), { options: bytes(1, 1, 1, 0) }))],
    'raw IP': [UDP, 101],
    'raw IP of the BSDs': [UDP, 12],
    'raw IPv4': [UDP, 228],
    'BSD loopback, little-endian': [Buffer.concat([bytes(2, 0, 0, 0), UDP]), 0],
    'BSD loopback, big-endian': [Buffer.concat([bytes(0, 0, 0, 2), UDP]), 0],
    'OpenBSD loopback': [Buffer.concat([bytes(0, 0, 0, 2), UDP]), 108],
    'Linux cooked': [Buffer.concat([zeros(14), u16(0x0800), UDP]), 113],
    'Linux cooked, version 2': [Buffer.concat([u16(0x0800), zeros(18), UDP]), 276],
    PPP: [ppp(0x21, UDP), 9],
    'PPP without address and control': [Buffer.concat([u16(0x21), UDP]), 9],
    'PPP with a compressed protocol': [Buffer.concat([bytes(0x21), UDP]), 50],
    'PPP with direction': [Buffer.concat([bytes(1), ppp(0x21, UDP)]), 204],
    'Cisco HDLC': [Buffer.concat([u16(0x0f00, 0x0800), UDP]), 104],
    'Cisco HDLC on a PPP link': [Buffer.concat([u16(0x0f00, 0x0800), UDP]), 50],
    'frame relay': [Buffer.concat([bytes(0x18, 0x41, 3, 0xcc), UDP]), 107],
    'PF log': [Buffer.concat([bytes(61, 2, 0, 0), zeros(60), UDP]), 117],
    'netfilter log': [Buffer.concat([bytes(2, 0, 0, 0, UDP.length + 4, 0, 9, 0), UDP]), 239],
    'token ring': [Buffer.concat([bytes(0x10, 0x40), zeros(12), SNAP]), 6],
    FDDI: [Buffer.concat([bytes(0x50), zeros(12), SNAP]), 10],
    'ATM with LLC': [SNAP, 100],
    'IP over FireWire': [Buffer.concat([zeros(16), u16(0x0800), UDP]), 138],
    '802.11': [wireless, 105],
    radiotap: [Buffer.concat([bytes(0, 0, 8, 0, 0, 0, 0, 0), wireless]), 127],
    PPI: [Buffer.concat([bytes(0, 0, 8, 0, 105, 0, 0, 0), wireless]), 192],
    'IP in IP': [ethernet(0x0800, ipv4(4, UDP))],
    '4in6': [ethernet(0x86dd, ipv6(4, UDP))],
    GRE: [ethernet(0x0800, gre(0x0800, UDP))],
    'GRE with checksum, key and sequence': [ethernet(0x0800, gre(0x0800, UDP, 0xb000, zeros(12)))],
    'GRE, Ethernet inside': [ethernet(0x0800, gre(0x6558, FRAME))],
    PPTP: [ethernet(0x0800, gre(0x880b, ppp(0x21, UDP), 0x3081, zeros(12)))],
    'ERSPAN I': [ethernet(0x0800, gre(0x88be, FRAME))],
    'ERSPAN II': [ethernet(0x0800, gre(0x88be, Buffer.concat([bytes(0x10), zeros(7), FRAME]), 0x1000, zeros(4)))],
    'ERSPAN III': [ethernet(0x0800, gre(0x22eb, Buffer.concat([bytes(0x20), zeros(11), FRAME]), 0x1000, zeros(4)))],
    'ERSPAN III with a platform header': [
      ethernet(0x0800, gre(0x22eb, Buffer.concat([bytes(0x20), zeros(10), bytes(1), zeros(8), FRAME]))),
    ],
    EtherIP: [ethernet(0x0800, ipv4(97, Buffer.concat([u16(0x3000), FRAME])))],
    'authentication header': [ethernet(0x0800, ipv4(51, Buffer.concat([bytes(17, 1), zeros(10), udp()])))],
    VXLAN: [inUdp(4789, Buffer.concat([bytes(8), zeros(7), FRAME]))],
    Geneve: [inUdp(6081, Buffer.concat([u16(0, 0x6558), zeros(4), FRAME]))],
    GTP: [inUdp(2152, Buffer.concat([u16(0x30ff, UDP.length), u32(1), UDP]))],
    L2TP: [inUdp(1701, Buffer.concat([u16(2, 1, 1), ppp(0x21, UDP)]))],
    LISP: [inUdp(4341, Buffer.concat([zeros(8), UDP]))],
    'GRE in UDP': [inUdp(4754, Buffer.concat([u16(0, 0x0800), UDP]))],
    'MPLS in UDP': [inUdp(6635, Buffer.concat([label(16, true), UDP]))],
  };

  it.each(Object.entries(cases))('%s', (_, [frame, link]) => {
    const found = look(frame, link);
    expect(found.ipv4Layers).toBeGreaterThan(0);
    expect(found.firstIpv4Source).toBe(toNumber(SOURCE));
    expect(portsOf(found).at(-1)).toBe('udp/44444');
    expect(found.isMalformed).toBe(false);
  });

  it.each(Object.entries(cases))('%s, cut anywhere by the snap length, is not malformed', (_, [frame, link]) => {
    for (let length = 0; length < frame.length; length++)
      expect(look(frame.subarray(0, length), link, frame.length).isMalformed).toBe(false);
  });
});

describe('IPv6', () => {
  it.each(
    Object.entries({
      'on Ethernet': ethernet(0x86dd, UDP_6),
      'behind extension headers': ethernet(
        0x86dd,
        ipv6(0, Buffer.concat([bytes(60, 0), zeros(6), bytes(43, 0), zeros(6), bytes(17, 0), zeros(6), udp()])),
      ),
      'as an only fragment': ethernet(0x86dd, ipv6(44, Buffer.concat([bytes(17), zeros(7), udp()]))),
      '6in4': ethernet(0x0800, ipv4(41, UDP_6)),
      Teredo: ethernet(0x0800, ipv4(17, udp(40_000, 3544, Buffer.concat([u16(0), zeros(6), UDP_6])))),
    }),
  )('%s', (_, frame) => {
    const found = look(frame);
    expect(found.ipv6Layers).toBe(1);
    expect(portsOf(found).at(-1)).toBe('udp/44444');
    expect(found.isMalformed).toBe(false);
  });
});

describe('what an ICMP error quotes', () => {
  const sent = ipv4(6, tcp({ destination: 80 }), { source: DESTINATION, destination: '203.0.113.9' });

  it.each([3, 4, 5, 11, 12])('type %d counts the quoted header and remembers the victim', (type) => {
    const found = look(ethernet(0x0800, ipv4(1, icmp(type, sent.subarray(0, 28)))));
    expect(portsOf(found)).toEqual(['tcp/80']);
    expect(found.tcpFlags).toBe(-1); // eight bytes of TCP hold no flags
    expect(found.view.getUint32(found.quotedDestinationAt)).toBe(toNumber('203.0.113.9'));
    expect([found.quotedProtocol, found.quotedPort, found.isMalformed]).toEqual([6, 80, false]);
  });

  it('is cut by design, so nothing in it is malformed', () => {
    for (let length = 0; length <= sent.length; length++) {
      expect(look(ethernet(0x0800, ipv4(1, icmp(3, sent.subarray(0, length))))).isMalformed).toBe(false);
    }
  });

  it('is read in ICMPv6 too', () => {
    expect(portsOf(look(ethernet(0x86dd, ipv6(58, icmp(1, UDP_6)))))).toEqual(['udp/44444']);
  });
});

describe('malformed', () => {
  it.each(
    Object.entries({
      'an IP header shorter than it must be': ethernet(0x0800, UDP.subarray(0, 19)),
      'a UDP length below its header': ethernet(0x0800, ipv4(17, u16(1, 2, 7, 0))),
      'a UDP length beyond the datagram': ethernet(0x0800, ipv4(17, u16(1, 2, 100, 0))),
      'a TCP header longer than the datagram': ethernet(0x0800, ipv4(6, Buffer.concat([tcp().subarray(0, 12), bytes(0xf0, 2), zeros(6)]))),
      'an IPv6 version of four': ethernet(0x86dd, UDP),
      'an extension header beyond the packet': ethernet(0x86dd, ipv6(0, Buffer.concat([bytes(17, 9), zeros(6)]))),
      'an Ethernet frame without its type': FRAME.subarray(0, 13),
      'an 802.3 length beyond the frame': ethernet(1000, SNAP),
      'labels without an end': ethernet(0x8847, zeros(8)),
      'a neighbour option of length zero': ethernet(0x86dd, ipv6(58, Buffer.concat([bytes(135, 0), zeros(30)]))),
    }),
  )('%s', (_, frame) => {
    expect(look(frame).isMalformed).toBe(true);
  });

  it('does not mean padding, a zero total length or an unknown protocol', () => {
    for (const frame of [
      Buffer.concat([FRAME, zeros(20)]),
      ethernet(0x0800, ipv4(17, udp(), { total: 0 })),
      ethernet(0x0800, ipv4(200, zeros(9))),
    ]) {
      expect(look(frame).isMalformed).toBe(false);
    }
  });
});

const datagram = udp(40_000, 44_444, Buffer.alloc(120, 1));
const part = (from: number, to: number): Buffer =>
  ethernet(
    0x86dd,
    ipv6(44, Buffer.concat([bytes(17, 0), u16(from | (to < datagram.length ? 1 : 0)), u32(77), datagram.subarray(from, to)])),
  );

const piece = (from: number, to: number): Buffer =>
  ethernet(0x0800, ipv4(17, datagram.subarray(from, to), { id: 9, fragment: (to < datagram.length ? 0x2000 : 0) | (from / 8) }));

describe('fragments', () => {
  const pieces = [piece(0, 48), piece(48, 96), piece(96, 128)];
  const countIn = (order: readonly number[]): number[] => {
    const packet = new Packet(new Fragments());
    return order.map((i) => look(pieces[i] ?? zeros(0), 1, undefined, packet).udpLayers);
  };

  it('count one UDP header with the piece that completes the datagram, in any order', () => {
    expect(countIn([0, 1, 2])).toEqual([0, 0, 1]);
    expect(countIn([2, 1, 0])).toEqual([0, 0, 1]);
    expect(countIn([0, 2, 2, 1, 0])).toEqual([0, 0, 0, 1, 0]);
    expect(countIn([0, 1])).toEqual([0, 0]);
  });

  it('are put together in IPv6 as well', () => {
    const packet = new Packet(new Fragments());
    expect([part(0, 64), part(64, 128)].map((frame) => look(frame, 1, undefined, packet).udpLayers)).toEqual([0, 1]);
  });

  it('speak for themselves where nothing is put together: the first has the ports', () => {
    const packet = new Packet(undefined);
    const seen = pieces.map((frame) => {
      const found = look(frame, 1, undefined, packet);
      return [found.udpLayers, found.isLaterFragment];
    });
    expect(seen).toEqual([
      [1, false],
      [0, true],
      [0, true],
    ]);
  });

  it('of ever new datagrams do not fill the memory', () => {
    const fragments = new Fragments();
    for (let i = 0; i < 10_000; i++) fragments.add({ key: String(i), offset: 0, length: 8, isLast: false, bytes: zeros(8) });
    expect(fragments.size).toBeLessThanOrEqual(4096);
  });
});

describe('packets made to exhaust decoders', () => {
  it('end after a bounded number of layers', () => {
    let nested = UDP;
    for (let i = 0; i < 2000; i++) nested = ipv4(4, nested, { total: Math.min(65_535, 20 + nested.length) });
    expect(look(ethernet(0x0800, nested)).ipv4Layers).toBeLessThan(64);
    expect(look(ethernet(0x8100, Buffer.alloc(40_000, Buffer.from('00018100', 'hex')))).ipv4Layers).toBe(0);
  });
});
