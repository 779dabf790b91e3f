/** Lists notices: to whom, by which channel, and what came of them. */
import type { Notice } from '../../server/contract.ts';
import { type Command, DATA_OPTIONS, isSet, textOption } from '../command.ts';
import { allRows, configOf, connectHub } from '../hub-client.ts';
import { printJson, printTable } from '../output.ts';
import { toDay } from '../times.ts';

const command: Command = {
  usage: 'notices [--constituent ID] [--data DIR] [--json]',
  summary: 'Lists notices with their state and receipt.',
  options: { ...DATA_OPTIONS, constituent: { type: 'string' }, kind: { type: 'string' } },
  async run(invocation) {
    const hub = await connectHub(configOf(invocation));
    const rows: Notice[] = [];
    try {
      const query = { constituent: textOption(invocation, 'constituent'), kind: textOption(invocation, 'kind') };
      for await (const notice of allRows<Notice>(hub, '/notices', query)) {
        if (isSet(invocation, 'json')) printJson(notice);
        else rows.push(notice);
      }
    } finally {
      await hub.close();
    }
    if (!isSet(invocation, 'json'))
      printTable(['NOTICE', 'CHANNEL', 'CONSTITUENT', 'STATE', 'ITEMS', 'QUEUED', 'RECEIPT'], rows.map(toCells));
    return 0;
  },
};
export default command;

function toCells(notice: Notice): string[] {
  return [
    notice.id,
    notice.channel,
    notice.constituentId,
    notice.state,
    String(notice.items),
    toDay(notice.createdAt),
    notice.detail ?? '–',
  ];
}
