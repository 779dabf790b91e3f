/**
 * The connections that a carrier's subscribers open within an hour.
 *
 * Regular visits walk on from midnight with their own random waits, so jitter adds up as it
 * does in life; pages, films and the scans of infected devices come at random moments.
 */
import { rateShapeAt } from './actors.ts';
import { type Carrier, publicResolver, type Regular, type Subscriber, videoSite, WEB_SITES, webSite } from './carrier.ts';
import { addressOf, type Country, DAY, HOUR, ipv4 } from './country.ts';
import type { Connection } from './flow-exporter.ts';
import { eventCount, keyOf, Random } from './random.ts';

const TCP = 6;
const UDP = 17;
const PAGES_PER_DAY = 30;
const FILMS_PER_DAY = 0.5;
const SCANS_PER_DAY = 300;

export type TakeConnection = (connection: Connection) => void;

/** Every connection that begins within the hour at `from`, line by line; the object is used again for the next. */
export function connectionsOfHour(carrier: Carrier, from: number, take: TakeConnection): void {
  const hour = new HourOfTraffic(carrier.country, from, take);
  for (const subscriber of carrier.subscribers) hour.live(subscriber);
}

class HourOfTraffic {
  readonly #country: Country;
  readonly #from: number;
  readonly #take: TakeConnection;
  readonly #random = new Random();
  readonly #waits = new Random();
  readonly #connection: Connection = emptyConnection();

  constructor(country: Country, from: number, take: TakeConnection) {
    this.#country = country;
    this.#from = from;
    this.#take = take;
  }

  live(subscriber: Subscriber): void {
    const connection = this.#connection;
    connection.line = subscriber.place;
    subscriber.visits.forEach((regular, n) => this.#visit(subscriber, regular, n));
    this.#random.restart(keyOf(this.#country.seed, 0xb20, subscriber.place, this.#from / HOUR));
    connection.planted = -1;
    connection.isOngoing = false;
    const evening = rateShapeAt('evening', this.#from);
    this.#atRandom(subscriber, (PAGES_PER_DAY / 24) * evening, () => this.#page(subscriber));
    this.#atRandom(subscriber, (FILMS_PER_DAY / 24) * evening, () => this.#film());
    if (subscriber.isInfected) this.#atRandom(subscriber, SCANS_PER_DAY / 24, () => this.#scan());
  }

  #visit(subscriber: Subscriber, regular: Regular, n: number): void {
    const { hours, periodSeconds, jitter, address, port, protocol } = regular;
    if (hours && !isWithin(hours, this.#from)) return;
    const day = Math.floor(this.#from / DAY);
    const key = keyOf(this.#country.seed, subscriber.place, address + port, day);
    this.#waits.restart(key);
    const connection = this.#connection;
    connection.server = address;
    connection.serverPort = port;
    connection.protocol = protocol;
    connection.planted = regular.planted;
    const period = periodSeconds * 1000;
    let at = day * DAY + this.#waits.fraction() * period;
    for (let i = 0; at < this.#from + HOUR; i++) {
      if (at >= this.#from) this.#exchange(subscriber, regular, at, keyOf(key, n, i));
      at += period * (1 + jitter * (2 * this.#waits.fraction() - 1));
    }
  }

  #exchange(subscriber: Subscriber, { visit, kind, keepsPort, port }: Regular, at: number, key: number): void {
    const connection = this.#connection;
    const size = 1 + visit.spread * (2 * ((key & 0xffff) / 0x1_0000) - 1);
    connection.packetsUp = Math.max(1, Math.round(visit.packetsUp * size));
    connection.packetsDown = Math.max(1, Math.round(visit.packetsDown * size));
    connection.bytesUp = Math.round(visit.bytesUp * size);
    connection.bytesDown = Math.round(visit.bytesDown * size);
    connection.durationMs = visit.durationMs;
    connection.isOngoing = keepsPort === true;
    // Clocks and tunnels keep their port, connections kept alive theirs of the day.
    connection.clientPort = kind === 'ntp' || kind === 'tunnel' ? port : ephemeral(keepsPort ? keyOf(subscriber.place, port) : key);
    this.#send(subscriber, at, key);
  }

  #send(subscriber: Subscriber, at: number, key: number): void {
    const connection = this.#connection;
    connection.at = Math.round(at);
    connection.client = addressOf(this.#country, subscriber.host, at);
    connection.key = key;
    this.#take(connection);
  }

  #atRandom(subscriber: Subscriber, mean: number, prepare: () => void): void {
    const count = eventCount(mean, this.#random.fraction());
    for (let i = 0; i < count; i++) {
      const at = this.#from + this.#random.fraction() * HOUR;
      const key = this.#random.next();
      this.#connection.clientPort = ephemeral(key);
      prepare();
      this.#send(subscriber, at, key);
      if (subscriber.usesPublicResolver && this.#connection.serverPort === 443) this.#ask(subscriber, at, key);
    }
  }

  #set(server: number, port: number, protocol: number): void {
    this.#connection.server = server;
    this.#connection.serverPort = port;
    this.#connection.protocol = protocol;
  }

  #size(packetsUp: number, packetsDown: number, bytesUp: number, bytesDown: number, durationMs: number): void {
    const connection = this.#connection;
    connection.packetsUp = packetsUp;
    connection.packetsDown = packetsDown;
    connection.bytesUp = bytesUp;
    connection.bytesDown = bytesDown;
    connection.durationMs = durationMs;
  }

  /** Few sites have most of the visits, and everybody has a few of their own. */
  #page({ place }: Subscriber): void {
    const random = this.#random;
    const popularity = random.fraction();
    const isOwn = random.chance(0.15);
    const site = isOwn ? (place * 7 + random.below(4)) % 5000 : Math.floor(popularity * popularity * popularity * WEB_SITES);
    this.#set(isOwn ? ipv4(245, 1, 0, 0) + site : webSite(site), 443, TCP);
    const packets = 8 + random.below(40);
    this.#size(packets, packets + random.below(60), 600 + random.below(9000), 3000 + random.below(90_000), 200 + random.below(20_000));
  }

  #film(): void {
    this.#set(videoSite(this.#random.below(8)), 443, TCP);
    const minutes = 5 + this.#random.below(25);
    this.#size(minutes * 300, minutes * 900, minutes * 18_000, minutes * 1_200_000, minutes * 60_000);
  }

  #scan(): void {
    this.#set((ipv4(240, 0, 0, 0) + this.#random.below(0x0400_0000)) >>> 0, 23, TCP);
    this.#size(1, 0, 40, 0, 0);
  }

  #ask(subscriber: Subscriber, at: number, key: number): void {
    this.#set(publicResolver(key & 1), 53, UDP);
    this.#size(1, 1, 68, 130, 15);
    this.#connection.clientPort = ephemeral(key >>> 3);
    this.#send(subscriber, at - 20, key ^ 0x5555);
  }
}

const ephemeral = (key: number): number => 32_768 + (key % 28_000);

function isWithin([from, to]: readonly [number, number], at: number): boolean {
  const hour = Math.floor(at / HOUR + 9) % 24;
  return hour >= from && hour < to;
}

function emptyConnection(): Connection {
  return {
    at: 0,
    durationMs: 0,
    client: 0,
    server: 0,
    clientPort: 0,
    serverPort: 0,
    protocol: 0,
    packetsUp: 0,
    packetsDown: 0,
    bytesUp: 0,
    bytesDown: 0,
    isOngoing: false,
    line: 0,
    planted: -1,
    key: 0,
  };
}
