/** Says what is in files, one JSON object each or one for all together, without touching a store. */
import { isCaptureHead } from '../../capture/container.ts';
import { isMostlyWithoutUdp } from '../../capture/quick-look.ts';
import { inspectCapture } from '../../collectors/pcap/inspect.ts';
import { WATCHED_PORTS } from '../../collectors/pcap/watched-ports.ts';
import { YaguraError } from '../../engine/errors.ts';
import { chooseCollector, openInput, readHead } from '../../engine/input.ts';
import type { Collector, Head, Input } from '../../engine/modules.ts';
import { type Command, isSet, textOption } from '../command.ts';
import { printJson, printLine, sayError } from '../output.ts';

const command: Command = {
  usage: 'inspect FILE... [--as COLLECTOR] [--together] [--json]',
  summary: 'Says what is in captures, flow exports and reports; stores nothing.',
  options: { as: { type: 'string' }, together: { type: 'boolean' }, json: { type: 'boolean' } },
  async run(invocation) {
    if (invocation.positionals.length === 0) throw new YaguraError('usage', `name at least one file. Usage: yagura ${command.usage}`);
    const as = textOption(invocation, 'as');
    const print = isSet(invocation, 'json') ? printJson : printReadable;
    if (isSet(invocation, 'together')) {
      print(await inspectTogether(invocation.positionals, as));
      return 0;
    }
    let status = 0;
    for (const path of invocation.positionals) {
      try {
        print(await inspect(path, as));
      } catch (error) {
        status = sayError(error);
      }
    }
    return status;
  },
};
export default command;

async function inspect(path: string, as: string | undefined): Promise<Record<string, unknown>> {
  const input = await openInput(path);
  const head = await readHead(input);
  const isCapture = isCaptureHead(head.bytes);
  // Captures are looked at by the dozen and by scripts: the catalogue of all modules would double the wait.
  if (as === undefined && isCapture && !(await mayHoldExports(head)))
    return { file: input.name, collector: 'pcap', ...(await look(input)) };
  const { collectors } = await import('../../collectors/index.ts');
  const collector = chooseCollector(collectors, head, input, as);
  const facts = await collector.inspect(input, collector.settings.parse({}));
  if (!isCapture || collector.input !== 'flow') return { file: input.name, collector: collector.id, ...facts };
  return { file: input.name, collector: collector.id, ...withCapture([await look(input)], facts) };
}

const look = (input: Input): Promise<Record<string, unknown>> => inspectCapture(input, { watchedPorts: [...WATCHED_PORTS] });

/** A cheap look at version numbers: NetFlow and IPFIX begin with 5, 9 or 10 in two bytes, sFlow with 2, 4 or 5 in four. */
async function mayHoldExports(head: Head): Promise<boolean> {
  if (isMostlyWithoutUdp(head.bytes)) return false;
  const { firstPayloads } = await import('../../capture/udp-payloads.ts');
  return firstPayloads(head.bytes).some((payload) => payload?.[0] === 0 && (EXPORT_VERSIONS.has(payload[1] ?? 0) || payload[1] === 0));
}

const EXPORT_VERSIONS: ReadonlySet<number> = new Set([5, 9, 10]);

/** What is said of a capture as such, and of the exports in it. A packet is sound when both its headers and its export are. */
function withCapture(captures: readonly Record<string, unknown>[], facts: Record<string, unknown>): Record<string, unknown> {
  const sum = (key: string): number => captures.reduce((total, capture) => total + Number(capture[key] ?? 0), 0);
  const [first] = captures;
  const added = captures.length > 1 ? Object.fromEntries(COUNTED.map((key) => [key, sum(key)])) : first;
  return { ...added, ...facts, malformed_packets: sum('malformed_packets') + Number(facts['malformed'] ?? 0) };
}

/** What adds up over several captures. */
const COUNTED = ['packets', 'captured_bytes', 'ipv4_packets', 'ipv6_packets', 'tcp_packets', 'udp_packets'];

async function inspectTogether(paths: readonly string[], as: string | undefined): Promise<Record<string, unknown>> {
  const inputs: Input[] = [];
  for (const path of paths) inputs.push(await openInput(path));
  const heads: Head[] = [];
  for (const input of inputs) heads.push(await readHead(input));
  const collector = await chooseForAll(inputs, heads, as);
  if (!collector.inspectTogether) {
    throw new YaguraError('usage', `${collector.id} does not read several files as one; leave out --together`);
  }
  const facts = await collector.inspectTogether(inputs, collector.settings.parse({}));
  const captures: Record<string, unknown>[] = [];
  for (const [i, input] of inputs.entries()) if (heads[i] && isCaptureHead(heads[i].bytes)) captures.push(await look(input));
  return { files: paths, collector: collector.id, ...(captures.length > 0 ? withCapture(captures, facts) : facts) };
}

async function chooseForAll(inputs: readonly Input[], heads: readonly Head[], as: string | undefined): Promise<Collector> {
  const { collectors } = await import('../../collectors/index.ts');
  const chosen = inputs.map((input, i) => chooseCollector(collectors, heads[i] as Head, input, as));
  const [first] = chosen;
  if (!first || chosen.some((collector) => collector !== first)) {
    throw new YaguraError(
      'usage',
      `these files are of different kinds (${[...new Set(chosen.map(({ id }) => id))].join(', ')}); name one kind`,
    );
  }
  return first;
}

function printReadable(result: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(result)) {
    printLine(`${key.padEnd(28)} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  }
  printLine('');
}
