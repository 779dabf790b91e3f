/**
 * Flow records of real captures, for tests: from packets as an exporter with an active
 * timeout would make them, and from the text that Argus writes (binetflow, one line for
 * both directions of a conversation).
 */
import { readFileSync, statSync } from 'node:fs';
import { CaptureReader } from '../../src/capture/container.ts';
import { decode } from '../../src/capture/decode.ts';
import { Packet } from '../../src/capture/packet.ts';
import { formatAddress, formatIpv4Number } from '../../src/domain/address.ts';
import type { FlowRow } from '../../src/store/telemetry/fixtures/flow-columns.ts';

const ACTIVE_TIMEOUT_MS = 300_000;
const TCP = 6;
const UDP = 17;
type Growing = { -readonly [key in keyof FlowRow]-?: NonNullable<FlowRow[key]> };

export async function flowsOfCapture(path: string): Promise<FlowRow[]> {
  const reader = new CaptureReader({ name: path, path, size: statSync(path).size });
  const packet = new Packet(undefined);
  const rows: Growing[] = [];
  const open = new Map<string, Growing>();
  while (await reader.next()) {
    const { frames } = reader;
    for (let i = 0; i < frames.count; i++) {
      decode(
        packet,
        frames.view,
        frames.start[i] as number,
        frames.captured[i] as number,
        frames.stated[i] as number,
        frames.link[i] as number,
      );
      const at = (frames.second[i] as number) * 1000 + Math.floor((frames.fraction[i] as number) / frames.ticksPerMilli);
      const row = toRow(packet, at);
      if (row) take(rows, open, row);
    }
  }
  reader.close();
  return rows;
}

function toRow(packet: Packet, at: number): Growing | undefined {
  const { protocol, view } = packet;
  if ((packet.family !== 4 && packet.family !== 6) || (protocol !== TCP && protocol !== UDP) || packet.transportAt < 0) return undefined;
  return {
    at,
    source: addressAt(packet, packet.sourceAt),
    destination: addressAt(packet, packet.destinationAt),
    sourcePort: view.getUint16(packet.transportAt),
    destinationPort: view.getUint16(packet.transportAt + 2),
    protocol,
    flags: protocol === TCP ? view.getUint8(packet.transportAt + 13) : 0,
    packets: 1,
    bytes: packet.ipBytes,
    durationMs: 0,
    sampling: 1,
    exporter: '192.0.2.254',
  };
}

function addressAt({ family, view }: Packet, place: number): string {
  return family === 4
    ? formatIpv4Number(view.getUint32(place))
    : formatAddress(new Uint8Array(view.buffer, view.byteOffset + place, 16).slice());
}

function take(rows: Growing[], open: Map<string, Growing>, row: Growing): void {
  const key = `${row.source} ${row.sourcePort} ${row.destination} ${row.destinationPort} ${row.protocol}`;
  const before = open.get(key);
  if (!before || row.at - before.at > ACTIVE_TIMEOUT_MS) {
    open.set(key, row);
    rows.push(row);
    return;
  }
  before.packets += 1;
  before.bytes += row.bytes;
  before.flags |= row.flags;
  before.durationMs = Math.max(0, row.at - before.at);
}

/** `2019/04/04 16:23:00.325010`, in UTC for want of better knowledge. */
const parseTime = (text: string): number => Date.parse(`${text.replaceAll('/', '-').replace(' ', 'T').slice(0, 23)}Z`);
const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 };

export function flowsOfBinetflow(path: string): FlowRow[] {
  const [head = '', ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const names = head.split(',');
  return lines.flatMap((line) => toRows(Object.fromEntries(line.split(',').map((value, i) => [names[i] ?? '', value.trim()]))));
}

/** One line is a row for each direction in which packets went. */
function toRows(fields: Readonly<Record<string, string>>): FlowRow[] {
  const protocol = { tcp: TCP, udp: UDP }[fields['Proto'] ?? ''];
  if (protocol === undefined) return [];
  const [there, back] = statesOf(protocol, fields['State'] ?? '');
  const at = parseTime(fields['StartTime'] ?? '');
  const durationMs = Math.round(Number(fields['Dur']) * 1000);
  const [sent, all] = [Number(fields['SrcPkts']), Number(fields['TotPkts'])];
  const [sentBytes, allBytes] = [Number(fields['SrcBytes']), Number(fields['TotBytes'])];
  const ends = { source: fields['SrcAddr'] ?? '', sourcePort: Number(fields['Sport']) };
  const far = { destination: fields['DstAddr'] ?? '', destinationPort: Number(fields['Dport']) };
  const row: FlowRow = { at, durationMs, protocol, ...ends, ...far, flags: there, packets: sent, bytes: sentBytes };
  const reverse: FlowRow = {
    ...row,
    source: far.destination,
    sourcePort: far.destinationPort,
    destination: ends.source,
    destinationPort: ends.sourcePort,
    flags: back,
    packets: all - sent,
    bytes: allBytes - sentBytes,
  };
  // A state of S0 says that nobody answered, whatever the totals.
  return all > sent && back !== 0x100 ? [row, reverse] : [row];
}

function statesOf(protocol: number, state: string): [number, number] {
  if (protocol !== TCP) return [0, 0];
  if (!state.includes('_')) return [FLAGS['S'] as number, 0x100];
  const [there = '', back = ''] = state.split('_');
  const toFlags = (letters: string): number => letters.split('').reduce((flags, letter) => flags | (FLAGS[letter] ?? 0), 0);
  return [toFlags(there), back === '' ? 0x100 : toFlags(back)];
}
