/**
 * Reads one file of constituents: whom we serve, what they hold and since when.
 *
 * A wrong holder means a notice to the wrong people, so nothing is guessed: an unknown
 * key, a resource that is no resource, or the same resource held by two constituents at
 * the same time refuses the whole file, with the line that is wrong.
 *
 * YAML, for people who write it by hand:
 *
 *   constituents:
 *     - id: example-net
 *       name: { ja: エグザンプルネット, en: Example Net }
 *       kind: isp            # isp, municipality, ministry, firm, school, hospital, carrier, other
 *       language: ja         # of its notices: ja or en
 *       mail: [abuse@example.jp]
 *       letter: { postalCode: 100-0001, lines: [東京都千代田区千代田1-1], recipient: 佐藤花子, department: 対応窓口 }
 *       resources:
 *         - { prefix: 203.0.113.0/24, from: 2026-01-01, to: 2026-07-01 }   # `to` is the first day that is no longer held
 *         - { asn: 64496 }
 *         - { domain: example.jp }
 *
 * CSV, for people who keep a sheet: one resource per row, UTF-8, with the header
 *
 *   constituent_id,name_ja,name_en,kind,language,mail,postal_code,address_lines,recipient,department,resource,valid_from,valid_to
 *
 * `mail` and `address_lines` separate their parts by |. `resource` is a prefix, an AS number
 * with AS in front (AS64496) or a domain. Rows of the same constituent repeat its particulars
 * or leave them empty. Days are days in UTC; an instant needs its zone (2026-01-01T09:00:00+09:00).
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { domainToASCII } from 'node:url';
import { CsvError, parse as parseCsv } from 'csv-parse/sync';
import { isMap, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { formatPrefix, parsePrefix } from '../domain/address.ts';
import { CONSTITUENT_KINDS, type Constituent, type Contact, type Resource } from '../domain/constituent.ts';
import { YaguraError } from '../engine/errors.ts';

/** A constituent with the lines it came from, until the file is known to be sound. */
interface Entry {
  readonly constituent: Constituent;
  readonly line: number;
  readonly resourceLines: readonly number[]; // as long as its resources
}

export async function readConstituentsFile(path: string): Promise<Constituent[]> {
  const file = basename(path);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new YaguraError('input-unreadable', 'The constituents file cannot be read.', { file, cause });
  }
  return parseConstituents(decode(bytes, file), file);
}

/** The name decides: .csv is a sheet, everything else is YAML. `file` is used in messages. */
export function parseConstituents(text: string, file: string): Constituent[] {
  const entries = /\.csv$/i.test(file) ? parseSheet(text, file) : parseYaml(text, file);
  refuseTwice(entries, file);
  return entries.map((entry) => entry.constituent);
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new YaguraError('input-malformed', 'The file is not UTF-8 text; save it as UTF-8.', { file, cause });
  }
}

function wrong(file: string, line: number | undefined, reason: string, cause?: unknown): YaguraError {
  return new YaguraError('input-malformed', reason, { file, line, cause });
}

// ---- Values

const DAY_OR_INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Unix ms of a day in UTC or of an instant with its zone; undefined for anything else, 30 February among it. */
function parseTime(text: string): number | undefined {
  if (!DAY_OR_INSTANT.test(text)) return undefined;
  const at = Date.parse(text);
  const isRealDay = new Date(`${text.slice(0, 10)}T00:00:00Z`).toJSON()?.slice(0, 10) === text.slice(0, 10);
  return Number.isNaN(at) || !isRealDay ? undefined : at;
}

function parseAsn(text: string): string | undefined {
  const digits = /^(?:AS)?(\d{1,10})$/i.exec(text)?.[1];
  const asn = Number(digits);
  return digits !== undefined && asn > 0 && asn < 2 ** 32 ? String(asn) : undefined;
}

