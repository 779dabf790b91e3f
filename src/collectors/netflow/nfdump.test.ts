/**
 * The same exports sent to nfdump's collector over loopback, where that is installed:
 * flows, packets and bytes add up to the same.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../../test/support/shared-data.ts';
import { readDatagrams } from '../../flow/datagram-files.ts';
import { EXPORTS } from './recognise.ts';
import { decodeFiles, rowsOf } from './test-support.ts';

const NFDUMP = { collect: 'nfcapd', show: 'nfdump' };
const hasNfdump = spawnSync(NFDUMP.show, ['-V']).error === undefined && spawnSync(NFDUMP.collect, ['-V']).error === undefined;
if (!hasNfdump) process.stderr.write('nfdump is not installed: its totals are not compared.\n');

const CAPTURES = [
  'akvorado__nfv5.pcap',
  'pmacct__100-IPFIXv10-CISCO__traffic-00.pcap',
  'pmacct__101-NFv9-CISCO-cust_primitives__traffic-00.pcap',
  'pmacct__110-IPFIXv10-NFv9-multiple-sources__traffic-02.pcap',
];

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

async function sendAll(path: string, port: number): Promise<void> {
  const socket = createSocket('udp4');
  for await (const { datagrams } of readDatagrams({ name: path, path, size: 0 }, EXPORTS)) {
    for (const { bytes } of datagrams) {
      const sent = Buffer.from(bytes);
      await new Promise<void>((resolve) => socket.send(sent, port, '127.0.0.1', () => resolve()));
      await setTimeout(2);
    }
  }
  socket.close();
}

async function totalsOfNfdump(capture: string): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'yagura-nfdump-'));
  const port = await freePort();
  const collector = spawn(NFDUMP.collect, ['-b', '127.0.0.1', '-p', String(port), '-w', folder, '-t', '3600'], { stdio: 'ignore' });
  const ended = once(collector, 'exit');
  await setTimeout(800);
  await sendAll(capture, port);
  await setTimeout(500);
  collector.kill('SIGTERM');
  await ended;
  const text = execFileSync(NFDUMP.show, ['-R', folder, '-I'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const read = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1]);
  return { flows: read('Flows'), packets: read('Packets'), bytes: read('Bytes') };
}

describe.skipIf(!hasNfdump || !hasSharedData)('nfdump', () => {
  it.each(CAPTURES)(
    'counts the same in %s',
    async (name) => {
      const path = sharedData('telemetry', 'netflow', name);
      const rows = rowsOf((await decodeFiles([path])).decoder);
      const sum = (value: 'packets' | 'bytes'): number => rows.reduce((total, row) => total + row[value], 0);
      expect({ flows: rows.length, packets: sum('packets'), bytes: sum('bytes') }).toEqual(await totalsOfNfdump(path));
    },
    60_000,
  );
});
