/**
 * The section `sources` of the configuration: what the hub listens to and reads by itself.
 *
 * A source is a port, a file that grows, standard input, or a folder into which another
 * program puts finished captures.
 */
import { z } from 'zod';
import { YaguraError } from './errors.ts';

/** What a sensor is called: part of tokens and of file names. */
export const sensorName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$/, 'letters, digits, hyphen, underscore and dot, at most 60');

export const sourceSchema = z
  .strictObject({
    kind: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/)
      .describe('capture, or the id of a collector: netflow, sflow'),
    sensor: sensorName.default('default').describe('The place that sees the traffic'),
    port: z.number().int().min(0).max(65_535).optional().describe('UDP port to listen on; the collector’s usual one when nothing is named'),
    address: z.string().min(1).default('127.0.0.1').describe('Address to listen on; only this machine unless another is named'),
    file: z.string().min(1).optional().describe('A capture that grows, or - for standard input'),
    folder: z.string().min(1).optional().describe('Finished captures are put here by another program'),
    after: z.enum(['leave', 'move']).default('leave').describe('What becomes of a file of the folder that was taken'),
    settleSeconds: z.number().int().min(1).default(60).describe('A file of the folder is finished when it has not changed for so long'),
    pseudonyms: z
      .strictObject({
        keyFile: z.string().min(1).describe('64 hexadecimal digits: 32 secret bytes'),
        prefixes: z.array(z.string()).min(1).describe('Networks of customers, whose addresses are replaced'),
      })
      .optional()
      .describe('Replaces addresses of customers before anything is stored or sent'),
    flushSeconds: z.number().min(0.1).max(60).default(1).describe('About how often a batch is stored'),
  })
  .refine(({ port, file, folder }) => [port, file, folder].filter((one) => one !== undefined).length <= 1, {
    message: 'name only one of port, file and folder',
  })
  .refine(({ folder, pseudonyms }) => folder === undefined || pseudonyms === undefined, {
    message: 'files of a folder are taken in as they are: pseudonyms go with ports, growing files and standard input',
  })
  .describe('Live input');

export type SourceConfig = z.infer<typeof sourceSchema>;

/** `netflow:2055@192.0.2.1` → a source; port and address may be left out. */
export function parseListen(text: string, sensor: string | undefined): SourceConfig {
  const match = /^([a-z0-9-]+)(?::(\d{1,5}))?(?:@(.+))?$/.exec(text);
  const [, kind, port, address] = match ?? [];
  return parse('--listen', 'KIND[:PORT][@ADDRESS]', text, { kind, port: port === undefined ? undefined : Number(port), address, sensor });
}

/** A path, or - for standard input. */
export function parseCapture(text: string, sensor: string | undefined): SourceConfig {
  return parse('--capture', 'FILE or -', text, { kind: 'capture', file: text, sensor });
}

function parse(option: string, form: string, text: string, value: Readonly<Record<string, unknown>>): SourceConfig {
  const given = Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
  const result = sourceSchema.safeParse(given);
  if (result.success) return result.data;
  const reason = result.error.issues[0]?.message ?? 'invalid';
  throw new YaguraError('usage', `${option} takes ${form}, not "${text}" (${reason})`, { cause: result.error });
}
