/**
 * Services that half the Internet uses, as rules: where their makers publish the
 * addresses or networks they answer from.
 *
 * A server that fits is scored like any other and marked, never silently left out: an
 * allow-list that hides is where a controller would want to live. `catalogue/popular`
 * holds what everybody shares; an operator adds own entries in the same form.
 */
import { readdirSync } from 'node:fs';
import { z } from 'zod';
import { contains, parseAddress } from '../domain/address.ts';
import type { C2Server } from '../domain/c2.ts';
import type { Text } from '../domain/text.ts';
import { CATALOGUE, prefixSchema, readCatalogueFile, textSchema } from '../engine/catalogue-file.ts';

const portRange = z.tuple([z.int().min(0).max(65_535), z.int().min(0).max(65_535)]);

/** All that is stated must fit; what is not stated does not matter. */
const ruleSchema = z
  .strictObject({
    transport: z.enum(['tcp', 'udp']).optional(),
    ports: z.array(z.union([z.int().min(0).max(65_535), portRange])).optional(),
    prefixes: z.array(prefixSchema).optional(),
    asns: z.array(z.int().min(1)).optional(),
    /** IP bytes of a packet, mean over the server's records: a time answer is as long as the next. */
    packetBytes: portRange.optional(),
  })
  .refine(({ prefixes, asns, packetBytes }) => prefixes ?? asns ?? packetBytes, 'a rule needs prefixes, asns or packetBytes');

export const PopularService = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  kind: z.enum(['cdn', 'dns', 'ntp', 'update', 'push', 'own']),
  title: textSchema,
  rules: z.array(ruleSchema).min(1),
  source: z.string().min(1), // where this is published
  asOf: z.iso.date(), // the day of the state that stands here
});
export type PopularService = z.output<typeof PopularService>;
const PopularFile = z.strictObject({ services: z.array(PopularService) });

export interface MeasuredServer extends C2Server {
  readonly asn: number;
  /** Mean IP bytes of a packet; null: not measured. */
  readonly packetBytes: number | null;
}

/** The first service the server fits. */
export function popularService(server: MeasuredServer, services: readonly PopularService[]): { id: string; title: Text } | undefined {
  const address = parseAddress(server.address);
  return address && services.find(({ rules }) => rules.some((rule) => fits(rule, server, address)));
}

function fits(rule: z.output<typeof ruleSchema>, { transport, port, asn, packetBytes }: MeasuredServer, address: Uint8Array): boolean {
  if (rule.transport !== undefined && rule.transport !== transport) return false;
  if (rule.ports && !rule.ports.some((one) => (typeof one === 'number' ? one === port : one[0] <= port && port <= one[1]))) return false;
  if (rule.asns && !rule.asns.includes(asn)) return false;
  if (rule.prefixes && !rule.prefixes.some((prefix) => contains(prefix, address))) return false;
  return !rule.packetBytes || (packetBytes !== null && rule.packetBytes[0] <= packetBytes && packetBytes <= rule.packetBytes[1]);
}

const FOLDER: URL = new URL('popular/', CATALOGUE);

/** The catalogue, or an operator's folder of files in the same form. */
export function loadPopular(folder: URL = FOLDER): PopularService[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => readCatalogueFile(new URL(name, folder), PopularFile, 'this list of popular services').services);
}
