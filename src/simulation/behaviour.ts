/**
 * What the packets of each behaviour look like.
 *
 * The marks are facts of the tools: Mirai's scanner sets the sequence number to the
 * destination address; masscan's IP identification is destination ^ port ^ sequence;
 * ZMap before 4.1 always sends identification 54321; nmap's SYN scan has window 1024 and
 * only a segment size. What makes a run of a tool one run (source port, window, TTL) is
 * fixed per actor and day, the rest is drawn for each packet.
 */
import { TRAFFIC_CLASS_CODE } from '../domain/traffic-class.ts';
import { type Actor, CLASS_OF } from './actors.ts';
import { type Block, blockSize, DAY, ipv4 } from './country.ts';
import { FrameBuffer, type IpFields, MSS_OPTION, NO_OPTIONS, SYSTEM_OPTIONS, type TcpFields } from './packet.ts';
import { keyOf, type Random } from './random.ts';

const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;
const PUSH = 0x08;

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What a prober asks of each service; short and harmless. */
const PROBES: Readonly<Record<number, Uint8Array>> = {
  53: new Uint8Array([0x10, 0x01, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 5, ...ascii('probe'), 7, ...ascii('example'), 0, 0, 1, 0, 1]),
  123: new Uint8Array([0x23, ...new Uint8Array(47)]),
  161: new Uint8Array([0x30, 0x18, 2, 1, 1, 4, 6, ...ascii('public'), 0xa0, 11, 2, 1, 7, 2, 1, 0, 2, 1, 0, 0x30, 0]),
  1900: ascii('M-SEARCH * HTTP/1.1\r\nMAN: "ssdp:discover"\r\nST: upnp:rootdevice\r\n\r\n'),
  5060: ascii('OPTIONS sip:probe.example SIP/2.0\r\nMax-Forwards: 5\r\n\r\n'),
  11211: ascii('\0\0\0\0\0\x01\0\0version\r\n'),
};
const SHORT_PROBE = new Uint8Array([0, 0, 0, 0]);
const SYSLOG = ascii('<134>printer: cover open');
/** An SNMP version 1 trap: enterprise 1.3.6.1.4.1, agent 0.0.0.0, cold start, no variables. */
const TRAP_BODY = [6, 5, 0x2b, 6, 1, 4, 1, 0x40, 4, 0, 0, 0, 0, 2, 1, 0, 2, 1, 0, 0x43, 1, 0, 0x30, 0];
const TRAP = new Uint8Array([0x30, 13 + TRAP_BODY.length, 2, 1, 0, 4, 6, ...ascii('public'), 0xa4, TRAP_BODY.length, ...TRAP_BODY]);
const PING_BODY = new Uint8Array(24);

/** Writes one packet after another; after each, tells where it went and what class it is. */
export class PacketMaker {
  readonly frames = new FrameBuffer();
  destination = 0;
  port = 0;
  classCode = 0;

