/**
 * What may stand on the list of C&C servers that leaves this system, and what keeps a
 * client's address off it.
 *
 * The list has seven fields. Six cannot carry an address other than the server's by their
 * form. The seventh, the family, is a word from a closed list: a free text from somebody's
 * indicator could spell any address in a hundred ways, so a name that is not known here
 * is left out rather than searched for hidden digits.
 */
import { compareAddresses, contains, formatAddress, type Prefix, parseAddress, parsePrefix } from './address.ts';
import { C2_METHODS, type C2Candidate, type C2ListEntry } from './c2.ts';
import type { Text } from './text.ts';

/** Public names of families. Those who miss one add it here, by review, not by data. */
const FAMILIES = [
  'AgentTesla',
  'Andromeda',
  'AsyncRAT',
  'Avalanche',
  'BazarLoader',
  'BlackEnergy',
  'Bumblebee',
  'CobaltStrike',
  'Conficker',
  'DanaBot',
  'DarkComet',
  'DarkGate',
  'Dridex',
  'Emotet',
  'FormBook',
  'Gafgyt',
  'Gozi',
  'Gozi ISFB',
  'Hajime',
  'Havoc',
  'IcedID',
  'Kelihos',
  'LokiBot',
  'LuaBot',
  'Lumma',
  'Metasploit',
  'Mirai',
  'Mozi',
  'Necurs',
  'NetSupport',
  'NetWire',
  'NjRAT',
  'Pikabot',
  'PlugX',
  'Pushdo',
  'QakBot',
  'QuasarRAT',
  'Ramnit',
  'RapperBot',
  'RedLine',
  'Remcos',
  'Sality',
  'ShadowPad',
  'Sliver',
  'SmokeLoader',
  'SocGholish',
  'StealC',
  'SystemBC',
  'TrickBot',
  'Tsunami',
  'Vidar',
  'Virut',
  'VPNFilter',
  'XorDDoS',
  'ZeroAccess',
  'Zeus',
] as const; // prettier-ignore

const plain = (name: string): string => name.toLowerCase().replaceAll(/[\s_.-]/g, '');
const BY_PLAIN_NAME = new Map(FAMILIES.map((name) => [plain(name), name]));

/** The public name of a family, or undefined for anything that is none. */
export const knownFamily = (name: string | null): string | undefined => (name === null ? undefined : BY_PLAIN_NAME.get(plain(name)));

export const FAMILY_NAMES: readonly string[] = FAMILIES;

/** Blocks in which no server of the open Internet is; RFC 6890 and its successors' registries. */
const NOT_PUBLIC: readonly Prefix[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/127',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
].flatMap((text) => parsePrefix(text) ?? []); // prettier-ignore

const isPublic = (text: string): boolean => {
  const address = parseAddress(text);
  return address !== undefined && !NOT_PUBLIC.some((block) => contains(block, address));
};

/** What is known of a candidate's address beside its score. */
export interface ServerFacts {
  /** In a range of somebody we serve: it may be a subscriber. */
  readonly isOwnRange: boolean;
  /** It was a client of a candidate, or is itself infected, in the period of the run. */
  readonly isClient: boolean;
}

export type Withheld = 'not-public' | 'no-server-port' | 'own-range' | 'client';

const WITHHELD: Readonly<Record<Withheld, Text>> = {
  'not-public': { ja: 'インターネットに公開されたアドレスではありません。', en: 'It is not an address of the open Internet.' },
  'no-server-port': { ja: 'サーバーのポートがありません。', en: 'It has no server port.' },
  'own-range': {
    ja: '対象組織の範囲のアドレスで、利用者かもしれません。第三者の指標がこのアドレスとポートをC&Cサーバーとしている場合だけ、確認できます。',
    en: 'It is in a range of somebody we serve and may be a subscriber. It can be confirmed only when somebody else’s indicator names this address and port as a C&C server.',
  },
  client: {
    ja: '同じ期間に利用者の側として通信しています。第三者の指標がこのアドレスとポートをC&Cサーバーとしている場合だけ、確認できます。',
    en: 'In the same period it acted as a client. It can be confirmed only when somebody else’s indicator names this address and port as a C&C server.',
  },
};

