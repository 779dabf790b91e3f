/** The public statistics as a file: packets, sources, observed addresses and gaps, without any source's address. */
import { YaguraError } from '../../engine/errors.ts';
import { STATISTICS_TABLES } from '../../server/statistics-contract.ts';
import { type Command, DATA_OPTIONS, numberOption, textOption } from '../command.ts';
import { configOf, connectHub } from '../hub-client.ts';

const FORMATS: ReadonlySet<string> = new Set(['csv', 'json']);

const command: Command = {
  usage:
    'statistics [--year YYYY | --step 300|3600|86400] [--table series|ports|countries|networks|years] [--format csv|json] [--data DIR]',
  summary: 'Writes the public statistics to standard output; times and years are those of UTC.',
  options: {
    ...DATA_OPTIONS,
    year: { type: 'string' },
    step: { type: 'string' },
    table: { type: 'string' },
    format: { type: 'string' },
  },
  async run(invocation) {
    const format = textOption(invocation, 'format') ?? (invocation.values['json'] === true ? 'json' : 'csv');
    const table = textOption(invocation, 'table') ?? 'series';
    if (!FORMATS.has(format)) throw new YaguraError('usage', `--format is csv or json, not "${format}"`);
    if (!(STATISTICS_TABLES as readonly string[]).includes(table))
      throw new YaguraError('usage', `--table is one of ${STATISTICS_TABLES.join(', ')}, not "${table}"`);
    const query = { year: numberOption(invocation, 'year'), step: numberOption(invocation, 'step'), format, table };
    const hub = await connectHub(configOf(invocation));
    try {
      process.stdout.write(await hub.text('/public/statistics/export', query));
    } finally {
      await hub.close();
    }
    return 0;
  },
};
export default command;
