/** Tells sFlow datagrams from others, by their structure: every sample must lie inside. */
import { firstPayloads } from '../../capture/udp-payloads.ts';
import type { DatagramFormat } from '../../flow/datagram-files.ts';
import { Cursor, OutOfBounds } from './cursor.ts';
import { VERSION } from './decoder.ts';

const ADDRESS_BYTES: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [2, 16],
]);
const MOST_SAMPLES = 1000;

/** The length of the datagram that begins here, undefined when none does. */
function datagramLength(bytes: Uint8Array): number | undefined {
  const cursor = new Cursor(bytes);
  try {
    if (cursor.word() !== VERSION) return undefined;
    const addressBytes = ADDRESS_BYTES.get(cursor.word());
    if (addressBytes === undefined) return undefined;
    cursor.skip(addressBytes + 12); // sub-agent, sequence number, uptime
    const samples = cursor.word();
    if (samples === 0 || samples > MOST_SAMPLES) return undefined;
    for (let i = 0; i < samples; i++) {
      cursor.skip(4); // format
      cursor.part(cursor.word());
    }
    return cursor.at;
  } catch (error) {
    if (error instanceof OutOfBounds) return undefined;
    throw error;
  }
}

export const isSflowFile = (head: Uint8Array): boolean => datagramLength(head) !== undefined;

/** Whether a capture is one of sFlow: half of its first packets at least. */
export function isSflowCapture(head: Uint8Array): boolean {
  const payloads = firstPayloads(head);
  const ours = payloads.filter((payload) => payload && datagramLength(payload) !== undefined).length;
  return ours > 0 && 2 * ours >= payloads.length;
}

export const SFLOW: DatagramFormat = {
  ports: [6343],
  absence: 'there is no sFlow version 5 in this file',
  mayBegin: (bytes) => bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === VERSION,
  length: datagramLength,
  sentAt: () => 0,
};
