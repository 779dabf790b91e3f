/** Explains one finding as a page that a non-specialist can follow. */
import { YaguraError } from '../../engine/errors.ts';
import type { FindingPage, Status } from '../../server/contract.ts';
import type { Explanation } from '../../server/explanation-contract.ts';
import { type Command, DATA_OPTIONS, isSet, textOption } from '../command.ts';
import { explanationPage } from '../explanation-page.ts';
import { explanationText } from '../explanation-text.ts';
import { configOf, connectHub, type HubClient } from '../hub-client.ts';
import { printJson, printLine } from '../output.ts';

const FORMATS = ['text', 'html', 'json'] as const;
const LANGUAGES = ['ja', 'en'] as const;
const FINGERPRINT = /^[0-9a-f]{8,64}$/;

const command: Command = {
  usage: 'explain FINDING [--lang ja|en] [--format text|html|json] [--data DIR]',
  summary:
    'Explains a finding, named by its fingerprint (the first eight characters will do) or by its address, to people who are no specialists.',
  options: { ...DATA_OPTIONS, lang: { type: 'string' }, format: { type: 'string' } },
  async run(invocation) {
    const [name, ...more] = invocation.positionals;
    if (name === undefined || more.length > 0) throw new YaguraError('usage', `name one finding. Usage: yagura ${command.usage}`);
    const language = oneOf(LANGUAGES, textOption(invocation, 'lang') ?? 'en', '--lang');
    const format = oneOf(FORMATS, textOption(invocation, 'format') ?? (isSet(invocation, 'json') ? 'json' : 'text'), '--format');
    const hub = await connectHub(configOf(invocation));
    try {
      const explanation = await hub.get<Explanation>(`/findings/${await fingerprintOf(hub, name)}/explanation`);
      if (format === 'json') printJson(explanation);
      else {
        const isSimulation = (await hub.get<Status>('/status')).simulation !== null;
        printLine((format === 'html' ? explanationPage : explanationText)(explanation, language, isSimulation));
      }
    } finally {
      await hub.close();
    }
    return 0;
  },
};
export default command;

function oneOf<T extends string>(allowed: readonly T[], given: string, option: string): T {
  const found = allowed.find((one) => one === given);
  if (found === undefined) throw new YaguraError('usage', `${option} is ${allowed.join(', ')}, not "${given}"`);
  return found;
}

/** An address names a finding when there is only one about it. */
async function fingerprintOf(hub: HubClient, name: string): Promise<string> {
  if (FINGERPRINT.test(name)) return name;
  const { rows } = await hub.get<FindingPage>('/findings', { q: name, limit: 100 });
  const about = rows.filter(({ asset }) => asset.value === name.toLowerCase());
  const [only] = about;
  if (only && about.length === 1) return only.fingerprint;
  if (about.length === 0) throw new YaguraError('not-found', `there is no finding about "${name}"; yagura findings lists them`);
  const choices = about.map(({ fingerprint, kind, identifier }) => `${fingerprint.slice(0, 12)} (${kind} ${identifier})`);
  throw new YaguraError('usage', `there are ${about.length} findings about ${name}; name one: ${choices.join(', ')}`);
}
