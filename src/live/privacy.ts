/** Pseudonyms as configured for a source: its key, its customers' networks. */
import { readFileSync } from 'node:fs';
import { parsePrefix } from '../domain/address.ts';
import type { ColumnBatch } from '../domain/telemetry-table.ts';
import { YaguraError } from '../engine/errors.ts';
import { Pseudonymiser } from '../flow/pseudonym.ts';
import type { WorkerOrder } from './worker-protocol.ts';

/** What is done to each batch before it goes anywhere. Throws 'config-invalid' when key or prefixes are not usable. */
export function hiderOf(settings: WorkerOrder['pseudonyms']): (batch: ColumnBatch) => ColumnBatch {
  if (!settings) return (batch) => batch;
  const prefixes = settings.prefixes.map((text) => {
    const prefix = parsePrefix(text);
    if (!prefix) throw new YaguraError('config-invalid', `pseudonyms.prefixes: "${text}" is not a network`);
    return prefix;
  });
  const pseudonymiser = new Pseudonymiser(readKey(settings.keyFile), prefixes);
  return (batch) => pseudonymiser.columns(batch);
}

function readKey(file: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new YaguraError('config-invalid', 'the key for pseudonyms cannot be read', { file, cause });
  }
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  throw new YaguraError('config-invalid', 'the key for pseudonyms must be 64 hexadecimal digits', { file });
}
