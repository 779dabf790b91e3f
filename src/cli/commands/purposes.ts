/** For which purposes records of communications may be looked at, who has leave, and who looked. */
import { DAILY_RUN } from '../../domain/purposes.ts';
import { YaguraError } from '../../engine/errors.ts';
import type { AccessPage, Grant, GrantList, PurposeList } from '../../server/c2-contract.ts';
import { type Command, DATA_OPTIONS, type Invocation, isSet, numberOption, textOption } from '../command.ts';
import { configOf, connectHub, type HubClient } from '../hub-client.ts';
import { waiting } from '../leave.ts';
import { printJson, printTable, say } from '../output.ts';
import { toDay } from '../times.ts';

const command: Command = {
  usage:
    'purposes [grants | log | grant PURPOSE --reason WHY [--hours N] [--to WHO | --daily] | approve ID | end ID] [--limit N] [--data DIR] [--json]',
  summary:
    'Purposes and their legal bases, leave to look at records of communications, and the log of who looked. --daily is standing leave for the daily search for C&C servers.',
  options: {
    ...DATA_OPTIONS,
    reason: { type: 'string' },
    hours: { type: 'string' },
    to: { type: 'string' },
    daily: { type: 'boolean' },
    limit: { type: 'string' },
  },
  async run(invocation) {
    const [verb = 'list', subject] = invocation.positionals;
    const run = VERBS[verb];
    if (!run) throw new YaguraError('usage', `Usage: yagura ${command.usage}`);
    const hub = await connectHub(configOf(invocation));
    try {
      await run(hub, invocation, subject);
      return 0;
    } finally {
      await hub.close();
    }
  },
};
export default command;

type Run = (hub: HubClient, invocation: Invocation, subject: string | undefined) => Promise<void>;

const VERBS: Readonly<Record<string, Run>> = {
  async list(hub, invocation) {
    const { rows } = await hub.get<PurposeList>('/purposes');
    print(invocation, rows, ['PURPOSE', 'SHOWS', 'DAYS', 'GIVEN BY', 'TITLE'], (row) => {
      return [row.id, row.shows, String(row.keepDays), row.needsAnother ? 'another person' : 'oneself, recorded', row.title.en];
    });
    if (!isSet(invocation, 'json')) for (const { id, legalBasis } of rows) say(`${id}: ${legalBasis.en}`);
  },
  async grants(hub, invocation) {
    const { rows } = await hub.get<GrantList>('/grants');
    print(invocation, rows, ['ID', 'STATE', 'PURPOSE', 'FOR', 'GIVEN BY', 'UNTIL', 'REASON'], grantCells);
  },
  async log(hub, invocation) {
    const limit = numberOption(invocation, 'limit');
    const { rows, isIntact } = await hub.get<AccessPage>('/purposes/access', limit === undefined ? {} : { limit });
    print(invocation, rows, ['TIME', 'WHO', 'WHAT', 'PURPOSE', 'SUBJECT'], (row) => {
      return [toDay(row.at), row.actor, row.action, row.purpose ?? '–', row.subject];
    });
    say(isIntact ? 'the chain of the log is whole' : 'THE CHAIN OF THE LOG IS BROKEN: entries were changed or removed');
  },
  async grant(hub, invocation, purpose) {
    const isDaily = isSet(invocation, 'daily');
    const reason = textOption(invocation, 'reason');
    if (purpose === undefined || reason === undefined) throw new YaguraError('usage', 'name the purpose and the --reason');
    const grantedTo = isDaily ? DAILY_RUN : textOption(invocation, 'to');
    const hours = numberOption(invocation, 'hours') ?? (isDaily ? STANDING_HOURS : undefined);
    tell(invocation, await hub.post<Grant>('/grants', { purpose, reason, grantedTo, hours }));
  },
  async approve(hub, invocation, id) {
    tell(invocation, await hub.post<Grant>(`/grants/${encodeURIComponent(id ?? '')}/approve`));
  },
  async end(hub, invocation, id) {
    tell(invocation, await hub.post<Grant>(`/grants/${encodeURIComponent(id ?? '')}/end`));
  },
};

const STANDING_HOURS = 365 * 24;

function grantCells(row: Grant): string[] {
  return [row.id, row.state, row.purpose, row.grantedTo, row.grantedBy ?? '–', toDay(row.until), row.reason];
}

function tell(invocation: Invocation, grant: Grant): void {
  if (isSet(invocation, 'json')) printJson(grant);
  else printTable(['ID', 'STATE', 'PURPOSE', 'FOR', 'GIVEN BY', 'UNTIL', 'REASON'], [grantCells(grant)]);
  if (grant.state === 'requested') say(waiting(grant));
}

function print<T>(invocation: Invocation, rows: readonly T[], heads: readonly string[], cells: (row: T) => readonly string[]): void {
  if (isSet(invocation, 'json')) for (const row of rows) printJson(row);
  else printTable(heads, rows.map(cells));
}
