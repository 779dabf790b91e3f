/** Says what is in files, one JSON object each, without touching a store. */
import { isCaptureHead } from '../../capture/container.ts';
import { inspectCapture, WATCHED_PORTS } from '../../collectors/pcap/inspect.ts';
import { YaguraError } from '../../engine/errors.ts';
import { chooseCollector, openInput, readHead } from '../../engine/input.ts';
import { type Command, isSet, textOption } from '../command.ts';
import { printJson, printLine, sayError } from '../output.ts';

const command: Command = {
  usage: 'inspect FILE... [--as COLLECTOR] [--json]',
  summary: 'Says what is in captures and reports; stores nothing.',
  options: { as: { type: 'string' }, json: { type: 'boolean' } },
  async run(invocation) {
    if (invocation.positionals.length === 0) throw new YaguraError('usage', `name at least one file. Usage: yagura ${command.usage}`);
    let status = 0;
    for (const path of invocation.positionals) {
      try {
        const result = await inspect(path, textOption(invocation, 'as'));
        if (isSet(invocation, 'json')) printJson(result);
        else printReadable(result);
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
  if (as === undefined && isCaptureHead(head.bytes)) {
    // Captures are looked at by the dozen and by scripts: the catalogue of all modules would double the wait.
    return { file: input.name, collector: 'pcap', ...(await inspectCapture(input, { watchedPorts: [...WATCHED_PORTS] })) };
  }
  const { collectors } = await import('../../collectors/index.ts');
  const collector = chooseCollector(collectors, head, input, as);
  const result = await collector.inspect(input, collector.settings.parse({}));
  return { file: input.name, collector: collector.id, ...result };
}

function printReadable(result: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(result)) {
    printLine(`${key.padEnd(28)} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  }
  printLine('');
}
