/** Lists constituents, or imports them from one YAML or CSV file. */
import type { ConstituentPage } from '../../server/contract.ts';
import { type Command, DATA_OPTIONS, isSet, textOption } from '../command.ts';
import { configOf, connectHub } from '../hub-client.ts';
import { printJson, printLine, printTable } from '../output.ts';
import { readText } from '../read-text.ts';

const command: Command = {
  usage: 'constituents [--import FILE] [--data DIR] [--json]',
  summary: 'Lists whom we serve; --import reads them from a YAML or CSV file.',
  options: { ...DATA_OPTIONS, import: { type: 'string' } },
  async run(invocation) {
    const file = textOption(invocation, 'import');
    const text = file === undefined ? undefined : await readText(file);
    const hub = await connectHub(configOf(invocation));
    try {
      const page =
        text === undefined
          ? await hub.get<ConstituentPage>('/constituents')
          : await hub.post<ConstituentPage>('/constituents/file', { name: file, text });
      if (isSet(invocation, 'json')) for (const row of page.rows) printJson(row);
      else if (text !== undefined) printLine(`${page.total} constituents imported from ${file}`);
      else
        printTable(
          ['ID', 'NAME', 'KIND', 'RESOURCES', 'OPEN CASES'],
          page.rows.map((row) => [row.id, row.name.en, row.kind, String(row.resources.length), String(row.openCases)]),
        );
    } finally {
      await hub.close();
    }
    return 0;
  },
};
export default command;