/** Lower case and in the form that is on the wire (日本語.example becomes xn--…). */
function parseDomain(text: string): string | undefined {
  const ascii = domainToASCII(text.replace(/\.$/, ''));
  const isName = ascii.length <= 253 && /^(?:(?!-)[a-z0-9-]{1,63}\.)+(?=.*[a-z])[a-z0-9-]{2,63}$/.test(ascii);
  return isName ? ascii : undefined;
}

function parsePrefixText(text: string): string | undefined {
  const prefix = parsePrefix(text);
  return prefix && formatPrefix(prefix);
}

/** A zod step from text through a parser that answers undefined for what it cannot use. */
function parsed<T>(parser: (text: string) => T | undefined, reason: (text: string) => string) {
  return z.union([z.string(), z.number()]).transform((given, context): T => {
    const value = parser(String(given));
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: reason(String(given)) });
    return z.NEVER;
  });
}

const time = parsed(
  parseTime,
  (text) => `${text} is neither a day (2026-01-31) nor an instant with its zone (2026-01-31T00:00:00Z)`,
).optional();
const validity = { from: time, to: time };

const resourceSchema = z
  .union(
    [
      z.strictObject({
        prefix: parsed(parsePrefixText, (text) => `${text} is not a prefix, or has bits set behind its length; write 203.0.113.0/24`),
        ...validity,
      }),
      z.strictObject({ asn: parsed(parseAsn, (text) => `${text} is not an AS number`), ...validity }),
      z.strictObject({ domain: parsed(parseDomain, (text) => `${text} is not a domain`), ...validity }),
    ],
    { error: 'a resource is one of prefix, asn or domain, with from and to if need be' },
  )
  .transform((given, context): Resource => {
    const validFrom = given.from ?? null;
    const validTo = given.to ?? null;
    if (validFrom !== null && validTo !== null && validFrom >= validTo) {
      context.addIssue({ code: 'custom', message: 'it ends before it begins; `to` is the first moment that is no longer held' });
    }
    if ('prefix' in given) return { kind: 'prefix', value: given.prefix, validFrom, validTo };
    return 'asn' in given
      ? { kind: 'asn', value: given.asn, validFrom, validTo }
      : { kind: 'domain', value: given.domain, validFrom, validTo };
  });

const words = z.string().trim().min(1);

const letterSchema = z.strictObject({
  postalCode: words,
  lines: z.array(words).min(1),
  recipient: words,
  department: words.optional(),
  country: words.optional(),
});

const constituentSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'an id is made of small letters, digits and hyphens'),
    name: z.strictObject({ ja: words, en: words }),
    kind: z.enum(CONSTITUENT_KINDS),
    language: z.enum(['ja', 'en']),
    mail: z.array(z.email('not a mail address')).default([]),
    letter: letterSchema.optional(),
    resources: z.array(resourceSchema).default([]),
  })
  .transform(({ mail, letter, ...rest }): Constituent => ({ ...rest, contact: { mail, letter: toLetter(letter) } }));

function toLetter(letter: z.infer<typeof letterSchema> | undefined): Contact['letter'] {
  if (!letter) return null;
  const { department, country, ...rest } = letter;
  return { ...rest, ...(department === undefined ? {} : { department }), ...(country === undefined ? {} : { country }) };
}

const SAY_MISSING: z.core.ParseContext<z.core.$ZodIssue> = {
  error: (issue) => (issue.input === undefined ? 'it is missing' : undefined),
};

/** What is wrong and where; inside a union, what is wrong with the branch that was meant. */
function explain(issue: z.core.$ZodIssue | undefined): { path: readonly PropertyKey[]; message: string } {
  if (!issue) return { path: [], message: 'this cannot be read' };
  if (issue.code === 'unrecognized_keys') {
    return { path: [...issue.path, issue.keys[0] ?? ''], message: said(issue.path, `unknown key ${issue.keys.join(', ')}`) };
  }
  const meant = issue.code === 'invalid_union' ? issue.errors.find((branch) => branch.every((one) => one.code === 'custom')) : undefined;
  const inner = meant?.[0];
  const path = inner ? [...issue.path, ...inner.path] : issue.path;
  return { path, message: said(path, (inner ?? issue).message) };
}

