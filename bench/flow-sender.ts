/**
 * An exporter on loopback: `node bench/flow-sender.ts CAPTURE PORT FLOWS_PER_SECOND SECONDS`.
 *
 * Sends the flows of a capture as NetFlow v9, thirty to a datagram and evenly paced, again
 * and again until the time is over, and prints how many flows and datagrams it sent.
 */
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataDatagram, RECORDS_PER_DATAGRAM, templateDatagram, writeHeader } from '../src/simulation/netflow9.ts';
import { readFlowSet } from './flow-store-set.ts';

const [capture = '', port = '', rate = '', seconds = ''] = process.argv.slice(2);
const UPTIME_MS = 3_600_000;
/** A template in every datagram so many would be a waste; a receiver that starts late waits no longer than this. */
const TEMPLATE_EVERY = 1000;

let sequence = 0;
const datagrams = await makeDatagrams();
const template = templateDatagram(headerNow(), 1);
const socket = createSocket({ type: 'udp4', sendBufferSize: 8 << 20 });
await new Promise<void>((resolve) => socket.connect(Number(port), '127.0.0.1', resolve));
sequence = 0;
let sentFlows = 0;
let sent = 0;
send(template, 0);
await sleep(500);
const started = performance.now();
const perMilli = Number(rate) / RECORDS_PER_DATAGRAM / 1000;
while (performance.now() - started < Number(seconds) * 1000) {
  const due = Math.floor((performance.now() - started) * perMilli);
  for (let burst = 0; sent < due && burst < 256; burst++, sent++) {
    if (sent % TEMPLATE_EVERY === 0) send(template, 0);
    send(datagrams[sent % datagrams.length] as Uint8Array, RECORDS_PER_DATAGRAM);
  }
  // Sends are queued: they leave when this turn ends.
  await new Promise((resolve) => setImmediate(resolve));
}
await sleep(300);
socket.close();
process.stdout.write(`${JSON.stringify({ flows: sentFlows, datagrams: sent, seconds: (performance.now() - started) / 1000 })}\n`);

function headerNow() {
  return { uptimeMs: UPTIME_MS, seconds: Math.floor(Date.now() / 1000), sequence: sequence++ >>> 0, domain: 1 };
}

function send(datagram: Uint8Array, flows: number): void {
  // The template's datagram holds three sets; flows count as records.
  writeHeader(new DataView(datagram.buffer), headerNow(), flows || 3);
  // The buffer is written again only after a whole round: a copy is not needed.
  socket.send(datagram);
  sentFlows += flows;
}

async function makeDatagrams(): Promise<Uint8Array[]> {
  const { rows, columns } = await readFlowSet(capture);
  const ends = (name: string): DataView => new DataView((columns[name] as Uint8Array<ArrayBuffer>).buffer);
  const [source, destination] = [ends('source'), ends('destination')];
  const number = (name: string, row: number): number => Number((columns[name] as Uint32Array | BigUint64Array)[row]);
  const wanted = Math.min(Math.floor(rows / RECORDS_PER_DATAGRAM), 30_000);
  return Array.from({ length: wanted }, (_, d) =>
    dataDatagram(headerNow(), RECORDS_PER_DATAGRAM, (n) => {
      const row = d * RECORDS_PER_DATAGRAM + n;
      return {
        source: source.getUint32(row * 16 + 12),
        destination: destination.getUint32(row * 16 + 12),
        sourcePort: number('source_port', row),
        destinationPort: number('destination_port', row),
        protocol: number('protocol', row),
        flags: number('tcp_flags', row),
        packets: number('packets', row),
        bytes: number('bytes', row),
        startUptime: UPTIME_MS - 1000 - (row % 1000),
        endUptime: UPTIME_MS - (row % 1000),
        input: 1,
        output: 2,
      };
    }),
  );
}
