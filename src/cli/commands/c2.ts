/** C&C servers in flow records: searches, candidates, two people's words, and the list that leaves. */
import { YaguraError } from '../../engine/errors.ts';
import type {
  C2AllowList,
  C2CandidateAnswer,
  C2CandidateDetail,
  C2CandidateList,
  C2RunAnswer,
  C2RunList,
} from '../../server/c2-contract.ts';
import { type Command, DATA_OPTIONS, type Invocation, isSet, numberOption, textOption } from '../command.ts';
import { configOf, connectHub, type HubClient } from '../hub-client.ts';
import { takeLeave } from '../leave.ts';
import { printJson, printLine, printTable, say } from '../output.ts';
import { spanOf, timeOf } from '../period-words.ts';
import { toDay } from '../times.ts';

const command: Command = {
  usage:
    'c2 [candidates | show ID | run --last 1d --purpose c2-detection --reason WHY | runs | confirm ID --reason WHY | reject ID --reason WHY | reopen ID --reason WHY | list [--format json|csv] | allow [add PREFIX [--port N] --reason WHY | remove ID]] [--from TIME --to TIME] [--data DIR] [--json]',
  summary:
    'Finds C&C servers in flow records for one recorded purpose. Two people confirm; only then does a server stand on the list, which has seven fields and never a client.',
  options: {
    ...DATA_OPTIONS,
    last: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    purpose: { type: 'string' },
    reason: { type: 'string' },
    format: { type: 'string' },
    port: { type: 'string' },
  },
  async run(invocation) {
    const [verb = 'candidates', ...subjects] = invocation.positionals;
    const run = VERBS[verb];
    if (!run) throw new YaguraError('usage', `Usage: yagura ${command.usage}`);
    const hub = await connectHub(configOf(invocation));
    try {
      await run(hub, invocation, subjects);
      return 0;
    } finally {
      await hub.close();
    }
  },
};
export default command;

type Run = (hub: HubClient, invocation: Invocation, subjects: readonly string[]) => Promise<void>;

const VERBS: Readonly<Record<string, Run>> = {
  async candidates(hub, invocation) {
    const { rows } = await hub.get<C2CandidateList>('/c2/candidates');
    if (isSet(invocation, 'json')) for (const row of rows) printJson(row);
    else printTable(['ID', 'SERVER', 'SCORE', 'STATE', 'METHODS', 'LAST SEEN', 'NETWORK'], rows.map(candidateCells));
  },
  async show(hub, invocation, [id]) {
    const detail = await hub.get<C2CandidateDetail>(`/c2/candidates/${encodeURIComponent(id ?? '')}`);
    if (isSet(invocation, 'json')) return printJson(detail);
    showCandidate(detail);
  },
  async run(hub, invocation) {
    await takeLeave(hub, invocation);
    const run = await hub.post<C2RunAnswer>('/c2/runs', periodOf(invocation));
    if (isSet(invocation, 'json')) return printJson(run);
    printLine(`${run.found} servers, ${run.created} of them new, from ${run.seeds} seeds in ${run.seconds.toFixed(1)} s`);
    say(`recorded as run ${run.id}; what it derived is deleted on ${toDay(run.keepUntil)} UTC`);
  },
  async runs(hub, invocation) {
    const { rows } = await hub.get<C2RunList>('/c2/runs');
    if (isSet(invocation, 'json')) for (const row of rows) printJson(row);
    else printTable(['TIME', 'WHO', 'PURPOSE', 'FROM', 'TO', 'STATE', 'FOUND', 'NEW', 'KEPT UNTIL', 'DELETED'], rows.map(runCells));
  },
  confirm: (hub, invocation, [id]) => decide(hub, invocation, id, 'confirm'),
  reject: (hub, invocation, [id]) => decide(hub, invocation, id, 'reject'),
  reopen: (hub, invocation, [id]) => decide(hub, invocation, id, 'reopen'),
  async list(hub, invocation) {
    const format = textOption(invocation, 'format') ?? 'json';
    process.stdout.write(await hub.text('/c2/list', { format }));
    if (format === 'json') process.stdout.write('\n');
  },
  async allow(hub, invocation, [verb, subject = '']) {
    const answer = await changeAllowList(hub, invocation, verb, subject);
    if (isSet(invocation, 'json')) for (const row of answer.rows) printJson(row);
    else
      printTable(
        ['ID', 'PREFIX', 'PORT', 'ADDED BY', 'REASON'],
        answer.rows.map((row) => [row.id, row.prefix, String(row.port ?? 'any'), row.addedBy, row.reason]),
      ); // prettier-ignore
    if (verb !== undefined) say(`${answer.findings} stored findings followed`);
  },
};

