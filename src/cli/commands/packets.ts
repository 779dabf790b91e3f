/** Shows which raw packets are kept, and hands out those of one source as a capture. */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { YaguraError } from '../../engine/errors.ts';
import type { PacketStatus } from '../../server/packet-contract.ts';
import { type Command, DATA_OPTIONS, type Invocation, isSet, textOption } from '../command.ts';
import { configOf, connectHub, type HubClient, toQuery } from '../hub-client.ts';
import { printJson, printTable } from '../output.ts';
import { toDay } from '../times.ts';

type SensorPackets = PacketStatus['rows'][number];

const command: Command = {
  usage: 'packets [--source ADDRESS --from TIME --to TIME --purpose TEXT [--sensor ID] [--out FILE.pcap]] [--data DIR] [--json]',
  summary: 'Shows which raw packets are kept; with --source, hands out those of one source. Who asked and why is written down.',
  options: {
    ...DATA_OPTIONS,
    source: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    purpose: { type: 'string' },
    sensor: { type: 'string' },
    out: { type: 'string' },
  },
  async run(invocation) {
    const query = textOption(invocation, 'source') === undefined ? undefined : queryOf(invocation);
    const hub = await connectHub(configOf(invocation));
    try {
      if (query) await handOut(hub, query, textOption(invocation, 'out'));
      else await show(hub, isSet(invocation, 'json'));
    } finally {
      await hub.close();
    }
    return 0;
  },
};
export default command;

function queryOf(invocation: Invocation): string {
  if (textOption(invocation, 'out') === undefined && process.stdout.isTTY) {
    throw new YaguraError('usage', 'a capture is not for a terminal; name a file with --out');
  }
  return toQuery({
    source: required(invocation, 'source'),
    from: timeOption(invocation, 'from'),
    to: timeOption(invocation, 'to'),
    purpose: required(invocation, 'purpose'),
    sensor: textOption(invocation, 'sensor'),
  });
}

function required(invocation: Invocation, name: string): string {
  const value = textOption(invocation, name);
  if (value !== undefined) return value;
  throw new YaguraError('usage', `--${name} is missing. Usage: yagura ${command.usage}`);
}

/** A time without a zone is UTC, as all times of the commands are. */
function timeOption(invocation: Invocation, name: string): number {
  const text = required(invocation, name);
  const isZoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes(':');
  const at = Date.parse(isZoned ? text : `${text.trim().replace(' ', 'T')}Z`);
  if (Number.isNaN(at)) throw new YaguraError('usage', `--${name} takes a time like 2026-03-01T05:00, not "${text}"`);
  return at;
}

async function handOut(hub: HubClient, query: string, out: string | undefined): Promise<void> {
  const bytes = hub.bytes(`/packets${query}`);
  if (out === undefined) await pipeline(bytes, process.stdout, { end: false });
  else await pipeline(bytes, createWriteStream(out, { mode: 0o600 }));
}

async function show(hub: HubClient, isJson: boolean): Promise<void> {
  const { rows } = await hub.get<PacketStatus>('/packets/status');
  if (isJson) for (const row of rows) printJson(row);
  else printTable(['SENSOR', 'KEPT', 'CONTENT', 'SINCE', 'UNTIL', 'FILES', 'PACKETS', 'MB', 'FINDINGS', 'STATE'], rows.map(toCells));
}

const dayOrDash = (at: number | null): string => (at === null ? '–' : toDay(at));

function toCells(row: SensorPackets): string[] {
  const content = row.payloadBytes === 0 ? 'headers only' : `${row.payloadBytes} bytes to unused addresses`;
  return [
    row.sensor,
    keptOf(row),
    content,
    dayOrDash(row.firstAt),
    dayOrDash(row.lastAt),
    String(row.files),
    row.packets.toLocaleString('en'),
    ((row.bytes + row.ringBytes) / 1e6).toFixed(1),
    String(row.findings),
    row.isStopped ? 'stopped: no room' : '',
  ];
}

function keptOf({ keep, oneOf, minutes }: SensorPackets): string {
  if (keep === 'sampled') return `1 of ${oneOf}`;
  return keep === 'findings' ? `findings ±${minutes} min` : keep;
}
