/** Holds the hub's findings against a simulation's ground truth. */
import { YaguraError } from '../../engine/errors.ts';
import type { Finding } from '../../server/contract.ts';
import { SCALES, type Scale } from '../../simulation/country.ts';
import { formatScore, score } from '../../simulation/score.ts';
import { formatTable, toRows } from '../../simulation/score-table.ts';
import { parseTruth } from '../../simulation/truth.ts';
import { type Command, DATA_OPTIONS, type Invocation, isSet, numberOption, textOption } from '../command.ts';
import { allRows, configOf, connectHub } from '../hub-client.ts';
import { printJson, printLine } from '../output.ts';
import { readText } from '../read-text.ts';

const command: Command = {
  usage:
    'score --truth FILE [--data DIR] [--json]\n       yagura score --table [--seeds N] [--scales small,medium,large] [--sampling 1,100,1000] [--weeks N] [--json]',
  summary: 'Prints precision and recall per finding kind against a ground truth, or a table of them over simulations.',
  options: {
    ...DATA_OPTIONS,
    truth: { type: 'string' },
    table: { type: 'boolean' },
    seeds: { type: 'string' },
    scales: { type: 'string' },
    sampling: { type: 'string' },
    weeks: { type: 'string' },
  },
  async run(invocation) {
    if (isSet(invocation, 'table')) return printTable(invocation);
    const file = textOption(invocation, 'truth');
    if (file === undefined) throw new YaguraError('usage', `name the truth. Usage: yagura ${command.usage}`);
    const truth = parseTruth(await readText(file, 'the truth cannot be read; yagura simulate writes it as truth.json'), file);
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

/** Simulates in a temporary folder and judges there: no data folder is touched. */
async function printTable(invocation: Invocation): Promise<number> {
  const { runTable, scaleText } = await import('../score-table.ts');
  const scales = listOf(invocation, 'scales', 'small,medium,large').map(toScale);
  const rows = toRows(
    await runTable({
      seeds: numberOption(invocation, 'seeds') ?? 5,
      scales,
      samplings: listOf(invocation, 'sampling', '1,100,1000')
        .map(toInterval)
        .sort((a, b) => a - b),
      weeks: numberOption(invocation, 'weeks') ?? 2,
      progress: (text) => process.stderr.write(`${text}\n`),
    }),
  );
  if (isSet(invocation, 'json')) printJson(rows);
  else printLine(`${scales.map(scaleText).join('\n')}\n\n${formatTable(rows)}`);
  return 0;
}

const listOf = (invocation: Invocation, name: string, usual: string): string[] => (textOption(invocation, name) ?? usual).split(',');

function toScale(word: string): Scale {
  const scale = SCALES.find((one) => one === word);
  if (!scale) throw new YaguraError('usage', `--scales are ${SCALES.join(', ')}, not "${word}"`);
  return scale;
}

function toInterval(word: string): number {
  const interval = Number(word);
  if (!Number.isInteger(interval) || interval < 1) throw new YaguraError('usage', `--sampling is one packet in so many, not "${word}"`);
  return interval;
}
