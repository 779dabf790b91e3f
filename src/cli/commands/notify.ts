/** Decides which notices are due and delivers what is queued. */
import { YaguraError } from '../../engine/errors.ts';
import type { NotifyResult } from '../../server/contract.ts';
import { type Command, DATA_OPTIONS, isSet } from '../command.ts';
import { configOf, connectHub } from '../hub-client.ts';
import { printJson, printLine } from '../output.ts';

const command: Command = {
  usage: 'notify --once [--data DIR] [--json]',
  summary: 'Queues one digest per constituent and delivers the queue, once.',
  options: { ...DATA_OPTIONS, once: { type: 'boolean' } },
  async run(invocation) {
    if (!isSet(invocation, 'once')) {
      throw new YaguraError('usage', 'say --once: without it nothing is sent from here; a running hub sends when somebody approves');
    }
    const hub = await connectHub(configOf(invocation));
    try {
      const result = await hub.post<NotifyResult>('/notices/run');
      if (isSet(invocation, 'json')) printJson(result);
      else
        printLine(`${result.queued} queued, ${result.delivered} delivered, ${result.failed} failed, ${result.held} held for a later try`);
      return result.failed > 0 ? 75 : 0;
    } finally {
      await hub.close();
    }
  },
};
export default command;
