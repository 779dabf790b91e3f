/**
 * Flow records seen from the servers: who serves, how many talk to it, and the rhythm
 * in which they do.
 *
 * A record says source and destination, not client and server. A port below 1024 on one
 * end only decides; the reverse half of a biflow decides. With two high ports both ends
 * are looked at as if they served: the end that was the client used a port of its own for
 * every connection, nobody else ever met it there, and so it falls away by itself.
 *
 * Only conversations count. A SYN that nobody acknowledged is a knock, and what bots
 * have most in common is whom they knock at. For the same reason an infected host's
 * contacts do not count on a port on which it mostly knocks in vain: it is scanning
 * there, and who happened to answer is a victim.
 */
import { formatAddress, isMappedIpv4, parseAddress } from '../../../domain/address.ts';
import type {
  C2ClientSeries,
  C2FlowReader,
  C2FlowScope,
  C2Indicator,
  C2Population,
  C2SeedHost,
  C2Seeds,
  C2ServerRow,
} from '../../../domain/c2-flows.ts';
import { YaguraError } from '../../../engine/errors.ts';
import type { Engine, Row } from '../engine.ts';
import { joinSql, type Sql, sql, trusted } from '../sql.ts';
import { inPeriod } from './conditions.ts';
import { toAddressText } from './values.ts';

const QUERY_SECONDS = 300;
/** What fits into one question. */
const MOST_HOSTS = 25_000;
const KEYS_PER_QUESTION = 4000;
const CLIENTS_PER_PAGE = 20_000;
/** A host that knocked in vain at so many servers of one port, and at more than answered, scans it. */
const SCANNED_SERVERS = 20;
/** A host with an ephemeral port that met so many well-known services is somebody's computer. */
const SERVICES_OF_A_CLIENT = 3;

const ROLES: Sql = trusted(`multiIf(is_reverse = 1, [1], bitAnd(tcp_flags, 18) = 2, [0],
  (source_port < 1024) = (destination_port < 1024), [0, 1], destination_port < 1024, [0], [1])`);

/** One row for each way a record can be read; role 0: towards the server, 1: from it. */
function oriented(scope: C2FlowScope): Sql {
  return sql`(SELECT if(role = 0, destination, source) AS server, if(role = 0, destination_port, source_port) AS port,
      if(role = 0, source, destination) AS client, if(role = 0, source_port, destination_port) AS client_port,
      if(role = 0, destination_asn, source_asn) AS asn,
      protocol, role, tcp_flags, toUInt64(minute) * 1000 + start_ms AS at, duration_ms, packets, bytes,
      greatest(sampling, 1) AS rate, cityHash64(server, port, protocol) AS key
    FROM (SELECT *, arrayJoin(${ROLES}) AS role FROM flow WHERE ${inPeriod(scope)} AND protocol IN (6, 17)))`;
}

/** Both sides spoke: data over UDP, an acknowledgement over TCP that does not merely refuse; flags of 0 were not exported. */
const isConversation: Sql = trusted(`(protocol = 17 OR tcp_flags = 0
  OR (bitAnd(tcp_flags, 16) != 0 AND (role = 0 OR bitAnd(tcp_flags, 4) = 0 OR bitAnd(tcp_flags, 2) != 0)))`);

const bytesOf = (address: string): Uint8Array => {
  const bytes = parseAddress(address);
  if (!bytes) throw new YaguraError('usage', 'a seed must be an IPv4 or IPv6 address');
  return bytes;
};

const MAPPED = 12;

/** A set of addresses as one literal for IPv4 and one for IPv6: a list of literals would be eight times as long. */
function addressSet(addresses: readonly string[]): Sql {
  const all = addresses.map(bytesOf);
  const ipv4 = all.filter(isMappedIpv4).map((bytes) => bytes.subarray(MAPPED));
  const ipv6 = all.filter((bytes) => !isMappedIpv4(bytes));
  const head = sql`unhex('00000000000000000000FFFF')`;
  return sql`(SELECT arrayJoin(arrayConcat(
    arrayMap(i -> toFixedString(concat(${head}, substring(base64Decode(${toBase64(ipv4)}), i * 4 + 1, 4)), 16), range(${ipv4.length})),
    arrayMap(i -> toFixedString(substring(base64Decode(${toBase64(ipv6)}), i * 16 + 1, 16), 16), range(${ipv6.length})))))`;
}

