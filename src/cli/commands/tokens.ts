/** Tokens for those who reach the hub from elsewhere: edge collectors above all. */
import { YaguraError } from '../../engine/errors.ts';
import type { NewToken, TokenList } from '../../server/contract.ts';
import { type Command, DATA_OPTIONS, isSet, textOption } from '../command.ts';
import { configOf, connectHub, type HubClient } from '../hub-client.ts';
import { printJson, printLine, say } from '../output.ts';

const command: Command = {
  usage: 'tokens [create --role sensor --name SENSOR | revoke ID] [--data DIR] [--json]',
  summary: 'Lists, makes and withdraws tokens. A sensor’s token is named like the sensor it speaks for, and can do nothing else.',
  options: { ...DATA_OPTIONS, role: { type: 'string' }, name: { type: 'string' } },
  async run(invocation) {
    const [verb = 'list', id] = invocation.positionals;
    const hub = await connectHub(configOf(invocation));
    try {
      if (verb === 'create') {
        const made = await create(hub, textOption(invocation, 'role') ?? 'sensor', textOption(invocation, 'name'));
        if (isSet(invocation, 'json')) printJson(made);
        else {
          say(`A token for ${made.role} ${made.name}; it is shown this once:`);
          printLine(made.token);
        }
        return 0;
      }
      if (verb === 'revoke' && id === undefined) throw new YaguraError('usage', `name the token's id. Usage: yagura ${command.usage}`);
      if (verb !== 'list' && verb !== 'revoke') throw new YaguraError('usage', `Usage: yagura ${command.usage}`);
      const path = verb === 'list' ? undefined : `/tokens/${encodeURIComponent(id ?? '')}/revoke`;
      const { rows } = path === undefined ? await hub.get<TokenList>('/tokens') : await hub.post<TokenList>(path);
      for (const row of rows) {
        if (isSet(invocation, 'json')) printJson(row);
        else printLine(`${row.id}  ${row.role}  ${row.name}  ${new Date(row.createdAt).toISOString()}`);
      }
      return 0;
    } finally {
      await hub.close();
    }
  },
};
export default command;

async function create(hub: HubClient, role: string, name: string | undefined): Promise<NewToken> {
  if (name === undefined) throw new YaguraError('usage', 'a token needs a --name: for a sensor, the name of the sensor');
  return hub.post<NewToken>('/tokens', { role, name });
}
