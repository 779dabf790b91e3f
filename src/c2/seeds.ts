/**
 * Where the scoring of C&C servers starts: infected hosts, and servers somebody named.
 *
 * Both come from findings of the period; further servers from a file of one indicator a
 * line, `address` or `address:port` (IPv6 in brackets when a port follows), then an
 * optional family. `#` begins a comment.
 */
import { readFile } from 'node:fs/promises';
import { formatAddress, parseAddress } from '../domain/address.ts';
import type { C2Indicator, C2SeedHost, C2Seeds } from '../domain/c2-flows.ts';
import type { FindingKind, Transport } from '../domain/finding.ts';
import { YaguraError } from '../engine/errors.ts';

/** What is needed of a finding. */
export interface SeedFinding {
  readonly kind: FindingKind;
  readonly identifier: string;
  readonly asset: { readonly kind: string; readonly value: string };
  readonly port: number | null;
  readonly transport: Transport | null;
}

/** Feed findings of kind `command-and-control` may name a server by other means than its address: those say nothing about flows. */
export function toSeeds(findings: readonly SeedFinding[], indicators: readonly C2Indicator[] = []): C2Seeds {
  const hosts: C2SeedHost[] = [];
  const servers: C2Indicator[] = [...indicators];
  for (const { kind, identifier, asset, port, transport } of findings) {
    const bytes = asset.kind === 'ip' ? parseAddress(asset.value) : undefined;
    if (!bytes) continue;
    const address = formatAddress(bytes);
    const family = identifier === '' ? null : identifier;
    if (kind === 'infected-host') hosts.push({ address, family });
    if (kind === 'command-and-control') servers.push({ address, port, transport: transport === 'icmp' ? null : transport, family });
  }
  return { hosts, servers };
}

const LINE = /^(?:\[([^\]]+)\]|([^\s[\]]+?))(?::(\d+))?(?:\s+(\S+))?$/;

export async function readIndicators(file: string): Promise<C2Indicator[]> {
  try {
    return parseIndicators(await readFile(file, 'utf8'), file);
  } catch (cause) {
    if (cause instanceof YaguraError) throw cause;
    throw new YaguraError('input-unreadable', 'the file of C&C indicators cannot be read', { file, cause });
  }
}

export function parseIndicators(text: string, file?: string): C2Indicator[] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    const content = line.replace(/#.*/, '').trim();
    return content === '' ? [] : [parseIndicator(content, i + 1, file)];
  });
}

function parseIndicator(content: string, line: number, file: string | undefined): C2Indicator {
  const [first = '', ...words] = content.split(/\s+/);
  const whole = parseAddress(first);
  const match = LINE.exec(content);
  const bytes = whole ?? parseAddress(match?.[1] ?? match?.[2] ?? '');
  const port = whole || match?.[3] === undefined ? null : Number(match[3]);
  if (!bytes || (port !== null && (port < 1 || port > 65_535)) || words.length > 1) {
    throw new YaguraError('input-malformed', 'an indicator is an address or address:port and may be followed by one word, its family', {
      file,
      line,
    });
  }
  return { address: formatAddress(bytes), port, transport: null, family: words[0] ?? null };
}

const FAMILY = /^[a-z][a-z0-9._-]{0,31}$/i;
const MOST_DIGITS = 3;

/** A family's name is shared with others, so it must not be able to hold an address: few digits, and a letter that no hexadecimal number has. */
export function toFamily(family: string | null): string | null {
  if (family === null || !FAMILY.test(family)) return null;
  const digits = family.replace(/[^0-9]/g, '').length;
  return digits <= MOST_DIGITS && /[g-z]/i.test(family) ? family : null;
}
