/** Checks what Yagura needs of this machine and says what to do where something is missing. */
import { constants } from 'node:fs';
import { access, mkdir, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import type { Config } from '../../engine/config.ts';
import { describeError } from '../../engine/errors.ts';
import type { Status } from '../../server/contract.ts';
import { type Command, DATA_OPTIONS, isSet } from '../command.ts';
import { configOf, connectHub, findRunningHub } from '../hub-client.ts';
import { printJson, printLine } from '../output.ts';

interface Check {
  readonly name: string;
  readonly isGood: boolean;
  readonly detail: string;
}

const GIB = 2 ** 30;

const command: Command = {
  usage: 'doctor [--data DIR] [--json]',
  summary: 'Checks memory, disk, the data folder and both stores.',
  options: DATA_OPTIONS,
  async run(invocation) {
    const config = configOf(invocation);
    const checks = [nodeCheck(), memoryCheck(), ...(await dataChecks(config)), await hubCheck(config)];
    for (const check of checks) {
      if (isSet(invocation, 'json')) printJson(check);
      else printLine(`${check.isGood ? 'ok  ' : 'LOOK'}  ${check.name.padEnd(14)} ${check.detail}`);
    }
    return checks.every((check) => check.isGood) ? 0 : 69;
  },
};
export default command;

function nodeCheck(): Check {
  const isGood = Number(process.versions.node.split('.')[0]) >= 26;
  return { name: 'Node', isGood, detail: `${process.versions.node}${isGood ? '' : '; run ./yagura, which brings its own'}` };
}

function memoryCheck(): Check {
  const gib = totalmem() / GIB;
  return {
    name: 'memory',
    isGood: gib >= 2,
    detail: `${gib.toFixed(1)} GiB${gib >= 2 ? '' : '; the embedded stores need 2 GiB, or use servers by URL'}`,
  };
}

async function dataChecks(config: Config): Promise<Check[]> {
  try {
    await mkdir(config.data, { recursive: true });
    await access(config.data, constants.R_OK | constants.W_OK);
    const disk = await statfs(config.data);
    const free = (disk.bavail * disk.bsize) / GIB;
    return [
      { name: 'data folder', isGood: true, detail: config.data },
      {
        name: 'free disk',
        isGood: free >= 2,
        detail: `${free.toFixed(1)} GiB${free >= 2 ? '' : '; make room, intake stops when it is full'}`,
      },
    ];
  } catch (error) {
    return [{ name: 'data folder', isGood: false, detail: `${config.data}: ${describeError(error)}; name another with --data` }];
  }
}

async function hubCheck(config: Config): Promise<Check> {
  const running = findRunningHub(config.data);
  try {
    const hub = await connectHub(config);
    const status = await hub.get<Status>('/status');
    await hub.close();
    const where = running ? `a hub is running at ${running.url}` : 'no hub is running; the stores open';
    return { name: 'stores', isGood: true, detail: `${where}; ${status.counts.findings} findings, ${status.counts.openCases} open cases` };
  } catch (error) {
    return { name: 'stores', isGood: false, detail: describeError(error) };
  }
}
