/**
 * The assigned numbers that headers use to say what follows, under the names of their registries.
 */

/** Link types (LINKTYPE_ registry). */
export const LINK = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  rawBsd: 12,
  rawOpenBsd: 14,
  pppSerial: 50,
  pppEther: 51,
  raw: 101,
  cHdlc: 104,
  loop: 108,
  sll: 113,
  pflog: 117,
  pppPppd: 166,
  pppWithDirection: 204,
  mpls: 219,
  ipv4: 228,
  ipv6: 229,
  sll2: 276,
} as const;

export const ETHERTYPE = {
  ipv4: 0x0800,
  transparentBridging: 0x6558,
  vlan: 0x8100,
  ipv6: 0x86dd,
  ppp: 0x880b,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  pppoeSession: 0x8864,
  serviceVlan: 0x88a8,
  erspan2: 0x88be,
  erspan3: 0x22eb,
  oldQinQ: 0x9100,
} as const;

/** Everything up to this is a length of an 802.3 frame, not a type. */
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
  noNext: 59,
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
