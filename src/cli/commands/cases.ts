/** Lists cases: what is open, with whom, since when. */
import type { Case } from '../../server/contract.ts';
import { type Command, DATA_OPTIONS, isSet, textOption } from '../command.ts';
import { allRows, configOf, connectHub } from '../hub-client.ts';
import { printJson, printTable } from '../output.ts';
import { toDay } from '../times.ts';

const command: Command = {
  usage: 'cases [--kind K] [--constituent ID] [--data DIR] [--json]',
  summary: 'Lists cases, the gravest first.',
  options: { ...DATA_OPTIONS, kind: { type: 'string' }, constituent: { type: 'string' } },
  async run(invocation) {
    const hub = await connectHub(configOf(invocation));
    const query = { kind: textOption(invocation, 'kind'), constituent: textOption(invocation, 'constituent') };
    const rows: Case[] = [];
    try {
      for await (const one of allRows<Case>(hub, '/cases', query)) {
        if (isSet(invocation, 'json')) printJson(one);
        else rows.push(one);
      }
    } finally {
      await hub.close();
    }
    if (!isSet(invocation, 'json'))
      printTable(['CASE', 'SEVERITY', 'STATE', 'ASSET', 'WHAT', 'CONSTITUENT', 'OPENED', 'DUE'], rows.map(toCells));
    return 0;
  },
};
export default command;

function toCells(one: Case): string[] {
  const due = one.dueAt === null ? '–' : toDay(one.dueAt);
  return [one.id, one.severity, one.state, one.asset.value, one.title.en, one.constituentId ?? '(no owner)', toDay(one.openedAt), due];
}