const said = (path: readonly PropertyKey[], message: string): string => [path.join('.'), message].filter(Boolean).join(': ');

// ---- YAML

function parseYaml(text: string, file: string): Entry[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const broken = document.errors[0];
  if (broken) throw wrong(file, lineAt(broken.pos[0]), `This is not sound YAML: ${broken.message}`, broken);
  const lineOf = (path: readonly PropertyKey[]): number => lineAt(offsetOf(document.contents, path));
  const result = z.strictObject({ constituents: z.array(z.unknown()) }).safeParse(document.toJS(), SAY_MISSING);
  if (!result.success) {
    const { path, message } = explain(result.error.issues[0]);
    throw wrong(file, lineOf(path), message, result.error);
  }
  return result.data.constituents.map((given, i) => toEntry(given, file, (path) => lineOf(['constituents', i, ...path])));
}

function toEntry(given: unknown, file: string, lineOf: (path: readonly PropertyKey[]) => number): Entry {
  const result = constituentSchema.safeParse(given, SAY_MISSING);
  if (!result.success) {
    const { issues } = result.error;
    // A misspelt key leaves the right one missing; the misspelling is what helps.
    const { path, message } = explain(issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]);
    throw wrong(file, lineOf(path), message, result.error);
  }
  const constituent = result.data;
  return { constituent, line: lineOf([]), resourceLines: constituent.resources.map((_, i) => lineOf(['resources', i])) };
}

/** Where the deepest part of the path that exists begins. */
function offsetOf(contents: unknown, path: readonly PropertyKey[]): number {
  let node = contents as Node | null;
  let offset = node?.range?.[0] ?? 0;
  for (const step of path) {
    const pair = isMap(node) ? node.items.find((item) => keyText(item.key) === step) : undefined;
    const next = (pair?.value ?? (node && 'get' in node ? node.get(step, true) : null)) as Node | null;
    offset = (pair?.key as Node | undefined)?.range?.[0] ?? next?.range?.[0] ?? offset;
    node = next;
    if (!node) break;
  }
  return offset;
}

function keyText(key: unknown): unknown {
  return key !== null && typeof key === 'object' && 'value' in key ? key.value : key;
}

// ---- CSV

const PARTICULARS = ['name_ja', 'name_en', 'kind', 'language', 'mail', 'postal_code', 'address_lines', 'recipient', 'department'] as const;
const COLUMNS = ['constituent_id', ...PARTICULARS, 'resource', 'valid_from', 'valid_to'] as const;

type Column = (typeof COLUMNS)[number];
interface SheetRow {
  readonly line: number;
  readonly cells: Readonly<Record<Column, string>>;
}

function parseSheet(text: string, file: string): Entry[] {
  const byId = Map.groupBy(readRows(text, file), (row) => row.cells.constituent_id);
  return [...byId.values()].map((rows) => sheetEntry(rows, file));
}

function readRows(text: string, file: string): SheetRow[] {
  let records: { record: string[]; info: { lines: number } }[];
  try {
    // The parser's types do not follow the `info` option.
    records = parseCsv(text, { bom: true, info: true, trim: true, skipEmptyLines: true, relaxColumnCount: true }) as never;
  } catch (cause) {
    throw wrong(file, cause instanceof CsvError ? Number(cause['lines']) : undefined, 'This is not sound CSV; check the quotes.', cause);
  }
  const header = records[0]?.record ?? [];
  refuseHeader(header, file);
  return records.slice(1).map(({ record, info }) => {
    if (record.length !== header.length) throw wrong(file, info.lines, `${record.length} cells where the header has ${header.length}`);
    const cells = Object.fromEntries(COLUMNS.map((column) => [column, record[header.indexOf(column)] ?? ''])) as SheetRow['cells'];
    if (cells.constituent_id === '') throw wrong(file, info.lines, 'constituent_id is empty');
    return { line: info.lines, cells };
  });
}

