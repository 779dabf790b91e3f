/**
 * The command line: one table of commands, each loaded when it is called.
 */
import { YaguraError } from '../engine/errors.ts';
import { type Command, isSet, readInvocation } from './command.ts';
import { printLine, say, sayError } from './output.ts';

const COMMANDS: Readonly<Record<string, () => Promise<{ default: Command }>>> = {
  start: () => import('./commands/start.ts'),
  ingest: () => import('./commands/ingest.ts'),
  inspect: () => import('./commands/inspect.ts'),
  findings: () => import('./commands/findings.ts'),
  cases: () => import('./commands/cases.ts'),
  notices: () => import('./commands/notices.ts'),
  notify: () => import('./commands/notify.ts'),
  constituents: () => import('./commands/constituents.ts'),
  simulate: () => import('./commands/simulate.ts'),
  score: () => import('./commands/score.ts'),
  modules: () => import('./commands/modules.ts'),
  doctor: () => import('./commands/doctor.ts'),
  version: () => import('./commands/version.ts'),
};

async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') return help();
  const load = COMMANDS[name === '--version' ? 'version' : name];
  if (!load) throw new YaguraError('usage', `there is no command "${name}"; yagura help lists them`);
  const { default: command } = await load();
  const invocation = readInvocation(command, rest);
  if (isSet(invocation, 'help')) {
    printLine(`yagura ${command.usage}\n\n${command.summary}`);
    return 0;
  }
  return command.run(invocation);
}

async function help(): Promise<number> {
  printLine('Yagura 火の見: observe → detect → attribute → notify → verify the fix\n');
  for (const load of Object.values(COMMANDS)) {
    const { default: command } = await load();
    printLine(`  yagura ${command.usage}\n      ${command.summary}`);
  }
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