const toBase64 = (parts: readonly Uint8Array[]): string => Buffer.concat(parts).toString('base64');
const addressesOf = (hosts: readonly C2SeedHost[]): string[] => hosts.map(({ address }) => address);
const NOBODY: Sql = trusted('0');
const isAmong = (column: string, addresses: readonly string[]): Sql =>
  addresses.length === 0 ? NOBODY : sql`${trusted(column)} IN ${addressSet(addresses)}`;

function isNamed(servers: readonly C2Indicator[]): Sql {
  if (servers.length === 0) return NOBODY;
  const each = servers.map(({ address, port, transport }) => {
    const conditions = [sql`server = ${bytesOf(address)}`];
    if (port !== null) conditions.push(sql`port = ${port}`);
    if (transport !== null) conditions.push(sql`protocol = ${transport === 'tcp' ? 6 : 17}`);
    return sql`(${joinSql(conditions, ' AND ')})`;
  });
  return sql`(${joinSql(each, ' OR ')})`;
}

export function createC2Reader(engine: Engine): C2FlowReader {
  const ask = (question: Sql): Promise<readonly Row[]> => engine.query(question, { timeoutSeconds: QUERY_SECONDS });
  return {
    population: (scope) => readPopulation(ask, scope),
    seedHosts: (scope, hosts) => readSeedHosts(ask, scope, hosts),
    clientsOf: (scope, servers, most) => readClientsOf(ask, scope, servers, most),
    servers: (scope, seeds) => readServers(ask, scope, seeds),
    series: (scope, hosts, keys, clientsEach) => readSeries(ask, scope, hosts, keys, clientsEach),
    metBefore: (scope, keys, days) => readMetBefore(ask, scope, keys, days),
    ordinaryClients: (scope, addresses) => readOrdinaryClients(ask, scope, addresses),
  };
}

type Ask = (question: Sql) => Promise<readonly Row[]>;

async function readPopulation(ask: Ask, scope: C2FlowScope): Promise<C2Population> {
  const [[clients, flows, fine, tenth, answers] = []] = await ask(sql`SELECT uniq(client), count(),
      countIf(at % 1000 != 0), countIf(at % 100 != 0), countIf(protocol = 17 AND role = 1 AND port < 1024)
    FROM ${oriented(scope)} WHERE ${isConversation} AND (port < 1024 OR role = 0)`);
  const [[servers, contacts] = []] = await ask(sql`SELECT countIf(n > 1), sum(n)
    FROM (SELECT uniq(client) AS n FROM ${oriented(scope)} WHERE ${isConversation} GROUP BY key)`);
  return {
    clients: Number(clients),
    servers: Number(servers),
    contacts: Number(contacts),
    flows: Number(flows),
    precisionMs: Number(fine) === 0 ? 1000 : Number(tenth) === 0 ? 100 : 1,
    showsUdpAnswers: Number(answers) > 0,
  };
}

async function readSeedHosts(ask: Ask, scope: C2FlowScope, hosts: readonly C2SeedHost[]): Promise<C2SeedHost[]> {
  const found = new Set<string>();
  for (let from = 0; from < hosts.length; from += MOST_HOSTS) {
    const part = addressesOf(hosts.slice(from, from + MOST_HOSTS));
    const rows = await ask(
      sql`SELECT DISTINCT hex(client) FROM ${oriented(scope)} WHERE ${isConversation} AND client IN ${addressSet(part)}`,
    );
    for (const [client] of rows) found.add(toAddressText(client));
  }
  return hosts.filter(({ address }) => found.has(formatAddress(bytesOf(address)))).slice(0, MOST_HOSTS);
}

