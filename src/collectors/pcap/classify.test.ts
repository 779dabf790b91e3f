import { describe, expect, it } from 'vitest';
import { CLASS, classifyIcmp, classifyIcmpv6, classifyTcp, classifyUdp } from './classify.ts';

const SYN = 2;
const RST = 4;
const ACK = 16;

describe('TCP', () => {
  it.each([
    ['SYN', SYN, CLASS.tcpScan],
    ['SYN with ECN', SYN | 0xc0, CLASS.tcpScan],
    ['SYN and FIN', SYN | 1, CLASS.tcpScan],
    ['SYN+ACK', SYN | ACK, CLASS.backscatter],
    ['RST', RST, CLASS.backscatter],
    ['RST+ACK', RST | ACK, CLASS.backscatter],
    ['ACK', ACK, CLASS.other],
    ['FIN', 1, CLASS.other],
    ['nothing', 0, CLASS.other],
    ['SYN and RST', SYN | RST, CLASS.other],
  ])('%s', (_, flags, expected) => expect(classifyTcp(flags)).toBe(expected));
});

describe('UDP', () => {
  it.each([
    ['a question to DNS', 40_000, 53, CLASS.udpProbe],
    ['an answer from DNS', 53, 40_000, CLASS.backscatter],
    ['an answer over QUIC', 443, 50_000, CLASS.backscatter],
    ['an answer from memcached', 11_211, 33_000, CLASS.backscatter],
    ['a scan from port 53 to a service', 53, 1900, CLASS.udpProbe],
    ['a scan from port 53 to a low port', 53, 500, CLASS.udpProbe],
    ['a log that went astray', 40_000, 514, CLASS.misconfiguration],
    ['DHCP that went astray', 68, 67, CLASS.misconfiguration],
    ['one high port to another', 40_000, 50_000, CLASS.udpProbe],
  ])('%s', (_, source, destination, expected) => expect(classifyUdp(source, destination)).toBe(expected));
});

describe('ICMP', () => {
  it('asks, answers, reports or does something else', () => {
    expect([8, 0, 3, 4, 5, 11, 12].map(classifyIcmp)).toEqual([CLASS.ping, ...Array.from({ length: 6 }, () => CLASS.backscatter)]);
    expect([9, 13, 17, 42].map(classifyIcmp)).toEqual(Array.from({ length: 4 }, () => CLASS.other));
    expect([128, 129, 1, 2, 3, 4].map(classifyIcmpv6)).toEqual([CLASS.ping, ...Array.from({ length: 5 }, () => CLASS.backscatter)]);
    expect([133, 135, 143].map(classifyIcmpv6)).toEqual(Array.from({ length: 3 }, () => CLASS.other));
  });
});
