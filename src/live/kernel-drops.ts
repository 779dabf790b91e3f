/**
 * Datagrams the kernel threw away because a socket's buffer was full.
 *
 * No collector sees these losses by itself, and flows that are missing without a word
 * falsify every figure; Linux tells them per socket in /proc/net/udp.
 */
import { readFileSync } from 'node:fs';

/** Drops since the socket was opened; undefined where the system does not tell. */
export function readKernelDrops(port: number, isIpv6: boolean): number | undefined {
  try {
    return parseDrops(readFileSync(isIpv6 ? '/proc/net/udp6' : '/proc/net/udp', 'utf8'), port);
  } catch {
    return undefined;
  }
}

/** The last field of the lines whose local address ends in the port. */
export function parseDrops(table: string, port: number): number | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let drops: number | undefined;
  for (const line of table.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    if (fields[1]?.endsWith(suffix)) drops = (drops ?? 0) + Number(fields.at(-1));
  }
  return drops;
}
