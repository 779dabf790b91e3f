/**
 * The assigned numbers that headers use to say what follows, under the names of their registries.
 */

/** Link types (LINKTYPE_ registry). */
export const LINK = {
  null: 0,
  ethernet: 1,
  tokenRing: 6,
  ppp: 9,
  fddi: 10,
  atmBsd: 11,
  rawBsd: 12,
  rawOpenBsd: 14,
  pppSerial: 50,
  pppEther: 51,
  atm: 100,
  raw: 101,
  cHdlc: 104,
  wireless: 105,
  frameRelay: 107,
  loop: 108,
  enc: 109,
  sll: 113,
  pflog: 117,
  prism: 119,
  fibreChannel: 122,
  radiotap: 127,
  apple1394: 138,
  avs: 163,
  pppPppd: 166,
  ppi: 192,
  pppWithDirection: 204,
  mpls: 219,
  ipv4: 228,
  ipv6: 229,
  nflog: 239,
  sll2: 276,
} as const;

export const ETHERTYPE = {
  ipv4: 0x0800,
  arp: 0x0806,
  erspan3: 0x22eb,
  transparentBridging: 0x6558,
  vlan: 0x8100,
  ipv6: 0x86dd,
  ppp: 0x880b,
  wccp: 0x883e,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  pppoeSession: 0x8864,
  serviceVlan: 0x88a8,
  erspan2: 0x88be,
  backboneTag: 0x88e7,
  vnTag: 0x8926,
  eTag: 0x893f,
  oldQinQ: 0x9100,
} as const;

/** Below this number the field is the length of an 802.3 frame, or nothing defined; from it on a type. */
export const FIRST_ETHERTYPE = 1536;
export const LARGEST_LENGTH = 1500;

/** IP protocol numbers. */
export const PROTOCOL = {
  hopByHop: 0,
  icmp: 1,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  routing: 43,
  fragment: 44,
  gre: 47,
  authentication: 51,
  icmpv6: 58,
  destinationOptions: 60,
  etherIp: 97,
  mobility: 135,
  udpLite: 136,
  mplsInIp: 137,
  hip: 139,
  shim6: 140,
} as const;

export const TCP_FLAG = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;

export const ICMP = { echoReply: 0, unreachable: 3, quench: 4, redirect: 5, echo: 8, timeExceeded: 11, parameterProblem: 12 } as const;
export const ICMPV6 = { unreachable: 1, tooBig: 2, timeExceeded: 3, parameterProblem: 4, echo: 128, echoReply: 129 } as const;

/** Unreachable, quench, redirect, time exceeded, parameter problem: each quotes the packet it is about. */
export const isIcmpError = (type: number): boolean =>
  (type >= ICMP.unreachable && type <= ICMP.redirect) || type === ICMP.timeExceeded || type === ICMP.parameterProblem;

export const isIcmpv6Error = (type: number): boolean => type >= ICMPV6.unreachable && type <= ICMPV6.parameterProblem;
