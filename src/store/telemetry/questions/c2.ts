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
  C2Survey,
} from '../../../domain/c2-flows.ts';
import { YaguraError } from '../../../engine/errors.ts';
import type { Engine, Row } from '../engine.ts';
import { joinSql, type Sql, sql, trusted } from '../sql.ts';
import { inPeriod } from './conditions.ts';
import { toAddressText } from './values.ts';

const QUERY_SECONDS = 300;
/** What fits into one question. */
const MOST_HOSTS = 25_000;
const SERVERS_PER_QUESTION = 2000;
const CLIENTS_PER_PAGE = 20_000;
/** So many clients of a named server are looked at, however few there are in all. */
const FEW_CLIENTS = 20;
/** A host that knocked in vain at so many servers of one port, and at more than answered, scans it. */
const SCANNED_SERVERS = 20;
/** A host with an ephemeral port that met so many well-known services is somebody's computer. */
const SERVICES_OF_A_CLIENT = 3;

/** Conditions on the ends of a record, either of which may be the server: read before anything else, so that few rows go on. */
interface Ends {
  readonly servers?: readonly string[];
  readonly clients?: readonly string[];
}

/**
 * One row for each way a record can be read; role 0: towards the server, 1: from it.
 * Reading the table once for each role is faster than making two rows of one.
 */
function oriented(scope: C2FlowScope, ends: Ends = {}): Sql {
  const knocks = trusted('bitAnd(tcp_flags, 18) = 2');
  const bothHigh = trusted('(source_port >= 1024 AND destination_port >= 1024)');
  const bothLow = trusted('(source_port < 1024 AND destination_port < 1024)');
  const either = sql`${bothHigh} OR ${bothLow}`;
  const there = sql`is_reverse = 0 AND (${knocks} OR ${either} OR destination_port < 1024)`;
  const back = sql`(is_reverse = 1 OR (NOT ${knocks} AND (${either} OR source_port < 1024)))`;
  return sql`(${half(scope, ends, 0, 'destination', 'source', there)} UNION ALL ${half(scope, ends, 1, 'source', 'destination', back)})`;
}

type End = 'source' | 'destination';

