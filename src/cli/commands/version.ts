/** Says which Yagura this is. */
import { readFileSync } from 'node:fs';
import type { Command } from '../command.ts';
import { printLine } from '../output.ts';

const command: Command = {
  usage: 'version',
  summary: 'Says which Yagura, Node and platform this is.',
  options: {},
  run() {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
    printLine(`yagura ${version} (Node ${process.versions.node}, ${process.platform}-${process.arch})`);
    return Promise.resolve(0);
  },
};
export default command;
