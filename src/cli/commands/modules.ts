/** The catalogue of collectors, detectors and notifiers with their settings. */
import { z } from 'zod';
import { collectors } from '../../collectors/index.ts';
import { detectors } from '../../detectors/index.ts';
import { notifiers } from '../../notifiers/index.ts';
import { type Command, isSet } from '../command.ts';
import { printJson, printLine } from '../output.ts';

const command: Command = {
  usage: 'modules [--json]',
  summary: 'Lists collectors, detectors and notifiers with their settings.',
  options: { json: { type: 'boolean' } },
  run(invocation) {
    const all = [
      ...collectors.map((module) => ({ kind: 'collector', module })),
      ...detectors.map((module) => ({ kind: 'detector', module })),
      ...notifiers.map((module) => ({ kind: 'notifier', module })),
    ];
    for (const { kind, module } of all) {
      const settings = z.toJSONSchema(module.settings, { io: 'input', unrepresentable: 'any' });
      if (isSet(invocation, 'json')) {
        printJson({ kind, id: module.id, title: module.title, description: module.description, settings });
        continue;
      }
      printLine(`${kind.padEnd(10)} ${module.id.padEnd(16)} ${module.title.en} / ${module.title.ja}`);
      printLine(`${' '.repeat(28)}${module.description.en}`);
      const names = Object.keys(settings.properties ?? {});
      if (names.length > 0) printLine(`${' '.repeat(28)}settings: ${names.join(', ')}`);
    }
    return Promise.resolve(0);
  },
};
export default command;
