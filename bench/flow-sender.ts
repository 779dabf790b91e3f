/**
 * An exporter on loopback: `node bench/flow-sender.ts CAPTURE PORT FLOWS_PER_SECOND SECONDS`.
 *
 * Sends the flows of a capture as NetFlow v9, thirty to a datagram and evenly paced, again
 * and again until the time is over, and prints how many flows and datagrams it sent.
 */
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFlowSet } from './flow-store-set.ts';

const [capture = '', port = '', rate = '', seconds = ''] = process.argv.slice(2);
const PER_DATAGRAM = 30;
const TEMPLATE = 256;
/** Element and length: ends, ports, protocol, flags, counters, times, interfaces. */
const FIELDS: readonly (readonly [id: number, length: number])[] = [
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
  [4, 1],
  [6, 1],
  [2, 4],
  [1, 4],
  [22, 4],
  [21, 4],
  [10, 2],
  [14, 2],
];
const RECORD = FIELDS.reduce((sum, [, length]) => sum + length, 0);
const HEADER = 20;
const UPTIME_MS = 3_600_000;
/** A template in every datagram so many would be a waste; a receiver that starts late waits no longer than this. */
const TEMPLATE_EVERY = 1000;

const datagrams = await makeDatagrams();
const template = makeTemplate();
const socket = createSocket({ type: 'udp4', sendBufferSize: 8 << 20 });
await new Promise<void>((resolve) => socket.connect(Number(port), '127.0.0.1', resolve));
let sequence = 0;
let sentFlows = 0;
let sent = 0;
send(template, 0);
await sleep(500);
const started = performance.now();
const perMilli = Number(rate) / PER_DATAGRAM / 1000;
while (performance.now() - started < Number(seconds) * 1000) {
  const due = Math.floor((performance.now() - started) * perMilli);
  for (let burst = 0; sent < due && burst < 256; burst++, sent++) {
    if (sent % TEMPLATE_EVERY === 0) send(template, 0);
    send(datagrams[sent % datagrams.length] as Buffer, PER_DATAGRAM);
  }
  // Sends are queued: they leave when this turn ends.
  await new Promise((resolve) => setImmediate(resolve));
}
await sleep(300);
socket.close();
process.stdout.write(`${JSON.stringify({ flows: sentFlows, datagrams: sent, seconds: (performance.now() - started) / 1000 })}\n`);

function send(datagram: Buffer, flows: number): void {
  datagram.writeUInt32BE(UPTIME_MS, 4);
  datagram.writeUInt32BE(Math.floor(Date.now() / 1000), 8);
  datagram.writeUInt32BE(sequence++ >>> 0, 12);
  // The buffer is written again only after a whole round: a copy is not needed.
  socket.send(datagram);
  sentFlows += flows;
}

function makeTemplate(): Buffer {
  const set = Buffer.alloc(HEADER + 8 + FIELDS.length * 4);
  header(set, 1);
  set.writeUInt16BE(0, HEADER);
  set.writeUInt16BE(set.length - HEADER, HEADER + 2);
  set.writeUInt16BE(TEMPLATE, HEADER + 4);
  set.writeUInt16BE(FIELDS.length, HEADER + 6);
  FIELDS.forEach(([id, length], i) => {
    set.writeUInt16BE(id, HEADER + 8 + i * 4);
    set.writeUInt16BE(length, HEADER + 10 + i * 4);
  });
  return set;
}

function header(datagram: Buffer, count: number): void {
  datagram.writeUInt16BE(9, 0);
  datagram.writeUInt16BE(count, 2);
  datagram.writeUInt32BE(1, 16); // source id
}

async function makeDatagrams(): Promise<Buffer[]> {
  const { rows, columns } = await readFlowSet(capture);
  const made: Buffer[] = [];
  const bytesOf = (name: string): Uint8Array => columns[name] as Uint8Array;
  const [source, destination] = [bytesOf('source'), bytesOf('destination')];
  const number = (name: string, row: number): number => Number((columns[name] as Uint32Array | BigUint64Array)[row]);
  const wanted = Math.min(Math.floor(rows / PER_DATAGRAM), 30_000);
  for (let d = 0; d < wanted; d++) {
    const datagram = Buffer.alloc(HEADER + 4 + Math.ceil((PER_DATAGRAM * RECORD) / 4) * 4);
    header(datagram, PER_DATAGRAM);
    datagram.writeUInt16BE(TEMPLATE, HEADER);
    datagram.writeUInt16BE(datagram.length - HEADER, HEADER + 2);
    for (let i = 0; i < PER_DATAGRAM; i++) {
      const row = d * PER_DATAGRAM + i;
      let at = HEADER + 4 + i * RECORD;
      datagram.set(source.subarray(row * 16 + 12, row * 16 + 16), at);
      datagram.set(destination.subarray(row * 16 + 12, row * 16 + 16), at + 4);
      datagram.writeUInt16BE(number('source_port', row), at + 8);
      datagram.writeUInt16BE(number('destination_port', row), at + 10);
      datagram.writeUInt8(number('protocol', row), at + 12);
      datagram.writeUInt8(number('tcp_flags', row), at + 13);
      at += 14;
      datagram.writeUInt32BE(number('packets', row), at);
      datagram.writeUInt32BE(number('bytes', row), at + 4);
      datagram.writeUInt32BE(UPTIME_MS - 1000 - (row % 1000), at + 8);
      datagram.writeUInt32BE(UPTIME_MS - (row % 1000), at + 12);
      datagram.writeUInt32BE(0x0001_0002, at + 16);
    }
    made.push(datagram);
  }
  return made;
}