export const withheldText = (reason: Withheld): Text => WITHHELD[reason];

/**
 * Why a candidate may not leave; undefined when it may. Our own statistics alone never make
 * a server of an address that may be a person's: that needs another's evidence.
 */
export function withheldFor(candidate: Pick<C2Candidate, 'address' | 'port' | 'methods'>, facts: ServerFacts): Withheld | undefined {
  if (!isPublic(candidate.address)) return 'not-public';
  if (!Number.isInteger(candidate.port) || candidate.port < 1 || candidate.port > 65_535) return 'no-server-port';
  const isNamedByAnother = candidate.methods.includes('indicator');
  if (facts.isOwnRange && !isNamedByAnother) return 'own-range';
  return facts.isClient && !isNamedByAnother ? 'client' : undefined;
}

const MINUTE = 60_000;
/** To the minute: the list says when a server was active, not when somebody called it. */
const toMinute = (at: number): string => `${new Date(Math.floor(at / MINUTE) * MINUTE).toISOString().slice(0, 16)}:00Z`;

/** The line of the list. Everything is made anew; nothing is passed on as it came. */
export function toListEntry(candidate: Omit<C2Candidate, 'features' | 'because'>): C2ListEntry {
  const address = parseAddress(candidate.address);
  const family = knownFamily(candidate.family);
  return {
    address: address ? formatAddress(address) : '',
    port: candidate.port,
    first: toMinute(candidate.firstSeenAt),
    last: toMinute(candidate.lastSeenAt),
    score: Math.round(candidate.score * 1000) / 1000,
    method: [...new Set(candidate.methods)].toSorted().join('+'),
    ...(family === undefined ? {} : { family }),
  };
}

const ADDRESS_LIKE = /[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*|\d{1,3}(?:\.\d{1,3}){3}/gi;
const INVISIBLE = /[\u200b-\u200f\u2060\ufeff\u00ad]/g;

/** Whether a text names an address other than the server's own; wide digits and invisible signs hide nothing. */
export function namesAnotherAddress(text: string, server: string): boolean {
  const own = parseAddress(server);
  const words = text.normalize('NFKC').replaceAll(INVISIBLE, '').match(ADDRESS_LIKE) ?? [];
  const found = words.flatMap((word) => parseAddress(word) ?? parseAddress(word.replace(/[.:]+$/, '')) ?? []);
  return found.some((address) => own === undefined || compareAddresses(address, own) !== 0);
}

/** A family as the workbench may show it: letters, so that no number is smuggled in; the list takes known names alone. */
export const shownFamily = (name: string | null): string | null =>
  name === null ? null : (knownFamily(name) ?? (/^[A-Za-z][A-Za-z ._-]{0,39}$/.test(name) ? name : null));

const FEATURE = /^[a-z][A-Za-z0-9-]{0,39}$/;

/** A candidate as it may be stored: about a server, told in numbers, naming nobody else. */
export function isAboutServerOnly(candidate: C2Candidate): boolean {
  const texts = [candidate.family ?? '', candidate.because.ja, candidate.because.en];
  const features = Object.entries(candidate.features);
  const { score, port, methods, firstSeenAt, lastSeenAt } = candidate;
  return (
    parseAddress(candidate.address) !== undefined &&
    methods.every((method) => C2_METHODS.includes(method)) &&
    [port, firstSeenAt, lastSeenAt].every((number) => Number.isSafeInteger(number) && number >= 0) &&
    score >= 0 &&
    score <= 1 &&
    texts.every((text) => !namesAnotherAddress(text, candidate.address)) &&
    features.every(([name, value]) => FEATURE.test(name) && (value === null || Number.isFinite(value)))
  );
}
