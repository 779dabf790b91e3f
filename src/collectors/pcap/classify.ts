/**
 * What an unsolicited packet is, by its headers: the rules behind the traffic classes.
 *
 * Nobody answers from an unused address, so a SYN asks, and a SYN+ACK or RST answers
 * somebody who used our address as a false sender. RST with ACK, the commonest answer
 * to a forged SYN, counts as backscatter; some telescopes leave it out.
 */

import { ICMP, ICMPV6, isIcmpError, isIcmpv6Error, TCP_FLAG } from '../../capture/numbers.ts';
import { TRAFFIC_CLASS_CODE } from '../../domain/traffic-class.ts';

export const CLASS = {
  other: TRAFFIC_CLASS_CODE.other,
  tcpScan: TRAFFIC_CLASS_CODE['tcp-scan'],
  udpProbe: TRAFFIC_CLASS_CODE['udp-probe'],
  ping: TRAFFIC_CLASS_CODE.ping,
  backscatter: TRAFFIC_CLASS_CODE.backscatter,
  misconfiguration: TRAFFIC_CLASS_CODE.misconfiguration,
} as const;

/**
 * UDP services that answer strangers, many of them abused as amplifiers: a packet *from*
 * such a port to an ephemeral one is an answer to a forged question.
 */
const ANSWERING_SERVICES: readonly number[] = [
  17, // quote of the day
  19, // chargen
  53, // DNS
  69, // TFTP
  111, // portmapper
  123, // NTP
  137, // NetBIOS name service
  161, // SNMP
  177, // XDMCP
  389, // CLDAP
  427, // SLP
  443, // QUIC
  500, // IKE
  520, // RIP
  623, // IPMI
  1434, // SQL Server browser
  1900, // SSDP
  3283, // Apple Remote Desktop
  3389, // RDP
  3478, // STUN
  3702, // WS-Discovery
  4500, // IKE behind address translation
  5060, // SIP
  5093, // Sentinel licence manager
  5351, // NAT-PMP
  5353, // multicast DNS
  5683, // CoAP
  10_001, // Ubiquiti discovery
  11_211, // memcached
  27_015, // Source game servers
  27_960, // Quake game servers
  37_810, // video recorders
];

/** UDP ports that only a host set up with a wrong address sends to: nobody scans by shipping logs. */
const MISDIRECTED_SERVICES: readonly number[] = [
  67, // DHCP server
  68, // DHCP client
  138, // NetBIOS datagrams
  162, // SNMP traps
  514, // syslog
  546, // DHCPv6 client
  547, // DHCPv6 server
  1813, // RADIUS accounting
  2055, // NetFlow export
  4739, // IPFIX export
  6343, // sFlow export
  12_201, // GELF logs
];

const FIRST_HIGH_PORT = 1024;
const ANSWERS = 1;
const MISDIRECTED = 2;
/** What a UDP port stands for, by number: 1 a service that answers strangers, 2 one that nobody scans for. */
export const UDP_SERVICE_KINDS: Uint8Array = new Uint8Array(65_536);
for (const port of ANSWERING_SERVICES) UDP_SERVICE_KINDS[port] = ANSWERS;
for (const port of MISDIRECTED_SERVICES) UDP_SERVICE_KINDS[port] = MISDIRECTED;

export function classifyTcp(flags: number): number {
  const isReset = (flags & TCP_FLAG.rst) !== 0;
  if ((flags & TCP_FLAG.syn) === 0) return isReset ? CLASS.backscatter : CLASS.other;
  if (isReset) return CLASS.other; // both at once answers nobody
  return (flags & TCP_FLAG.ack) === 0 ? CLASS.tcpScan : CLASS.backscatter;
}

export function classifyUdp(sourcePort: number, destinationPort: number): number {
  const destination = UDP_SERVICE_KINDS[destinationPort];
  if (destination === MISDIRECTED) return CLASS.misconfiguration;
  // Between two services, the one asked decides: scanners like to send from port 53.
  const isAnswer = UDP_SERVICE_KINDS[sourcePort] === ANSWERS && destination !== ANSWERS && destinationPort >= FIRST_HIGH_PORT;
  return isAnswer ? CLASS.backscatter : CLASS.udpProbe;
}

export function classifyIcmp(type: number): number {
  if (type === ICMP.echo) return CLASS.ping;
  return type === ICMP.echoReply || isIcmpError(type) ? CLASS.backscatter : CLASS.other;
}

export function classifyIcmpv6(type: number): number {
  if (type === ICMPV6.echo) return CLASS.ping;
  return type === ICMPV6.echoReply || isIcmpv6Error(type) ? CLASS.backscatter : CLASS.other;
}
