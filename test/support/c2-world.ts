/**
 * A day of flow records with botnets in it, for tests and the bench of C&C scoring: who
 * controls whom is known, and so is what merely looks alike.
 *
 * Every subscriber browses, resolves names and keeps a clock; some have programs that look
 * for updates, a telephone's push channel, a device of some maker that reports home. Bots
 * also scan, and get their orders periodically or with jitter. With sampling 1:N each packet is
 * looked at with probability 1/N, as routers do, and a flow of which none was looked at is
 * not there.
 */
import type { C2SeedHost } from '../../src/domain/c2-flows.ts';
import { FlowFixture } from '../../src/store/telemetry/fixtures/flow-columns.ts';

export const DAY_START = Date.UTC(2026, 0, 15);
export const DAY_END = DAY_START + 86_400_000;
const DAY_SECONDS = 86_400;

export interface WorldOptions {
  readonly seed: number;
  readonly clients: number;
  readonly sampling: number;
  /** Ordinary connections of a client in the day. */
  readonly connectionsEach?: number;
  readonly botnets?: number;
}

export interface World {
  readonly flows: FlowFixture;
  /** The infected hosts that somebody else noticed: not all there are. */
  readonly seeds: readonly C2SeedHost[];
  /** `address:port` of the controllers. */
  readonly controllers: ReadonlySet<string>;
  readonly lookAlikes: ReadonlySet<string>;
}

