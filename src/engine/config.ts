/**
 * The configuration: one YAML file and a handful of environment variables, read here
 * and nowhere else.
 *
 * An unknown key is an error with its line, because a misspelt setting that is silently
 * ignored is how a hub stops notifying without anybody noticing. Module settings are
 * checked by the modules' own schemas when the hub is wired.
 */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { PURPOSE_IDS } from '../domain/purpose.ts';
import { YaguraError } from './errors.ts';
import { packetsSchema } from './packet-policy.ts';
import { sourceSchema } from './source-config.ts';

const text = z.strictObject({ ja: z.string().min(1), en: z.string().min(1) });
const moduleSettings = z.record(z.string(), z.unknown()).default({});

const configSchema = z.strictObject({
  data: z.string().min(1).default('yagura-data').describe('Folder of everything the hub keeps'),
  tenant: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .default('main'),
  server: z
    .strictObject({
      port: z.number().int().min(0).max(65535).default(8600),
      address: z.string().default('127.0.0.1').describe('Another than loopback needs an access token'),
      accessToken: z.string().min(16).optional(),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      url: z.url().optional(),
      memoryMegabytes: z.number().int().min(256).default(1200),
      keepDays: z.record(z.string(), z.number().int().min(1)).default({}).describe('Days by table; a table without a limit is kept'),
      diskGigabytes: z.number().positive().optional().describe('Of all telemetry; the oldest records go first'),
    })
    .prefault({}),
  state: z.strictObject({ url: z.url().optional() }).prefault({}),
  sender: z
    .strictObject({ name: text, postalAddress: text, mail: z.email(), answerUrl: z.string().min(1) })
    .default({
      name: { ja: '観測センター（未設定）', en: 'Observation centre (not yet named)' },
      postalAddress: { ja: '住所は未設定です', en: 'No address configured' },
      mail: 'yagura@localhost.example',
      answerUrl: 'check.example/a',
    })
    .describe('Who sends, as printed on every notice'),
  marking: z.enum(['TLP:CLEAR', 'TLP:GREEN', 'TLP:AMBER', 'TLP:AMBER+STRICT', 'TLP:RED']).default('TLP:AMBER'),
  sources: z.array(sourceSchema).default([]).describe('Live input: ports, growing files, folders'),
  packets: packetsSchema,
  purposes: z
    .partialRecord(z.enum(PURPOSE_IDS), z.strictObject({ keepDays: z.number().int().min(1).max(36_500) }))
    .default({})
    .describe('How far back each purpose may look at records of communications, and how long what it found is kept'),
  c2: z
    .strictObject({
      indicators: z.string().min(1).optional().describe('A file of known C&C servers, address[:port] and family by line'),
      popular: z.string().min(1).optional().describe('A folder of own popular services, in the form of catalogue/popular'),
    })
    .prefault({})
    .describe('What the search for C&C servers is given besides findings'),
  collectors: moduleSettings,
  detectors: moduleSettings,
  notifiers: moduleSettings,
  log: z.strictObject({ level: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info') }).prefault({}),
});

export interface Config extends z.infer<typeof configSchema> {
  /** False while notices would carry the stand-in for a name. */
  readonly isSenderSet: boolean;
}

/** Variables, where their value lands, and how it is read. */
const ENVIRONMENT: Readonly<Record<string, { path: readonly string[]; read: (value: string) => unknown }>> = {
  YAGURA_DATA: { path: ['data'], read: String },
  YAGURA_PORT: { path: ['server', 'port'], read: Number },
  YAGURA_ADDRESS: { path: ['server', 'address'], read: String },
  YAGURA_ACCESS_TOKEN: { path: ['server', 'accessToken'], read: String },
  YAGURA_TELEMETRY_URL: { path: ['telemetry', 'url'], read: String },
  YAGURA_STATE_URL: { path: ['state', 'url'], read: String },
  YAGURA_SMTP_URL: { path: ['notifiers', 'mail', 'smtp', 'url'], read: String },
  YAGURA_LOG_LEVEL: { path: ['log', 'level'], read: String },
};
const OTHER_VARIABLES = new Set(['YAGURA_CONFIG', 'YAGURA_CONSOLE_OUT']);

export interface ConfigSources {
  /** Path of the YAML file; absent: YAGURA_CONFIG, else no file. */
  readonly file?: string | undefined;
  /** From the command line; wins over everything. */
  readonly overrides?: Readonly<Record<string, unknown>> | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Reads file, environment and overrides, in rising order of strength. Throws 'config-invalid' naming file, line and key. */
export function readConfig(sources: ConfigSources = {}): Config {
  const environment = sources.environment ?? process.env;
  const file = sources.file ?? environment['YAGURA_CONFIG'];
  const { value, lineOf } = file === undefined ? { value: {}, lineOf: () => undefined } : readFile(file);
  const merged = merge(merge(value, fromEnvironment(environment)), sources.overrides ?? {});
  const result = configSchema.safeParse(merged);
  if (!result.success) throw toError(result.error, file, lineOf);
  const config = result.data;
  const base = file === undefined ? process.cwd() : dirname(resolve(file));
  const isSenderSet = 'sender' in merged;
  if (!isSenderSet && hasMailServer(config)) {
    const message = 'a mail server is set but no sender; people must see who writes to them: add `sender` (docs/operations.md shows it)';
    throw new YaguraError('config-invalid', message, { file });
  }
  return {
    ...config,
    isSenderSet,
    c2: resolveAll(config.c2, base),
    data: isAbsolute(config.data) ? config.data : resolve(hasOverride(sources, 'data') ? process.cwd() : base, config.data),
  };
}

function resolveAll({ indicators, popular }: Config['c2'], base: string): Config['c2'] {
  return {
    ...(indicators !== undefined && { indicators: resolve(base, indicators) }),
    ...(popular !== undefined && { popular: resolve(base, popular) }),
  };
}

const hasMailServer = ({ notifiers }: z.infer<typeof configSchema>): boolean =>
  (notifiers['mail'] as { smtp?: unknown } | undefined)?.smtp !== undefined;

function hasOverride(sources: ConfigSources, key: string): boolean {
  return sources.overrides !== undefined && key in sources.overrides;
}

function readFile(file: string): { value: Record<string, unknown>; lineOf: (path: readonly PropertyKey[]) => number | undefined } {
  const lines = new LineCounter();
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new YaguraError('config-invalid', 'the configuration file cannot be read; check the path and its permissions', { file, cause });
  }
  const document = parseDocument(source, { lineCounter: lines });
  const [problem] = document.errors;
  if (problem)
    throw new YaguraError('config-invalid', `line ${problem.linePos?.[0].line ?? '?'}: ${problem.message}`, { file, cause: problem });
  const value: unknown = document.toJS() ?? {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new YaguraError('config-invalid', 'line 1: the file must be a mapping of settings', { file });
  }
  return { value: value as Record<string, unknown>, lineOf: (path) => lineOfPath(document, lines, path) };
}

/** Line of the deepest node of the path that exists; for an unknown key the line of the key itself. */
function lineOfPath(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === part);
      if (!pair) break;
      if (isScalar(pair.key)) offset = pair.key.range?.[0];
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      node = node.items[part];
    } else break;
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
}