function half(scope: C2FlowScope, ends: Ends, role: 0 | 1, server: End, client: End, isRead: Sql): Sql {
  const conditions = [
    inPeriod(scope),
    trusted('protocol IN (6, 17)'),
    ...(ends.servers ? [isAmong(server, ends.servers)] : []),
    ...(ends.clients ? [isAmong(client, ends.clients)] : []),
    isRead,
  ];
  return sql`SELECT ${trusted(server)} AS server, ${trusted(`${server}_port`)} AS port, ${trusted(client)} AS client,
      ${trusted(`${client}_port`)} AS client_port, ${trusted(`${server}_asn`)} AS asn, protocol, toUInt8(${role}) AS role, tcp_flags,
      toUInt64(minute) * 1000 + start_ms AS at, duration_ms, packets, bytes, greatest(sampling, 1) AS rate,
      cityHash64(server, port, protocol) AS key
    FROM flow WHERE ${joinSql(conditions, ' AND ')}`;
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

function isNamed(servers: readonly C2Indicator[], prefix: '' | 'its_' = ''): Sql {
  const column = (name: string): Sql => trusted(`${prefix}${name}`);
  if (servers.length === 0) return NOBODY;
  const each = servers.map(({ address, port, transport }) => {
    const conditions = [sql`${column('server')} = ${bytesOf(address)}`];
    if (port !== null) conditions.push(sql`${column('port')} = ${port}`);
    if (transport !== null) conditions.push(sql`${column('protocol')} = ${transport === 'tcp' ? 6 : 17}`);
    return sql`(${joinSql(conditions, ' AND ')})`;
  });
  return sql`(${joinSql(each, ' OR ')})`;
}

export function createC2Reader(engine: Engine): C2FlowReader {
  const ask = (question: Sql): Promise<readonly Row[]> => engine.query(question, { timeoutSeconds: QUERY_SECONDS });
  return {
    seedHosts: (scope, hosts) => readSeedHosts(ask, scope, hosts),
    clientsOf: (scope, servers, mostShare) => readClientsOf(ask, scope, servers, mostShare),
    survey: (scope, seeds) => readSurvey(ask, scope, seeds),
    series: (scope, hosts, servers, clientsEach) => readSeries(ask, scope, hosts, servers, clientsEach),
    metBefore: (scope, servers, days) => readMetBefore(ask, scope, servers, days),
    ordinaryClients: (scope, addresses) => readOrdinaryClients(ask, scope, addresses),
  };
}

type Ask = (question: Sql) => Promise<readonly Row[]>;

async function readSeedHosts(ask: Ask, scope: C2FlowScope, hosts: readonly C2SeedHost[]): Promise<C2SeedHost[]> {
  const found = new Set<string>();
  for (let from = 0; from < hosts.length; from += MOST_HOSTS) {
    const part = addressesOf(hosts.slice(from, from + MOST_HOSTS));
    const rows = await ask(sql`SELECT DISTINCT hex(client) FROM ${oriented(scope, { clients: part })} WHERE ${isConversation}`);
    for (const [client] of rows) found.add(toAddressText(client));
  }
  return hosts.filter(({ address }) => found.has(formatAddress(bytesOf(address)))).slice(0, MOST_HOSTS);
}

async function readClientsOf(ask: Ask, scope: C2FlowScope, servers: readonly C2Indicator[], mostShare: number): Promise<C2SeedHost[]> {
  if (servers.length === 0) return [];
  const named = oriented(scope, { servers: servers.map(({ address }) => address) });
  const rows = await ask(sql`SELECT hex(any(server)), any(port), any(protocol), groupUniqArray(${MOST_HOSTS})(hex(client)) AS clients
    FROM ${named} WHERE ${isConversation} AND ${isNamed(servers)} GROUP BY key
    HAVING length(clients) <= greatest(${FEW_CLIENTS}, ${mostShare} * (SELECT uniq(source) FROM flow WHERE ${inPeriod(scope)}))`);
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

/** Pairs of host and port on which the host scans, as hashes. */
function scannedPorts(scope: C2FlowScope, clients: readonly string[]): Sql {
  const inVain = trusted('uniqIf(server, bitAnd(tcp_flags, 18) = 2)');
  return sql`SELECT cityHash64(client, port, protocol) AS scanned FROM ${oriented(scope, { clients })} WHERE role = 0 AND protocol = 6
    GROUP BY scanned HAVING ${inVain} >= ${SCANNED_SERVERS} AND ${inVain} * 2 > uniq(server)`;
}

/** What infected hosts have to do with servers: few rows of the whole. */
function seedContacts(scope: C2FlowScope, clients: readonly string[]): Sql {
  return sql`(SELECT * FROM ${oriented(scope, { clients })}
    WHERE ${isConversation} AND cityHash64(client, port, protocol) NOT IN (${scannedPorts(scope, clients)}))`;
}

/** All servers are counted in one pass; of those that matter each is told with its figures. */
async function readSurvey(ask: Ask, scope: C2FlowScope, { hosts, servers }: C2Seeds): Promise<C2Survey> {
  const clients = addressesOf(hosts);
  const seeded = await readSeeded(ask, scope, clients);
  const isTouched = clients.length === 0 ? NOBODY : sql`key IN (SELECT key FROM ${seedContacts(scope, clients)})`;
  const [[all = 0, several = 0, contacts = 0, udpAnswers = 0, found = []] = []] = await ask(sql`SELECT uniqMerge(everybody),
      countIf(n > 1), sum(n), sumIf(answers, its_protocol = 17 AND its_port < 1024),
      groupArrayIf((toString(key), hex(its_server), its_port, its_protocol, n, records, scaled_packets, scaled_bytes, answers, first_at, last_at, most_rate, network),
        ${isTouched} OR ${isNamed(servers, 'its_')})
    FROM (SELECT key, any(server) AS its_server, any(port) AS its_port, any(protocol) AS its_protocol, uniq(cityHash64(client)) AS n,
        uniqStateIf(cityHash64(client), role = 0 OR port < 1024) AS everybody, count() AS records, sum(packets * rate) AS scaled_packets,
        sum(bytes * rate) AS scaled_bytes, countIf(role = 1) AS answers, min(at) AS first_at, max(at) AS last_at, max(rate) AS most_rate,
        any(asn) AS network
      FROM ${oriented(scope)} WHERE ${isConversation} GROUP BY key)`);
  const population: C2Population = {
    clients: Number(all),
    servers: Number(several),
    contacts: Number(contacts),
    precisionMs: await readPrecision(ask, scope),
    showsUdpAnswers: Number(udpAnswers) > 0,
  };
  return { population, servers: (found as readonly Row[]).map((row) => toServer(row, seeded)) };
}

interface Seeded {
  readonly seedClients: number;
  readonly seedFlows: number;
}

async function readSeeded(ask: Ask, scope: C2FlowScope, clients: readonly string[]): Promise<ReadonlyMap<string, Seeded>> {
  if (clients.length === 0) return new Map();
  const rows = await ask(sql`SELECT toString(key), uniqExact(client), count() FROM ${seedContacts(scope, clients)} GROUP BY key`);
  return new Map(
    rows.map(([key, seedClients, seedFlows]) => [String(key), { seedClients: Number(seedClients), seedFlows: Number(seedFlows) }]),
  );
}

/** Exporters that state whole seconds, or tenths, never state anything between. */
async function readPrecision(ask: Ask, scope: C2FlowScope): Promise<number> {
  const [[fine, tenths] = []] = await ask(
    sql`SELECT countIf(start_ms % 100 != 0), countIf(start_ms % 1000 != 0) FROM flow WHERE ${inPeriod(scope)}`,
  );
  if (Number(tenths) === 0) return 1000;
  return Number(fine) === 0 ? 100 : 1;
}

const NONE: Seeded = { seedClients: 0, seedFlows: 0 };

function toServer(row: Row, seeded: ReadonlyMap<string, Seeded>): C2ServerRow {
  const [key, server, port, protocol, clients, flows, packets, bytes, answers, first, last, rate, asn] = row;
  return {
    key: String(key),
    address: toAddressText(server),
    port: Number(port),
    transport: Number(protocol) === 6 ? 'tcp' : 'udp',
    clients: Number(clients),
    ...(seeded.get(String(key)) ?? NONE),
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

const keysOf = (servers: readonly C2ServerRow[]): Sql =>
  joinSql(
    servers.map(({ key }) => sql`${BigInt(key)}`),
    ', ',
  );
const endsOf = (servers: readonly C2ServerRow[]): Ends => ({ servers: [...new Set(servers.map(({ address }) => address))] });

async function* readSeries(
  ask: Ask,
  scope: C2FlowScope,
  hosts: readonly C2SeedHost[],
  servers: readonly C2ServerRow[],
  clientsEach: number,
): AsyncIterable<readonly C2ClientSeries[]> {
  const families = familiesOf(hosts);
  const perPage = Math.min(SERVERS_PER_QUESTION, Math.max(1, Math.floor(CLIENTS_PER_PAGE / clientsEach)));
  for (let from = 0; from < servers.length; from += perPage) {
    const page = servers.slice(from, from + perPage);
    // Towards the server where that was seen, else what came back.
    const rows = await ask(sql`SELECT toString(key), family,
        if(length(there) > 0, there, back) AS series,
        arrayMap(x -> x.1, series), arrayMap(x -> x.2, series), arrayMap(x -> x.3, series), arrayMap(x -> x.4, series), arrayMap(x -> x.5, series)
      FROM (SELECT key, client, any(${familyPlace(hosts, families)}) AS family,
          arraySort(groupArrayIf((at, duration_ms, bytes, packets, client_port), role = 0)) AS there,
          arraySort(groupArrayIf((at, duration_ms, bytes, packets, client_port), role = 1)) AS back
        FROM ${oriented(scope, endsOf(page))} WHERE ${isConversation} AND key IN (${keysOf(page)}) GROUP BY key, client)
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

async function readMetBefore(
  ask: Ask,
  scope: C2FlowScope,
  servers: readonly C2ServerRow[],
  days: number,
): Promise<ReadonlyMap<string, number>> {
  const met = new Map<string, number>();
  const before = { ...scope, from: scope.from - days * DAY_MS, to: scope.from };
  for (let from = 0; from < servers.length; from += SERVERS_PER_QUESTION) {
    const page = servers.slice(from, from + SERVERS_PER_QUESTION);
    const rows = await ask(sql`SELECT toString(key), min(at) FROM ${oriented(before, endsOf(page))}
      WHERE ${isConversation} AND key IN (${keysOf(page)}) GROUP BY key`);
    for (const [key, at] of rows) met.set(String(key), Number(at));
  }
  return met;
}

async function readOrdinaryClients(ask: Ask, scope: C2FlowScope, addresses: readonly string[]): Promise<ReadonlySet<string>> {
  if (addresses.length === 0) return new Set();
  const rows = await ask(sql`SELECT hex(client) FROM ${oriented(scope, { clients: addresses })}
    WHERE ${isConversation} AND role = 0 AND port < 1024 AND client_port >= 1024
    GROUP BY client HAVING uniq(server) >= ${SERVICES_OF_A_CLIENT}`);
  return new Set(rows.map(([client]) => toAddressText(client)));
}