/** Small and fast; good enough to draw from. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const clientAddress = (i: number): string => `198.18.${i >>> 8}.${i & 255}`;
const serverAddress = (i: number): string => `198.19.${(i >>> 8) & 255}.${i & 255}`;

const POPULAR_SERVERS = 60;
const RARE_SERVERS = 3000;
const FIRST_RARE = 256;
const FIRST_SERVICE = 8192;
const FIRST_CONTROLLER = 16_384;

export function makeWorld(options: WorldOptions, onFull?: (flows: FlowFixture) => void): World {
  return new WorldMaker(options, onFull).make();
}

interface Connection {
  readonly client: number;
  readonly server: string;
  readonly port: number;
  readonly protocol: number;
  readonly atSeconds: number;
  readonly packets: number;
  readonly packetBytes: number;
  readonly durationSeconds: number;
}

const ROWS_AT_ONCE = 400_000;

class WorldMaker {
  readonly #options: WorldOptions;
  readonly #random: () => number;
  readonly #flows = new FlowFixture();
  readonly #onFull: ((flows: FlowFixture) => void) | undefined;
  readonly #seeds: C2SeedHost[] = [];
  readonly #controllers = new Set<string>();
  readonly #lookAlikes = new Set<string>();

  constructor(options: WorldOptions, onFull: ((flows: FlowFixture) => void) | undefined) {
    this.#options = options;
    this.#random = createRandom(options.seed);
    this.#onFull = onFull;
  }

  make(): World {
    for (let client = 0; client < this.#options.clients; client++) this.#ordinary(client);
    this.#services();
    for (let botnet = 0; botnet < (this.#options.botnets ?? 5); botnet++) this.#botnet(botnet);
    return { flows: this.#flows, seeds: this.#seeds, controllers: this.#controllers, lookAlikes: this.#lookAlikes };
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  /** In the waking hours mostly, in sessions of several connections. */
  #ordinary(client: number): void {
    let left = Math.round((this.#options.connectionsEach ?? 150) * (0.3 + 1.4 * this.#random()));
    while (left > 0) {
      const start = (7 + 16 * Math.sqrt(this.#random())) * 3600 * (this.#random() < 0.9 ? 1 : 0.3);
      for (let i = 0; i < 8 && left > 0; i++, left--) this.#browse(client, start + this.#random() * 300);
    }
    this.#repeat(client, serverAddress(client % 2), 53, 17, 600, 0.9, 1, 70);
  }

  #browse(client: number, atSeconds: number): void {
    const isRare = this.#random() < 0.3;
    const place = isRare
      ? FIRST_RARE + Math.floor(RARE_SERVERS * this.#random() ** 2)
      : 8 + Math.floor(POPULAR_SERVERS * this.#random() ** 2);
    const packets = 6 + Math.floor(60 * this.#random() ** 3);
    const durationSeconds = 20 * this.#random();
    const packetBytes = 60 + this.#below(500);
    this.#connect({ client, server: serverAddress(place), port: 443, protocol: 6, atSeconds, packets, packetBytes, durationSeconds });
  }

  /** Clocks, update checks, push channels and makers' clouds: regular, and nothing to fear. */
  #services(): void {
    const { clients } = this.#options;
    this.#service({ place: 0, port: 123, protocol: 17, share: 0.8, period: 1024, jitter: 0, packets: 1, bytes: 76 });
    this.#service({ place: 1, port: 123, protocol: 17, share: 0.15, period: 256, jitter: 0, packets: 1, bytes: 76 });
    this.#service({ place: 2, port: 443, protocol: 6, share: 0.4, period: 3600, jitter: 0.02, packets: 12, bytes: 300 });
    this.#service({ place: 3, port: 5228, protocol: 6, share: 0.5, period: 1680, jitter: 0, packets: 2, bytes: 80 });
    for (let maker = 0; maker < 12; maker++) {
      const share = 0.01 + 0.06 * this.#random();
      const period = 60 * (1 + this.#below(60));
      this.#service({ place: 4 + maker, port: 443, protocol: 6, share, period, jitter: 0.05, packets: 8, bytes: 180 });
    }
    // A program only a handful of people have.
    this.#service({ place: 40, port: 8443, protocol: 6, share: 6 / clients, period: 300, jitter: 0, packets: 8, bytes: 200 });
  }

  #service(service: {
    place: number;
    port: number;
    protocol: number;
    share: number;
    period: number;
    jitter: number;
    packets: number;
    bytes: number;
  }): void {
    const server = serverAddress(FIRST_SERVICE + service.place);
    this.#lookAlikes.add(`${server}:${service.port}`);
    for (let client = 0; client < this.#options.clients; client++) {
      if (this.#random() >= service.share) continue;
      this.#repeat(client, server, service.port, service.protocol, service.period, service.jitter, service.packets, service.bytes);
    }
  }

  #botnet(place: number): void {
    const { clients } = this.#options;
    const port = [48_101, 443, 6667, 8080, 443][place % 5] as number;
    const server = serverAddress(FIRST_CONTROLLER + place);
    this.#controllers.add(`${server}:${port}`);
    const period = [60, 300, 180, 600, 120][place % 5] as number;
    const jitter = [0, 0.1, 0.3, 0, 0.2][place % 5] as number;
    const size = Math.max(6, Math.round(clients * (0.008 + 0.012 * this.#random())));
    for (let i = 0; i < size; i++) {
      const client = this.#below(clients);
      this.#repeat(client, server, port, 6, period, jitter, 9, 110);
      for (let knock = 0; knock < 60; knock++) this.#knock(client);
      if (this.#random() < 0.7) this.#seeds.push({ address: clientAddress(client), family: `family-${place}` });
    }
  }

  #repeat(
    client: number,
    server: string,
    port: number,
    protocol: number,
    period: number,
    jitter: number,
    packets: number,
    packetBytes: number,
  ): void {
    for (let at = this.#random() * period; at < DAY_SECONDS; at += period * (1 + jitter * (2 * this.#random() - 1))) {
      this.#connect({ client, server, port, protocol, atSeconds: at, packets, packetBytes, durationSeconds: packets > 1 ? 0.4 : 0 });
    }
  }

  /** Somewhere a telnet port: mostly nobody answers. */
  #knock(client: number): void {
    const packets = this.#looked(1);
    if (packets === 0) return;
    const atSeconds = this.#random() * DAY_SECONDS;
    const destination = `198.19.${128 + this.#below(128)}.${this.#below(256)}`;
    const isAnswered = this.#random() < 0.1;
    const flags = isAnswered ? 0x1b : 0x02;
    this.#write(client, destination, 23, 6, atSeconds, packets, 44, 0, flags, false, 1024 + this.#below(60_000));
  }

  #connect({ client, server, port, protocol, atSeconds, packets, packetBytes, durationSeconds }: Connection): void {
    if (atSeconds < 0 || atSeconds >= DAY_SECONDS) return;
    const clientPort = 1024 + this.#below(64_000);
    for (const isAnswer of [false, true]) {
      const looked = this.#looked(packets);
      if (looked > 0) {
        const flags = protocol === 6 ? this.#flags(looked, isAnswer) : 0;
        this.#write(client, server, port, protocol, atSeconds, looked, packetBytes, durationSeconds, flags, isAnswer, clientPort);
      }
    }
  }

  /** One packet of many shows one packet's flags. */
  #flags(looked: number, isAnswer: boolean): number {
    if (this.#options.sampling === 1 || looked > 2) return 0x1b;
    const draw = this.#random();
    return draw < 0.12 ? (isAnswer ? 0x12 : 0x02) : draw < 0.24 ? 0x11 : 0x18;
  }

  #looked(packets: number): number {
    if (this.#options.sampling === 1) return packets;
    let looked = 0;
    for (let i = 0; i < packets; i++) if (this.#random() * this.#options.sampling < 1) looked++;
    return looked;
  }

  #write(
    client: number,
    server: string,
    port: number,
    protocol: number,
    atSeconds: number,
    packets: number,
    packetBytes: number,
    durationSeconds: number,
    flags: number,
    isAnswer: boolean,
    clientPort: number,
  ): void {
    const ends = isAnswer
      ? { source: server, destination: clientAddress(client), sourcePort: port, destinationPort: clientPort }
      : { source: clientAddress(client), destination: server, sourcePort: clientPort, destinationPort: port };
    const at = DAY_START + Math.floor(atSeconds * 1000);
    const durationMs = packets > 1 ? Math.round(durationSeconds * 1000) : 0;
    this.#flows.add({ ...ends, at, protocol, flags, packets, bytes: packets * packetBytes, durationMs, sampling: this.#options.sampling });
    if (this.#onFull && this.#flows.rows >= ROWS_AT_ONCE) this.#onFull(this.#flows);
  }
}
