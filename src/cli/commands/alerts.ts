/** Own-range alerts: lists them, shows one, acknowledges, comments, closes; says which organisations get them. */
import { YaguraError } from '../../engine/errors.ts';
import type { Alert, AlertDetail, Ring, RingPage } from '../../server/alert-contract.ts';
import { type Command, DATA_OPTIONS, type Invocation, isSet, textOption } from '../command.ts';
import { allRows, configOf, connectHub, type HubClient } from '../hub-client.ts';
import { printJson, printLine, printTable } from '../output.ts';
import { toDay } from '../times.ts';

const USAGE =
  'alerts [show|acknowledge|comment|close ID [--comment TEXT] [--cause CAUSE]] | [ranges [on|off CONSTITUENT]] | [--state open|ended|closed] [--constituent ID] [--class CLASS] [--data DIR] [--json]';

const command: Command = {
  usage: USAGE,
  summary: 'Lists own-range alerts: what hosts of registered ranges do at the sensors; "ranges" lists who gets them.',
  options: {
    ...DATA_OPTIONS,
    state: { type: 'string' },
    constituent: { type: 'string' },
    class: { type: 'string' },
    comment: { type: 'string' },
    cause: { type: 'string' },
  },
  async run(invocation) {
    const hub = await connectHub(configOf(invocation));
    try {
      await runVerb(hub, invocation);
    } finally {
      await hub.close();
    }
    return 0;
  },
};
export default command;

async function runVerb(hub: HubClient, invocation: Invocation): Promise<void> {
  const [verb, subject, last, ...rest] = invocation.positionals;
  if (rest.length > 0) throw misused();
  if (verb === undefined) return list(hub, invocation);
  if (verb === 'ranges') return ranges(hub, invocation, subject, last);
  if (subject === undefined || last !== undefined) throw misused();
  const path = `/alerts/${encodeURIComponent(subject)}`;
  if (verb === 'show') return show(await hub.get<AlertDetail>(path), isSet(invocation, 'json'));
  if (verb !== 'acknowledge' && verb !== 'comment' && verb !== 'close') throw misused();
  show(await hub.post<AlertDetail>(`${path}/${verb}`, bodyOf(invocation, verb)), isSet(invocation, 'json'));
}

const misused = (): YaguraError => new YaguraError('usage', `Usage: yagura ${USAGE}`);

function bodyOf(invocation: Invocation, verb: string): Record<string, string> {
  const comment = textOption(invocation, 'comment');
  const cause = textOption(invocation, 'cause');
  if (verb === 'close' && cause === undefined)
    throw new YaguraError('usage', 'close needs --cause malware|misconfiguration|own-test|attack-over|not-ours|mistaken|other');
  return { ...(comment === undefined ? {} : { comment }), ...(verb === 'close' && cause !== undefined ? { cause } : {}) };
}

async function list(hub: HubClient, invocation: Invocation): Promise<void> {
  const [state, constituent, kind] = ['state', 'constituent', 'class'].map((name) => textOption(invocation, name));
  const rows: Alert[] = [];
  for await (const one of allRows<Alert>(hub, '/alerts', { state, constituent, class: kind })) {
    if (isSet(invocation, 'json')) printJson(one);
    else rows.push(one);
  }
  if (isSet(invocation, 'json')) return;
  printTable(
    ['ALERT', 'SEVERITY', 'STATE', 'CLASS', 'HOST', 'CONSTITUENT', 'PACKETS', 'FIRST SEEN', 'LAST SEEN', 'TOLD'],
    rows.map(toCells),
  );
}

const toCells = (one: Alert): string[] => [
  one.id,
  one.severity,
  one.acknowledgedAt !== null && one.closedAt === null ? `${one.state}, acknowledged` : one.state,
  one.class,
  one.host,
  one.constituentId,
  one.packets.toLocaleString('en'),
  toDay(one.firstSeenAt),
  toDay(one.lastSeenAt),
  one.noticeId ?? '–',
];

function show(detail: AlertDetail, isJson: boolean): void {
  if (isJson) return printJson(detail);
  const { alert, events } = detail;
  printLine(`${alert.id}  ${alert.class}  ${alert.state}  ${alert.severity}  ${alert.host}  ${alert.constituentName.en}`);
  printLine(alert.because.en);
  printTable(
    ['WHEN', 'WHO', 'WHAT'],
    events.map((event) => [toDay(event.at), event.actor, event.text.en]),
  );
}

async function ranges(hub: HubClient, invocation: Invocation, turn: string | undefined, constituent: string | undefined): Promise<void> {
  if (turn !== undefined) {
    if ((turn !== 'on' && turn !== 'off') || constituent === undefined) throw misused();
    const ring = await hub.put<Ring>(`/own-ranges/${encodeURIComponent(constituent)}`, { isOn: turn === 'on' });
    return printRings([ring], isSet(invocation, 'json'));
  }
  printRings((await hub.get<RingPage>('/own-ranges')).rows, isSet(invocation, 'json'));
}

function printRings(rows: readonly Ring[], isJson: boolean): void {
  if (isJson) {
    for (const row of rows) printJson(row);
    return;
  }
  printTable(
    ['CONSTITUENT', 'ALERTS ARE', 'BY MAIL', 'OPEN', 'ALL', 'RANGES'],
    rows.map((row) => [
      row.constituentId,
      row.isOn ? 'on' : 'off',
      row.hasMail ? 'yes' : 'no',
      String(row.openAlerts),
      String(row.alerts),
      row.ranges.join(' '),
    ]),
  );
}
