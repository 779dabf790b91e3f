/**
 * What must survive a restart: templates, sampling, and when exporters started.
 *
 * One file, replaced in one rename, so that a crash leaves the old one. Templates come
 * again within minutes, so a file that cannot be read costs little and stops nothing.
 */
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Log } from '../../engine/log.ts';
import type { NetflowDecoder } from './decoder.ts';

const FILE = 'templates.json';
const LARGEST_FILE = 64 * 1024 * 1024;
const MOST_DOMAINS = 4096;

const pairs = z.array(z.tuple([z.int().min(0), z.int().min(0)])).max(4096);
const sampling = z.object({ samplers: pairs, interfaces: pairs, interfaceSamplers: pairs, general: z.int().min(0) });
const template = z.object({
  id: z.int().min(256).max(65_535),
  isOptions: z.boolean(),
  scopes: z.int().min(0).max(1024),
  /** Number, length and enterprise of each. */
  fields: z
    .array(z.tuple([z.int().min(0).max(65_535), z.int().min(0).max(65_535), z.int().min(0).max(0xffff_ffff)]))
    .min(1)
    .max(1024),
});
const remembered = z.object({
  format: z.literal(1),
  domains: z
    .array(
      z.object({
        exporter: z.string().max(64),
        domain: z.int().min(0).max(0xffff_ffff),
        version: z.union([z.literal(9), z.literal(10)]),
        usedAt: z.number(),
        initialisedAt: z.number().nullable(),
        sampling,
        templates: z.array(template).max(1024),
      }),
    )
    .max(MOST_DOMAINS),
});
type Remembered = z.infer<typeof remembered>;

export async function recall(folder: string, decoder: NetflowDecoder, log: Log): Promise<void> {
  const found = await read(join(folder, FILE), log);
  for (const { exporter, domain, version, usedAt, initialisedAt, sampling: stored, templates } of found?.domains ?? []) {
    const known = decoder.domainOf(exporter, domain, version, usedAt);
    known.initialisedAt = initialisedAt ?? Number.NaN;
    known.samplers.restore(stored);
    known.owner.samplers.restore(stored);
    for (const { id, isOptions, scopes, fields } of templates) {
      decoder.restoreTemplate(known, {
        id,
        version,
        isOptions,
        scopes,
        fields: fields.map(([number, length, enterprise]) => ({ id: number, length, enterprise })),
      });
    }
  }
}

async function read(path: string, log: Log): Promise<Remembered | undefined> {
  try {
    const { size } = await stat(path);
    if (size > LARGEST_FILE) throw new Error(`${size} bytes`);
    return remembered.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isAbsent) log.warn({ err: error, file: path }, 'remembered templates cannot be read; they are learnt anew');
    return undefined;
  }
}

export async function remember(folder: string, decoder: NetflowDecoder): Promise<void> {
  const text = JSON.stringify(toRemembered(decoder));
  if (text.length > LARGEST_FILE) return;
  await mkdir(folder, { recursive: true });
  const path = join(folder, FILE);
  const handle = await open(`${path}.new`, 'w');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
}

function toRemembered(decoder: NetflowDecoder): Remembered {
  const domains = [...decoder.exporters.values()].flatMap((exporter) => [...exporter.domains.values()]);
  return {
    format: 1,
    domains: domains.flatMap(({ exporter, domain, version, usedAt, initialisedAt, samplers, plans }) => {
      if (version === 5 || (plans.size === 0 && samplers.isEmpty)) return [];
      const templates = [...plans.values()].map(({ template: { id, isOptions, scopes, fields } }) => ({
        id,
        isOptions,
        scopes,
        fields: fields.map((field): [number, number, number] => [field.id, field.length, field.enterprise]),
      }));
      const startedAt = Number.isNaN(initialisedAt) ? null : initialisedAt;
      return [{ exporter, domain, version, usedAt, initialisedAt: startedAt, sampling: toPairs(samplers.store()), templates }];
    }),
  };
}

type Stored = ReturnType<NetflowDecoder['domainOf']>['samplers'] extends { store(): infer S } ? S : never;

const toPairs = ({ samplers, interfaces, interfaceSamplers, general }: Stored): z.infer<typeof sampling> => ({
  samplers: samplers.map(([key, value]): [number, number] => [key, value]),
  interfaces: interfaces.map(([key, value]): [number, number] => [key, value]),
  interfaceSamplers: interfaceSamplers.map(([key, value]): [number, number] => [key, value]),
  general,
});
