/**
 * Every capture of exports at hand, against counts of tshark and against the flows that
 * another collector (pmacct) made of them, field by field.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../../test/support/shared-data.ts';
import { readHead } from '../../engine/input.ts';
import netflow from './index.ts';
import { inspectExports } from './inspect.ts';
import { netflowSettings } from './schema.ts';
import { decodeFiles, type Row, rowsOf } from './test-support.ts';

const folder = (...path: string[]): string => sharedData('telemetry', 'netflow', ...path);
const SETTINGS = netflowSettings.parse({});

/** What we can be asked here; the counts of the capture as such are tested beside its own collector. */
const KEYS = ['export_datagrams', 'versions', 'records_with_ipv4_src', 'records_with_ipv6_src', 'sampling_intervals', 'malformed'];

/** Where tshark counts otherwise, and why we do not follow it. */
const OTHERWISE: Readonly<Record<string, { readonly facts: Record<string, unknown>; readonly because: string }>> = {
  'akvorado__data+templates.pcap': {
    facts: { records_with_ipv4_src: 21, malformed: 0 },
    because: 'the first data set stands before its template; it waits and is read, where tshark gives it up',
  },
  'pmacct__112-IPFIXv10-CISCO-options-map-reassignment__traffic-00.pcap': {
    facts: { records_with_ipv4_src: 9 },
    because: 'the flows come before their template; they wait and are read, as the nine flows of pmacct show',
  },
  '_family_ethernet-over-mpls-with-control-word': {
    facts: { malformed: 0 },
    because: 'tshark objects to a UDP length inside a sampled frame, which is cut on purpose',
  },
};

interface Expected {
  readonly replay_order?: readonly string[];
  readonly malformed_packets?: number;
  readonly [key: string]: unknown;
}

const expected: Record<string, Expected> = hasSharedData ? JSON.parse(readFileSync(folder('expected.json'), 'utf8')) : {};

describe.skipIf(!hasSharedData)('captures of exports', () => {
  it.each(Object.entries(expected))('%s', async (name, wanted) => {
    const paths = (wanted.replay_order ?? [name]).map((file) => folder(file));
    const facts = await inspectExports(
      paths.map((path) => ({ name: path, path, size: 0 })),
      SETTINGS,
    );
    const counts: Record<string, unknown> = { malformed: wanted.malformed_packets, ...wanted, ...OTHERWISE[name]?.facts };
    expect(facts).toMatchObject(Object.fromEntries(KEYS.filter((key) => counts[key] !== undefined).map((key) => [key, counts[key]])));
  });

  it('are recognised as exports, and other captures are not', async () => {
    const root = sharedData('telemetry');
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      if (!/\.(p?cap|pcapng)$/.test(entry.name)) continue;
      const path = `${entry.parentPath}/${entry.name}`;
      const head = await readHead({ name: path, path, size: 0 });
      expect([entry.name, netflow.recognises(head)]).toEqual([entry.name, entry.parentPath.endsWith('/netflow') ? 1 : 0]);
    }
  });
});

const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, 'ipv6-icmp': 58 };
const FLAGS: Readonly<Record<string, number>> = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 };

interface ForeignFlow {
  readonly [key: string]: unknown;
}

/** What both sides say of a flow, as one line. */
function lineOfForeign(flow: ForeignFlow): string {
  const protocol = PROTOCOLS[String(flow['ip_proto'])] ?? Number(flow['ip_proto']);
  const flags = (flow['tcp_flags'] as string[]).reduce((sum, flag) => sum | (FLAGS[flag] ?? 0), 0);
  const start = flow['timestamp_start'] === undefined ? '' : Number(flow['timestamp_start']).toFixed(0);
  return line(flow['peer_ip_src'], flow['ip_src'], flow['port_src'], flow['ip_dst'], flow['port_dst'], protocol, flags, flow['tos'], [
    flow['iface_in'],
    flow['iface_out'],
    flow['packets'],
    flow['bytes'],
    start,
  ]);
}

/** pmacct cuts the age of a flow to whole seconds before it subtracts it from the time of a v9 header, and so begins flows late. */
function lineOf(row: Row, exporter: string, hasTimes: boolean, isVersion9: boolean): string {
  const seconds = Date.parse(row.at) / 1000;
  const start = hasTimes ? String(isVersion9 ? Math.ceil(seconds) : Math.floor(seconds)) : '';
  return line(exporter, row.source, row.sourcePort, row.destination, row.destinationPort, row.protocol, row.tcpFlags, row.tos, [
    row.input,
    row.output,
    row.packets,
    row.bytes,
    start,
  ]);
}

const line = (...parts: unknown[]): string => parts.flat().join(' ');

const PMACCT = [
  '100-IPFIXv10-CISCO',
  '101-NFv9-CISCO-cust_primitives',
  '103-IPFIXv10-CISCO-pretag-JSON_encoding',
  '106-IPFIXv10-HUAWEI-vrf_name',
  '112-IPFIXv10-CISCO-options-map-reassignment',
];

describe.skipIf(!hasSharedData)('the flows that pmacct made of the same captures', () => {
  it.each(PMACCT)('%s', async (test) => {
    const paths = readdirSync(folder())
      .filter((name) => name.startsWith(`pmacct__${test}__traffic`))
      .map((name) => folder(name));
    const output = folder('upstream-expected', `pmacct__${test}__output-flow-00.json`);
    expect(existsSync(output)).toBe(true);
    const foreign = readFileSync(output, 'utf8')
      .trim()
      .split('\n')
      .map((text): ForeignFlow => JSON.parse(text));
    const { decoder } = await decodeFiles(paths);
    const hasTimes = foreign[0]?.['timestamp_start'] !== undefined;
    // Their test replays the capture from other addresses.
    const exporter = String(foreign[0]?.['peer_ip_src']);
    expect(
      rowsOf(decoder)
        .map((row) => lineOf(row, exporter, hasTimes, test.includes('NFv9')))
        .sort(),
    ).toEqual(foreign.map(lineOfForeign).sort());
  });

  it('110-IPFIXv10-NFv9-multiple-sources, which it adds up by exporter and flow', async () => {
    const test = 'pmacct__110-IPFIXv10-NFv9-multiple-sources';
    const ours: string[] = [];
    for (const [i, exporter] of ['172.21.1.101', '172.21.1.102', '172.21.1.103'].entries()) {
      const { decoder } = await decodeFiles([folder(`${test}__traffic-0${i}.pcap`)]);
      ours.push(...addedUp(rowsOf(decoder)).map((row) => lineOf(row, exporter, false, false)));
    }
    const foreign = readFileSync(folder('upstream-expected', `${test}__output-flow-00.json`), 'utf8')
      .trim()
      .split('\n');
    expect(ours.sort()).toEqual(foreign.map((text) => lineOfForeign(JSON.parse(text))).sort());
  });
});

function addedUp(rows: readonly Row[]): Row[] {
  const sums = new Map<string, Row>();
  for (const row of rows) {
    const key = line(row.source, row.sourcePort, row.destination, row.destinationPort, row.protocol, row.tos, row.input, row.output);
    const sum = sums.get(key);
    const { packets = 0, bytes = 0, tcpFlags = 0 } = sum ?? {};
    sums.set(key, { ...row, packets: packets + row.packets, bytes: bytes + row.bytes, tcpFlags: tcpFlags | row.tcpFlags });
  }
  return [...sums.values()];
}