function refuseHeader(header: readonly string[], file: string): void {
  const unknown = header.filter((name) => !(COLUMNS as readonly string[]).includes(name));
  if (unknown.length > 0) throw wrong(file, 1, `unknown column ${unknown.join(', ')}`);
  const missing = COLUMNS.filter((name) => !header.includes(name));
  if (missing.length > 0) throw wrong(file, 1, `the column ${missing.join(', ')} is missing`);
}

function sheetEntry(rows: readonly SheetRow[], file: string): Entry {
  const [first] = rows;
  if (!first) throw wrong(file, undefined, 'a constituent without rows');
  for (const row of rows.slice(1)) refuseDifference(first, row, file);
  const held = rows.filter((row) => row.cells.resource !== '');
  const given = { ...toParticulars(first.cells), resources: held.map((row) => toResource(row.cells)) };
  const lineOf = (path: readonly PropertyKey[]): number =>
    path[0] === 'resources' ? (held[Number(path[1])]?.line ?? first.line) : first.line;
  return toEntry(given, file, lineOf);
}

function refuseDifference(first: SheetRow, row: SheetRow, file: string): void {
  for (const column of PARTICULARS) {
    if (row.cells[column] !== '' && row.cells[column] !== first.cells[column]) {
      throw wrong(file, row.line, `${column} of ${row.cells.constituent_id} differs from line ${first.line}`);
    }
  }
}

function parts(text: string): string[] {
  return text
    .split('|')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function toParticulars(cells: SheetRow['cells']): Record<string, unknown> {
  const hasLetter = [cells.postal_code, cells.address_lines, cells.recipient].some((cell) => cell !== '');
  const letter = {
    postalCode: cells.postal_code,
    lines: parts(cells.address_lines),
    recipient: cells.recipient,
    ...(cells.department === '' ? {} : { department: cells.department }),
  };
  return {
    id: cells.constituent_id,
    name: { ja: cells.name_ja, en: cells.name_en },
    kind: cells.kind,
    language: cells.language,
    mail: parts(cells.mail),
    ...(hasLetter ? { letter } : {}),
  };
}

function toResource({ resource, valid_from, valid_to }: SheetRow['cells']): Record<string, string> {
  const kind = /^AS\d+$/i.test(resource) ? 'asn' : /[/:]|^[\d.]+$/.test(resource) ? 'prefix' : 'domain';
  return { [kind]: resource, ...(valid_from === '' ? {} : { from: valid_from }), ...(valid_to === '' ? {} : { to: valid_to }) };
}

// ---- Between constituents

function refuseTwice(entries: readonly Entry[], file: string): void {
  const lineOfId = new Map<string, number>();
  const holders = new Map<string, { entry: Entry; resource: Resource }[]>();
  for (const entry of entries) {
    const { id, resources } = entry.constituent;
    const before = lineOfId.get(id);
    if (before !== undefined) throw wrong(file, entry.line, `the id ${id} is already used on line ${before}`);
    lineOfId.set(id, entry.line);
    resources.forEach((resource, i) => {
      const key = `${resource.kind} ${resource.value}`;
      const others = holders.get(key) ?? [];
      const rival = others.find((other) => other.entry !== entry && overlap(other.resource, resource));
      if (rival) {
        throw wrong(file, entry.resourceLines[i], `${resource.value} is held by ${rival.entry.constituent.id} and ${id} at the same time`);
      }
      holders.set(key, [...others, { entry, resource }]);
    });
  }
}

function overlap(a: Resource, b: Resource): boolean {
  return (a.validFrom ?? -Infinity) < (b.validTo ?? Infinity) && (b.validFrom ?? -Infinity) < (a.validTo ?? Infinity);
}