function changeAllowList(hub: HubClient, invocation: Invocation, verb: string | undefined, subject: string): Promise<C2AllowList> {
  if (verb === undefined) return hub.get<C2AllowList>('/c2/allow');
  if (verb === 'remove') return hub.post<C2AllowList>(`/c2/allow/${encodeURIComponent(subject)}/remove`);
  if (verb !== 'add') throw new YaguraError('usage', `Usage: yagura ${command.usage}`);
  return hub.post<C2AllowList>('/c2/allow', {
    prefix: subject,
    port: numberOption(invocation, 'port') ?? null,
    reason: textOption(invocation, 'reason'),
  });
}

async function decide(hub: HubClient, invocation: Invocation, id: string | undefined, verb: string): Promise<void> {
  const reason = textOption(invocation, 'reason');
  if (id === undefined || reason === undefined) throw new YaguraError('usage', 'name the candidate’s id and the --reason');
  const candidate = await hub.post<C2CandidateAnswer>(`/c2/candidates/${encodeURIComponent(id)}/${verb}`, { reason });
  if (isSet(invocation, 'json')) return printJson(candidate);
  printLine(`${candidate.address} port ${candidate.port}: ${candidate.state}`);
  if (candidate.state === 'confirmed-once') say('a second person must confirm it too before it stands on the list');
}

const DAY = 86_400_000;
const HOUR = 3_600_000;

function periodOf(invocation: Invocation): { from: number; to: number } {
  const last = textOption(invocation, 'last');
  const to = timeOf('--to', textOption(invocation, 'to')) ?? Math.ceil(Date.now() / HOUR) * HOUR;
  const from = timeOf('--from', textOption(invocation, 'from')) ?? to - (last === undefined ? DAY : spanOf('--last', last));
  return { from, to };
}

function candidateCells(row: C2CandidateAnswer): string[] {
  const server = `${row.address} ${row.transport}/${row.port}`;
  return [row.id, server, row.score.toFixed(3), row.state, row.methods.join('+'), toDay(row.lastSeenAt), row.network ?? '–'];
}

function runCells(run: C2RunAnswer): string[] {
  const deleted = run.deletion === null ? '–' : `${run.deletion.rows} rows, ${run.deletion.hash.slice(0, 12)}`;
  const counts = [run.state, String(run.found), String(run.created)];
  return [toDay(run.at), run.actor, run.purpose, toDay(run.from), toDay(run.to), ...counts, toDay(run.keepUntil), deleted];
}

function showCandidate({ candidate, events }: C2CandidateDetail): void {
  printLine(`${candidate.address} ${candidate.transport}/${candidate.port}  ${candidate.score.toFixed(3)}  ${candidate.state}`);
  if (candidate.because) printLine(candidate.because.en);
  if (candidate.withheld) printLine(`Withheld: ${candidate.withheld.en}`);
  for (const [name, value] of Object.entries(candidate.features ?? {})) printLine(`  ${name.padEnd(24)} ${value ?? 'unknown'}`);
  for (const event of events) printLine(`  ${toDay(event.at)}  ${event.actor}  ${event.action}  ${event.reason}`.trimEnd());
}
