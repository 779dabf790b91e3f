/** Writes a simulated country as files, with the truth about it. */
import { YaguraError } from '../../engine/errors.ts';
import { createLog } from '../../engine/log.ts';
import { SCALES, type Scale } from '../../simulation/country.ts';
import { simulate } from '../../simulation/write.ts';
import { type Command, isSet, numberOption, textOption } from '../command.ts';
import { printJson, printLine, progressBar } from '../output.ts';

const command: Command = {
  usage: 'simulate --out DIR [--seed N] [--scale small|medium|large] [--sampling N] [--json]',
  summary: 'Writes a deterministic country: captures, flow exports (one packet in N), reports, constituents and ground truth.',
  options: {
    seed: { type: 'string' },
    scale: { type: 'string' },
    sampling: { type: 'string' },
    out: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(invocation) {
    const directory = textOption(invocation, 'out');
    if (directory === undefined) throw new YaguraError('usage', `say where to write. Usage: yagura ${command.usage}`);
    const bar = progressBar(directory, isSet(invocation, 'json'));
    const report = await simulate({
      seed: numberOption(invocation, 'seed') ?? 42,
      scale: scaleOf(textOption(invocation, 'scale') ?? 'small'),
      sampling: samplingOf(numberOption(invocation, 'sampling') ?? 1),
      directory,
      log: createLog('warn'),
      progress: ({ done, packets }) => bar.update(done, 1, `${packets.toLocaleString('en')} packets`),
    });
    bar.end();
    if (isSet(invocation, 'json')) printJson(report);
    else {
      const { packets, captures, flows, reports, planted } = report;
      printLine(
        `${directory}: ${packets.toLocaleString('en')} packets in ${captures.length} captures, ${flows.length} flow exports, ${reports.length} reports, ${planted} planted truths`,
      );
      printLine('next, into a data folder of its own:');
      printLine(`  ./yagura constituents --import ${directory}/constituents.yaml --data sim`);
      printLine(`  ./yagura ingest ${directory}/*.pcap ${directory}/*-simulated.csv --data sim`);
      printLine(`  ./yagura score --truth ${directory}/truth.json --data sim`);
    }
    return 0;
  },
};
export default command;

function scaleOf(word: string): Scale {
  const scale = SCALES.find((one) => one === word);
  if (!scale) throw new YaguraError('usage', `--scale is ${SCALES.join(', ')}, not "${word}"`);
  return scale;
}

function samplingOf(interval: number): number {
  if (interval < 1) throw new YaguraError('usage', '--sampling is one packet in so many: 1 or more');
  return interval;
}