function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('YAGURA_') || value === undefined || OTHER_VARIABLES.has(name)) continue;
    const rule = ENVIRONMENT[name];
    if (!rule) {
      const known = Object.keys(ENVIRONMENT).join(', ');
      throw new YaguraError('config-invalid', `unknown environment variable ${name}; known are ${known}`);
    }
    if (value !== '') setAt(result, rule.path, rule.read(value));
  }
  return result;
}

function setAt(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [head = '', ...rest] = path;
  if (rest.length === 0) target[head] = value;
  else setAt((target[head] ??= {}) as Record<string, unknown>, rest, value);
}

function merge(base: Readonly<Record<string, unknown>>, over: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const before = result[key];
    result[key] = isPlain(before) && isPlain(value) ? merge(before, value) : value;
  }
  return result;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toError(error: z.ZodError, file: string | undefined, lineOf: (path: readonly PropertyKey[]) => number | undefined): YaguraError {
  const sentences = error.issues.flatMap((issue) => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
    const paths = unknown.length > 0 ? unknown.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => {
      const line = lineOf(path);
      const where = line === undefined ? '' : `line ${line}: `;
      const name = path.map(String).join('.');
      return unknown.length > 0 ? `${where}unknown key ${name}` : `${where}${name}: ${issue.message}`;
    });
  });
  return new YaguraError('config-invalid', sentences.join('; '), { file, cause: error });
}

/** A module's own settings, checked by its own schema. */
export function readModuleSettings<S>(
  module: { readonly id: string; readonly settings: z.ZodType<S> },
  group: 'collectors' | 'detectors' | 'notifiers',
  config: Pick<Config, 'collectors' | 'detectors' | 'notifiers'>,
): S {
  const result = module.settings.safeParse(config[group][module.id] ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const name = [group, module.id, ...(issue?.path ?? []).map(String)].join('.');
  throw new YaguraError('config-invalid', `${name}: ${issue?.message ?? 'invalid'}`, { cause: result.error });
}
