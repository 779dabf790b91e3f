/**
 * The command line: one table of commands, each loaded when it is called.
 */
import { YaguraError } from '../engine/errors.ts';
import { type Command, isSet, readInvocation } from './command.ts';
import { printLine, say, sayError } from './output.ts';

const COMMANDS: Readonly<Record<string, () => Promise<{ default: Command }>>> = {
  start: () => import('./commands/start.ts'),
  ingest: () => import('./commands/ingest.ts'),
  collect: () => import('./commands/collect.ts'),
  inspect: () => import('./commands/inspect.ts'),
  flows: () => import('./commands/flows.ts'),
  telescope: () => import('./commands/telescope.ts'),
  findings: () => import('./commands/findings.ts'),
  explain: () => import('./commands/explain.ts'),
  backtest: () => import('./commands/backtest.ts'),
  alerts: () => import('./commands/alerts.ts'),
  cases: () => import('./commands/cases.ts'),
  notices: () => import('./commands/notices.ts'),
  notify: () => import('./commands/notify.ts'),
  constituents: () => import('./commands/constituents.ts'),
  sensors: () => import('./commands/sensors.ts'),
  surges: () => import('./commands/surges.ts'),
  campaigns: () => import('./commands/campaigns.ts'),
  kev: () => import('./commands/kev.ts'),
  statistics: () => import('./commands/statistics.ts'),
  simulate: () => import('./commands/simulate.ts'),
  score: () => import('./commands/score.ts'),
  c2: () => import('./commands/c2.ts'),
  purposes: () => import('./commands/purposes.ts'),
  tokens: () => import('./commands/tokens.ts'),
  packets: () => import('./commands/packets.ts'),
  storage: () => import('./commands/storage.ts'),
  modules: () => import('./commands/modules.ts'),
  doctor: () => import('./commands/doctor.ts'),
  version: () => import('./commands/version.ts'),
};

const COMMON = `
--data DIR     the folder of everything the hub keeps; yagura-data unless the configuration says otherwise
--config FILE  the configuration; understood wherever --data is
--json         one JSON object per line, for scripts`;

async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') return rest[0] === undefined ? help() : helpOf(rest[0]);
  const command = await loadCommand(name === '--version' ? 'version' : name);
  const invocation = readInvocation(command, rest);
  if (isSet(invocation, 'help')) {
    return helpOf(name);
  }
  return command.run(invocation);
}

async function loadCommand(name: string): Promise<Command> {
  const load = COMMANDS[name];
  if (!load) throw new YaguraError('usage', `there is no command "${name}"; yagura help lists them`);
  return (await load()).default;
}

async function helpOf(name: string): Promise<number> {
  const { usage, summary } = await loadCommand(name);
  printLine(`yagura ${usage}\n\n${summary}`);
  return 0;
}

async function help(): Promise<number> {
  printLine('Yagura 火の見: observe → detect → attribute → notify → verify the fix\n');
  for (const load of Object.values(COMMANDS)) {
    const { default: command } = await load();
    printLine(`  yagura ${command.usage}\n      ${command.summary}`);
  }
  printLine(COMMON);
  return 0;
}

// A reader that went away (`yagura findings | head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof YaguraError)) say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = sayError(error);
}