async function readClientsOf(ask: Ask, scope: C2FlowScope, servers: readonly C2Indicator[], most: number): Promise<C2SeedHost[]> {
  if (servers.length === 0) return [];
  const rows = await ask(sql`SELECT hex(any(server)), any(port), any(protocol), groupUniqArray(${most + 1})(hex(client)) AS clients
    FROM ${oriented(scope)} WHERE ${isConversation} AND ${isNamed(servers)} GROUP BY key HAVING length(clients) <= ${most}`);
  const hosts = new Map<string, C2SeedHost>();
  for (const [server, port, protocol, clients] of rows) {
    const family = familyOf(servers, toAddressText(server), Number(port), Number(protocol));
    for (const client of clients as readonly string[]) {
      const address = toAddressText(client);
      hosts.set(address, { address, family: hosts.get(address)?.family ?? family });
    }
  }
  return [...hosts.values()];
}

function familyOf(servers: readonly C2Indicator[], address: string, port: number, protocol: number): string | null {
  const transport = protocol === 6 ? 'tcp' : 'udp';
  const named = servers.find(
    (one) =>
      formatAddress(bytesOf(one.address)) === address &&
      (one.port === null || one.port === port) &&
      (one.transport === null || one.transport === transport),
  );
  return named?.family ?? null;
}

/** Pairs of host and port on which the host scans. */
function scannedPorts(scope: C2FlowScope, hosts: readonly string[]): Sql {
  return sql`SELECT client, port, protocol FROM ${oriented(scope)} WHERE role = 0 AND protocol = 6 AND client IN ${addressSet(hosts)}
    GROUP BY client, port, protocol
    HAVING uniqIf(server, bitAnd(tcp_flags, 18) = 2) >= ${SCANNED_SERVERS} AND uniqIf(server, bitAnd(tcp_flags, 18) = 2) * 2 > uniq(server)`;
}

async function readServers(ask: Ask, scope: C2FlowScope, { hosts, servers }: C2Seeds): Promise<C2ServerRow[]> {
  const addresses = addressesOf(hosts);
  const isSeed =
    addresses.length === 0
      ? NOBODY
      : sql`(client IN ${addressSet(addresses)} AND (client, port, protocol) NOT IN (${scannedPorts(scope, addresses)}))`;
  const rows =
    await ask(sql`SELECT toString(key), hex(any(server)), any(port), any(protocol), uniq(client), uniqExactIf(client, is_seed) AS seeds,
      countIf(is_seed), count(), sum(packets * rate), sum(bytes * rate), countIf(role = 1), min(at), max(at), max(rate), any(asn)
    FROM (SELECT *, ${isSeed} AS is_seed FROM ${oriented(scope)} WHERE ${isConversation})
    GROUP BY key HAVING seeds > 0 OR max(${isNamed(servers)})`);
  return rows.map(toServer);
}

function toServer(row: Row): C2ServerRow {
  const [key, server, port, protocol, clients, seeds, seedFlows, flows, packets, bytes, answers, first, last, rate, asn] = row;
  return {
    key: String(key),
    address: toAddressText(server),
    port: Number(port),
    transport: Number(protocol) === 6 ? 'tcp' : 'udp',
    clients: Number(clients),
    seedClients: Number(seeds),
    seedFlows: Number(seedFlows),
    flows: Number(flows),
    packets: Number(packets),
    bytes: Number(bytes),
    answers: Number(answers),
    firstSeenAt: Number(first),
    lastSeenAt: Number(last),
    sampling: Number(rate),
    asn: Number(asn),
  };
}

const keyList = (keys: readonly string[]): Sql =>
  joinSql(
    keys.map((key) => sql`${BigInt(key)}`),
    ', ',
  );

