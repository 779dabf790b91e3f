/** Holds the hub's findings against a simulation's ground truth. */
import { readFile } from 'node:fs/promises';
import { YaguraError } from '../../engine/errors.ts';
import type { Finding } from '../../server/contract.ts';
import { formatScore, score } from '../../simulation/score.ts';
import { parseTruth } from '../../simulation/truth.ts';
import { type Command, DATA_OPTIONS, isSet, textOption } from '../command.ts';
import { allRows, configOf, connectHub } from '../hub-client.ts';
import { printJson, printLine } from '../output.ts';

const command: Command = {
  usage: 'score --truth FILE [--data DIR] [--json]',
  summary: 'Prints precision and recall per finding kind against a ground truth.',
  options: { ...DATA_OPTIONS, truth: { type: 'string' } },
  async run(invocation) {
    const file = textOption(invocation, 'truth');
    if (file === undefined) throw new YaguraError('usage', `name the truth. Usage: yagura ${command.usage}`);
    const truth = parseTruth(await readText(file), file);
    const hub = await connectHub(configOf(invocation));
    const found: Finding[] = [];
    try {
      for await (const finding of allRows<Finding>(hub, '/findings', {})) found.push(finding);
    } finally {
      await hub.close();
    }
    const result = score(
      truth,
      found.map((one) => ({ ...one, constituentId: one.attribution.constituentId })),
    );
    if (isSet(invocation, 'json')) printJson(result);
    else printLine(formatScore(result));
    return 0;
  },
};
export default command;

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new YaguraError('input-unreadable', 'the truth cannot be read; yagura simulate writes it as truth.json', { file, cause });
  });
}
