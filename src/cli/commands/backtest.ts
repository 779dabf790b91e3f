/** Tries a rule with other settings on stored days: what it would have found and lost. */
import { parse } from 'yaml';
import { YaguraError } from '../../engine/errors.ts';
import type { BacktestLine, BacktestResult, BacktestRules, BacktestSample } from '../../server/finding-contract.ts';
import { type Command, DATA_OPTIONS, type Invocation, isSet, textOption, textOptions } from '../command.ts';
import { configOf, connectHub, type HubClient, toError } from '../hub-client.ts';
import { printJson, printLine, printTable, progressBar } from '../output.ts';
import { toDay } from '../times.ts';

const DAY = 86_400_000;
const SHOWN = 10;

const command: Command = {
  usage: 'backtest RULE --set KEY=VALUE… [--from DAY] [--to DAY] [--sensor ID] [--data DIR] [--json]',
  summary: 'Shows what a rule with other settings would have found and lost on stored days. Nothing is written.',
  options: {
    ...DATA_OPTIONS,
    set: { type: 'string', multiple: true },
    from: { type: 'string' },
    to: { type: 'string' },
    sensor: { type: 'string' },
  },
  async run(invocation) {
    const [rule, ...more] = invocation.positionals;
    if (rule === undefined || more.length > 0) throw new YaguraError('usage', `name one rule. Usage: yagura ${command.usage}`);
    const set = settingsOf(textOptions(invocation, 'set'));
    const hub = await connectHub(configOf(invocation));
    try {
      const period = await periodOf(hub, invocation);
      const result = await follow(hub, { rule, set, ...period, sensor: textOption(invocation, 'sensor') }, isSet(invocation, 'json'));
      if (isSet(invocation, 'json')) printJson(result);
      else print(result);
    } finally {
      await hub.close();
    }
    return 0;
  },
};
export default command;

/** Values are read as YAML reads them: 5 is a number, true is true. */
function settingsOf(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new YaguraError('usage', `--set takes KEY=VALUE, not "${pair}"`);
      return [pair.slice(0, at), parse(pair.slice(at + 1)) as unknown];
    }),
  );
}

/** Whole days, UTC; both ends are judged. Without them: every day with data. */
async function periodOf(hub: HubClient, invocation: Invocation): Promise<{ from: number; to: number }> {
  const { firstAt, lastAt } = await hub.get<BacktestRules>('/backtests/rules');
  const from = dayOption(invocation, 'from') ?? firstAt;
  const last = dayOption(invocation, 'to') ?? lastAt;
  if (from === null || last === null) throw new YaguraError('not-found', 'there are no observations to try a rule on');
  return { from: Math.floor(from / DAY) * DAY, to: (Math.floor(last / DAY) + 1) * DAY };
}

function dayOption(invocation: Invocation, name: string): number | null {
  const text = textOption(invocation, name);
  if (text === undefined) return null;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new YaguraError('usage', `--${name} takes a day like 2026-03-01, not "${text}"`);
  return at;
}

async function follow(hub: HubClient, question: Readonly<Record<string, unknown>>, isQuiet: boolean): Promise<BacktestResult> {
  const bar = progressBar(String(question['rule']), isQuiet);
  try {
    for await (const line of hub.lines<BacktestLine>('POST', '/backtests', question)) {
      if (line.type === 'result') return line.result;
      if (line.type === 'problem') throw toError(line);
      bar.update(line.done, line.total, `+${line.added} −${line.lost}`);
    }
  } finally {
    bar.end();
  }
  throw new YaguraError('internal', 'the hub ended the trial without a result');
}

const n = (value: number): string => value.toLocaleString('en');

function print(result: BacktestResult): void {
  const { rule, days, judged, present, proposed, added, lost, unchanged, raised, lowered } = result;
  printLine(
    `${rule}, ${toDay(result.from)} to ${toDay(result.to - 1)}: ${n(days)} days of sensors, ${n(judged)} rows, ${result.seconds} s`,
  );
  if (!result.isWhole) printLine('There were more findings than are compared at once: the days after that are left out.');
  printTable(
    ['', 'NOW', 'PROPOSED'],
    [['findings', n(present), n(proposed)], ...result.bySeverity.map((row) => [row.severity, n(row.present), n(row.proposed)])],
  );
  printLine(
    `found only by the proposed: ${n(added)}; lost: ${n(lost)}; the same: ${n(unchanged)}; graver: ${n(raised)}; less grave: ${n(lowered)}`,
  );
  printSamples('only by the proposed', result.samples.added, added);
  printSamples('lost', result.samples.lost, lost);
  printSamples('other severity', result.samples.changed, raised + lowered);
  printLine(`\nTo switch it on, put this into the configuration:\n${result.yaml}`);
}

function printSamples(title: string, samples: readonly BacktestSample[], total: number): void {
  if (samples.length === 0) return;
  printLine(`\n${title}: ${Math.min(SHOWN, samples.length)} of ${total}`);
  printTable(
    ['KIND', 'WHAT', 'ASSET', 'SENSOR', 'DAY', 'COUNT', 'NOW', 'PROPOSED'],
    samples
      .slice(0, SHOWN)
      .map((one) => [
        one.kind,
        one.identifier,
        one.asset,
        one.sensor,
        toDay(one.day),
        String(one.count),
        one.present ?? '–',
        one.proposed ?? '–',
      ]),
  );
}