  readonly #telescope: Block;
  readonly #addresses: number;
  readonly #seed: number;
  readonly #random: Random;
  readonly #ip: IpFields = { source: 0, destination: 0, ttl: 0, identification: 0 };
  readonly #tcp: TcpFields = {
    sourcePort: 0,
    destinationPort: 0,
    sequence: 0,
    acknowledgement: 0,
    flags: 0,
    window: 0,
    options: NO_OPTIONS,
  };
  readonly #quoted = new FrameBuffer();
  #run = 0; // key of the actor's run of the day

  constructor(seed: number, telescope: Block, random: Random) {
    this.#seed = seed;
    this.#telescope = telescope;
    this.#addresses = blockSize(telescope);
    this.#random = random;
  }

  /** Sets what stays the same for the following packets. */
  begin(actor: Actor, source: number, at: number): void {
    this.#run = keyOf(this.#seed, 0x21, actor.id, Math.floor(at / DAY));
    this.#ip.source = source;
    this.#ip.ttl = initialTtl(actor) - 6 - (keyOf(this.#seed, 0x771, actor.id) % 18);
    if (actor.behaviour !== 'noise') this.classCode = TRAFFIC_CLASS_CODE[CLASS_OF[actor.behaviour]];
  }

  /** One packet of the actor given to `begin`. */
  make(actor: Actor): void {
    this.#ip.destination = this.#telescope.start + this.#random.below(this.#addresses);
    this.#ip.identification = this.#random.next() & 0xffff;
    this.port = actor.ports.length > 0 ? this.#random.pick(actor.ports) : 0;
    this.#write(actor);
    this.destination = this.#ip.destination;
  }

  #write(actor: Actor): void {
    switch (actor.behaviour) {
      case 'mirai':
        return this.#syn(this.#runPort(), this.#ip.destination, this.#runWindow(), NO_OPTIONS);
      case 'telnet':
        return this.#syn(this.#freePort(), this.#random.next(), 5840, SYSTEM_OPTIONS);
      case 'masscan':
        return this.#masscan();
      case 'zmap':
        this.#ip.identification = 54_321;
        return this.#syn(this.#freePort(), this.#random.next(), 65_535, NO_OPTIONS);
      case 'zmap-new':
        return this.#syn(this.#freePort(), this.#random.next(), 65_535, MSS_OPTION);
      case 'nmap':
        return this.#syn(this.#runPort(), this.#random.next(), 1024, MSS_OPTION);
      case 'own-tool':
        return this.#syn(this.#freePort(), this.#random.next(), 14_600, SYSTEM_OPTIONS);
      case 'vertical':
        return this.#vertical();
      case 'udp-probe':
        return this.frames.udp(this.#ip, this.#freePort(), this.port, PROBES[this.port] ?? SHORT_PROBE);
      case 'ping-sweep':
        return this.frames.icmp(this.#ip, 8, 0, ((this.#run & 0xffff) << 16) | (this.#random.next() & 0xffff), PING_BODY);
      case 'flood-answer':
        return this.#answer(actor);
      case 'misconfiguration':
        return this.#misconfiguration();
      case 'noise':
        return this.#noise();
      case 'one-packet-hosts':
        // Forged anywhere within the simulated outside world: hardly one comes twice.
        this.#ip.source = (ipv4(240, 0, 0, 0) + this.#random.below(0x1000_0000)) >>> 0;
        return this.#syn(this.#freePort(), this.#random.next(), 64_240, SYSTEM_OPTIONS);
    }
  }

  #runPort(): number {
    return 1024 + (this.#run % 60_000);
  }

  #runWindow(): number {
    return 1025 + ((this.#run >>> 8) % 60_000);
  }

  /** A source port of no service: packets from those could pass for answers. */
  #freePort(): number {
    return 38_000 + this.#random.below(22_000);
  }

  #syn(sourcePort: number, sequence: number, window: number, options: Uint8Array): void {
    this.#segment(sourcePort, this.port, SYN, sequence, 0, window, options);
  }

  #segment(from: number, to: number, flags: number, sequence: number, acknowledgement: number, window: number, options: Uint8Array): void {
    const tcp = this.#tcp;
    tcp.sourcePort = from;
    tcp.destinationPort = to;
    tcp.flags = flags;
    tcp.sequence = sequence;
    tcp.acknowledgement = acknowledgement;
    tcp.window = window;
    tcp.options = options;
    this.frames.tcp(this.#ip, tcp);
  }

  #masscan(): void {
    const sequence = this.#random.next();
    this.#ip.identification = (this.#ip.destination ^ this.port ^ sequence) & 0xffff;
    this.#syn(this.#runPort(), sequence, 1024, NO_OPTIONS);
  }

  /** Many ports of one address. */
  #vertical(): void {
    this.#ip.destination = this.#oneAddress();
    this.port = 1 + this.#random.below(65_535);
    this.#syn(this.#runPort(), this.#random.next(), 1024, MSS_OPTION);
  }

  #oneAddress(): number {
    return this.#telescope.start + (this.#run % this.#addresses);
  }

  /** What a flooded host sends to the forged senders: mostly SYN+ACK, some RST, some ICMP, unless it answers in one way only. */
  #answer({ answers }: Actor): void {
    const kind = this.#random.below(20);
    const forgedPort = this.#freePort();
    if (answers === 'udp') return this.frames.udp(this.#ip, this.port, forgedPort, PROBES[this.port] ?? SHORT_PROBE);
    if (answers === 'rst') return this.#segment(this.port, forgedPort, RST | ACK, 0, this.#random.next(), 0, NO_OPTIONS);
    if (answers === 'ping') return this.frames.icmp(this.#ip, 0, 0, this.#random.next(), PING_BODY);
    if (kind < 14) this.#segment(this.port, forgedPort, SYN | ACK, this.#random.next(), this.#random.next(), 29_200, MSS_OPTION);
    else if (kind < 17) this.#segment(this.port, forgedPort, RST | ACK, 0, this.#random.next(), 0, NO_OPTIONS);
    else if (kind < 18) this.#segment(this.port, forgedPort, RST, this.#random.next(), 0, 0, NO_OPTIONS);
    else this.#unreachable(forgedPort);
  }

  /** "Port unreachable" or "prohibited" from the victim itself, quoting the forged packet's first 28 bytes. */
  #unreachable(forgedPort: number): void {
    const forged = { source: this.#ip.destination, destination: this.#ip.source, ttl: 52, identification: this.#random.next() & 0xffff };
    this.#quoted.clear();
    this.#quoted.tcp(forged, {
      sourcePort: forgedPort,
      destinationPort: this.port,
      sequence: this.#random.next(),
      acknowledgement: 0,
      flags: SYN,
      window: 64_240,
      options: NO_OPTIONS,
    });
    this.frames.icmp(this.#ip, 3, this.#random.chance(0.5) ? 3 : 10, 0, this.#quoted.bytes.subarray(14, 42));
  }

  /** A device that was told the wrong address of its log server. */
  #misconfiguration(): void {
    this.#ip.destination = this.#oneAddress();
    this.frames.udp(this.#ip, this.#runPort() | 0x8000, this.port, this.port === 514 ? SYSLOG : TRAP);
  }

  #noise(): void {
    const random = this.#random;
    this.#ip.source = ipv4(248, 0, 0, 0) + random.below(0x0600_0000);
    this.#ip.ttl = 40 + random.below(24);
    const kind = random.below(20);
    this.port = 1 + random.below(65_000);
    if (kind < 10) {
      this.classCode = TRAFFIC_CLASS_CODE['tcp-scan'];
      this.#syn(this.#freePort(), random.next(), 64_240, SYSTEM_OPTIONS);
    } else if (kind < 15) {
      this.classCode = TRAFFIC_CLASS_CODE['udp-probe'];
      this.port = 20_000 + random.below(40_000);
      this.frames.udp(this.#ip, this.#freePort(), this.port, SHORT_PROBE);
    } else if (kind < 18) {
      this.classCode = TRAFFIC_CLASS_CODE.other;
      this.#segment(this.#freePort(), this.port, ACK | PUSH, random.next(), random.next(), 501, NO_OPTIONS);
    } else {
      this.classCode = TRAFFIC_CLASS_CODE.ping;
      this.frames.icmp(this.#ip, 8, 0, random.next(), PING_BODY);
    }
  }
}

function initialTtl(actor: Actor): number {
  if (actor.behaviour === 'masscan' || actor.behaviour === 'zmap' || actor.behaviour === 'zmap-new') return 255;
  return actor.behaviour === 'vertical' ? 128 : 64;
}
