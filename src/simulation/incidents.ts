/**
 * What tests the detectors beyond the usual day: surges on a port, a slow campaign, a worm
 * that carries a scanning tool, many infected devices behind one address, floods that
 * overlap, and a flood of forged hosts that send one packet each.
 *
 * Planted small beside the rest: a detector has to find them in a day that looks like any
 * other. The forged hosts are planted to be kept quiet about.
 */
import {
  type Actor,
  always,
  BOT_VARIANTS,
  foreignHost,
  MIRAI,
  organisationRoles,
  type PlantedTruth,
  SCANNER,
  TELNET_PORTS,
  VICTIM,
} from './actors.ts';
import { type Country, chapterOf, DAY, deviceOf, HOUR, lineOfRank, MINUTE, type PortEvent, providerBlock } from './country.ts';
import { fractionOf, keyOf } from './random.ts';

/** Ports one slow campaign seeks together, and nobody else does. */
export const CAMPAIGN_PORTS = [5901, 8728, 3780] as const;
/** Unprotected databases and container services: worms on servers seek both, with masscan on board. */
const WORM_PORTS = [6379, 2375] as const;

export const CAMPAIGN_GROUP = 'campaign';
export const surgeGroup = (event: PortEvent): string => `surge:${event.port}:${event.from}`;
export const onePacketGroup = (event: PortEvent): string => `one-packet-hosts:${event.port}:${event.from}`;

const UDP_VICTIM: PlantedTruth = { kind: 'dos-victim', identifier: 'udp-flood', alsoTrue: [] };
const PING_VICTIM: PlantedTruth = { kind: 'dos-victim', identifier: 'icmp-flood', alsoTrue: [] };

const perDay = (packets: number): number => packets / (DAY / MINUTE);
/** Sizes grow with the square root of the traffic, so that an event stays small beside a large day. */
const growth = (country: Country): number => Math.sqrt(country.size.packetsPerDay / 300_000);

/** Those who are there every day. */
export function residentIncidents(country: Country): Actor[] {
  return [...campaign(country), ...worm(country), ...behindOneAddress(country)];
}

/** Those whom one chapter brings. */
export function chapterIncidents(country: Country, number: number): Actor[] {
  const { surges, onePacketHosts } = chapterOf(country, number);
  return [
    ...surges.flatMap((event, n) => surge(country, event, 0x3000_0000 + ((number * 2 + n) % 4096) * 0x1_0000)),
    forgedHosts(country, onePacketHosts, number),
    ...floods(country, number),
  ];
}

function campaign(country: Country): Actor[] {
  return Array.from({ length: Math.round(40 * growth(country)) }, (_, n) => ({
    id: 0x0800_0000 + n,
    behaviour: 'own-tool',
    host: foreignHost(country, 0x70_0000 + n),
    perMinute: perDay(24 + (keyOf(country.seed, 0xca3, n) % 25)),
    rhythm: 'flat',
    ...always,
    ports: CAMPAIGN_PORTS,
    truth: SCANNER.unknown,
    group: CAMPAIGN_GROUP,
  }));
}

function worm(country: Country): Actor[] {
  return Array.from({ length: Math.round(12 * growth(country)) }, (_, n) => ({
    id: 0x0900_0000 + n,
    behaviour: 'masscan',
    host: foreignHost(country, 0x78_0000 + n),
    perMinute: perDay(60 + (keyOf(country.seed, 0x3035, n) % 240)),
    rhythm: 'flat',
    ...always,
    ports: WORM_PORTS,
    truth: SCANNER.masscan,
  }));
}

/** A mobile provider has one address for many subscribers; several of them are infected, each by its own variant. */
function behindOneAddress(country: Country): Actor[] {
  const addresses = Math.round(3 * growth(country));
  return Array.from({ length: addresses * 4 }, (_, n) => ({
    id: 0x0a00_0000 + n,
    behaviour: 'mirai',
    host: {
      lineId: `irie-mobile-shared-${String(n).padStart(4, '0')}`,
      device: deviceOf(country, 0x0400_0000 + n, true),
      place: { address: providerBlock(4).start + 0x3_0000 + 1 + Math.floor(n / 4) },
    },
    perMinute: perDay(20 + (keyOf(country.seed, 0x0a7, n) % 80)),
    rhythm: 'evening',
    ...always,
    ports: n % 4 === 3 ? (BOT_VARIANTS[n % BOT_VARIANTS.length] ?? TELNET_PORTS) : TELNET_PORTS,
    truth: MIRAI,
  }));
}

/** New sources join quickly within the first hour; every fifth is in the country. */
function surge(country: Country, event: PortEvent, firstId: number): Actor[] {
  return Array.from({ length: Math.round(110 * growth(country)) }, (_, n) => {
    const id = firstId + n;
    const lateness = fractionOf(keyOf(country.seed, 0x5a9e, id));
    const from = event.from + Math.floor(lateness * lateness * 60) * MINUTE;
    const hours = (event.to - from) / HOUR;
    return {
      id,
      behaviour: 'own-tool',
      host: n % 5 === 4 ? lineOfRank(country, country.lineCount - 1 - n) : foreignHost(country, 0x0200_0000 + (firstId & 0x00ff_0000) + n),
      perMinute: (8 + (keyOf(country.seed, 0x5a9f, id) % 40)) / (hours * 60),
      rhythm: 'flat',
      from,
      to: event.to,
      ports: [event.port],
      truth: SCANNER.unknown,
      group: surgeGroup(event),
    };
  });
}

function forgedHosts(country: Country, event: PortEvent, number: number): Actor {
  const packets = country.size.packetsPerDay * 0.006;
  return {
    id: 0x0b00_0000 + (number % 4096),
    behaviour: 'one-packet-hosts',
    host: foreignHost(country, 0x30_0001), // a stand-in, like that of noise
    perMinute: packets / ((event.to - event.from) / MINUTE),
    rhythm: 'flat',
    from: event.from,
    to: event.to,
    ports: [event.port],
    truth: null,
    group: onePacketGroup(event),
  };
}

/** A second flood on the chapter's victim while the first goes on, and two hosts abroad flooded at the same time. */
function floods(country: Country, number: number): Actor[] {
  const { flood } = chapterOf(country, number);
  const firstId = 0x0c00_0000 + (number % 4096) * 4;
  const packets = Math.max(300, country.size.packetsPerDay * 0.002);
  const victim = organisationRoles(country).find(({ role }) => role === 'flood-victim');
  const abroad = (n: number) => foreignHost(country, 0x80_0000 + (number % 4096) * 4 + n);
  const one = (n: number, minutesLater: number, minutes: number) => ({
    id: firstId + n,
    behaviour: 'flood-answer' as const,
    perMinute: packets / minutes,
    rhythm: 'flood' as const,
    from: flood.from + minutesLater * MINUTE,
    to: flood.from + (minutesLater + minutes) * MINUTE,
  });
  const second: Actor[] = victim ? [{ ...one(0, 15, 40), host: victim.host, ports: [53], truth: VICTIM, answers: 'udp' }] : [];
  return [
    ...second,
    { ...one(1, 5, 25), host: abroad(1), ports: [123], truth: UDP_VICTIM, answers: 'udp' },
    { ...one(2, 10, 20), host: abroad(2), ports: [], truth: PING_VICTIM, answers: 'ping' },
    { ...one(3, 20, 30), host: abroad(3), ports: [8080], truth: VICTIM, answers: 'rst' },
  ];
}