async function* readSeries(
  ask: Ask,
  scope: C2FlowScope,
  hosts: readonly C2SeedHost[],
  keys: readonly string[],
  clientsEach: number,
): AsyncIterable<readonly C2ClientSeries[]> {
  const families = familiesOf(hosts);
  const perPage = Math.min(KEYS_PER_QUESTION, Math.max(1, Math.floor(CLIENTS_PER_PAGE / clientsEach)));
  for (let from = 0; from < keys.length; from += perPage) {
    const page = keys.slice(from, from + perPage);
    // Towards the server where that was seen, else what came back.
    const rows = await ask(sql`SELECT toString(key), family,
        if(length(there) > 0, there, back) AS series,
        arrayMap(x -> x.1, series), arrayMap(x -> x.2, series), arrayMap(x -> x.3, series), arrayMap(x -> x.4, series), arrayMap(x -> x.5, series)
      FROM (SELECT key, client, any(${familyPlace(hosts, families)}) AS family,
          arraySort(groupArrayIf((at, duration_ms, bytes, packets, client_port), role = 0)) AS there,
          arraySort(groupArrayIf((at, duration_ms, bytes, packets, client_port), role = 1)) AS back
        FROM ${oriented(scope)} WHERE ${isConversation} AND key IN (${keyList(page)}) GROUP BY key, client)
      ORDER BY key, family < 0, cityHash64(client) LIMIT ${clientsEach} BY key`);
    yield rows.map((row) => toSeries(row, families));
  }
}

/** The place of a client's family in the list; -1: no infected host. */
function familyPlace(hosts: readonly C2SeedHost[], families: readonly (string | null)[]): Sql {
  if (families.length === 0) return trusted('toInt32(-1)');
  const cases = families.map((family, place) => {
    const members = hosts.filter((host) => host.family === family);
    return sql`client IN ${addressSet(addressesOf(members))}, toInt32(${place})`;
  });
  return sql`multiIf(${joinSql(cases, ', ')}, toInt32(-1))`;
}

const familiesOf = (hosts: readonly C2SeedHost[]): (string | null)[] => [...new Set(hosts.map(({ family }) => family))];

function toSeries(row: Row, families: readonly (string | null)[]): C2ClientSeries {
  const [key, family, , at, duration, bytes, packets, port] = row;
  return {
    key: String(key),
    isSeed: Number(family) >= 0,
    family: families[Number(family)] ?? null,
    startedAt: toNumbers(at),
    durationMs: toNumbers(duration),
    bytes: toNumbers(bytes),
    packets: toNumbers(packets),
    clientPort: Uint16Array.from(port as readonly number[]),
  };
}

const toNumbers = (values: unknown): Float64Array => Float64Array.from(values as readonly unknown[], Number);

const DAY_MS = 86_400_000;

async function readMetBefore(ask: Ask, scope: C2FlowScope, keys: readonly string[], days: number): Promise<ReadonlyMap<string, number>> {
  const met = new Map<string, number>();
  const before = { ...scope, from: scope.from - days * DAY_MS, to: scope.from };
  for (let from = 0; from < keys.length; from += KEYS_PER_QUESTION) {
    const page = keys.slice(from, from + KEYS_PER_QUESTION);
    const rows = await ask(sql`SELECT toString(key), min(at) FROM ${oriented(before)}
      WHERE ${isConversation} AND key IN (${keyList(page)}) GROUP BY key`);
    for (const [key, at] of rows) met.set(String(key), Number(at));
  }
  return met;
}

async function readOrdinaryClients(ask: Ask, scope: C2FlowScope, addresses: readonly string[]): Promise<ReadonlySet<string>> {
  if (addresses.length === 0) return new Set();
  const rows = await ask(sql`SELECT hex(client) FROM ${oriented(scope)}
    WHERE ${isConversation} AND role = 0 AND port < 1024 AND client_port >= 1024 AND ${isAmong('client', addresses)}
    GROUP BY client HAVING uniq(server) >= ${SERVICES_OF_A_CLIENT}`);
  return new Set(rows.map(([client]) => toAddressText(client)));
}
