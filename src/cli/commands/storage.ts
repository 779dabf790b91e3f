/** Shows what telemetry is kept: since when, how much, and when the oldest goes. */
import type { Storage } from '../../server/contract.ts';
import { type Command, DATA_OPTIONS, isSet } from '../command.ts';
import { configOf, connectHub } from '../hub-client.ts';
import { printJson, printLine, printTable } from '../output.ts';
import { toDay } from '../times.ts';

type StoredTable = Storage['tables'][number];

const command: Command = {
  usage: 'storage [--data DIR] [--json]',
  summary: 'Shows what telemetry is kept, since when, its size and when the oldest goes.',
  options: DATA_OPTIONS,
  async run(invocation) {
    const hub = await connectHub(configOf(invocation));
    try {
      const storage = await hub.get<Storage>('/storage');
      if (isSet(invocation, 'json')) for (const table of storage.tables) printJson(table);
      else show(storage);
    } finally {
      await hub.close();
    }
    return 0;
  },
};
export default command;

function show({ tables, bytes, mostBytes }: Storage): void {
  printTable(['TABLE', 'SINCE', 'ROWS', 'SIZE', 'BYTES PER ROW', 'KEPT', 'OLDEST GOES'], tables.map(toCells));
  const limit = mostBytes === null ? 'no limit; set telemetry.diskGigabytes' : `${toSize(mostBytes)} allowed`;
  printLine(`\n${toSize(bytes)} in all (${limit})`);
}

function toCells({ table, rows, bytes, from, keepDays, oldestGoesAt }: StoredTable): string[] {
  const perRow = rows === 0 ? '–' : (bytes / rows).toFixed(1);
  const kept = keepDays === null ? 'always' : `${keepDays} days`;
  return [table, dayOrDash(from), rows.toLocaleString('en'), toSize(bytes), perRow, kept, dayOrDash(oldestGoesAt)];
}

const dayOrDash = (at: number | null): string => (at === null ? '–' : toDay(at));

function toSize(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1000)} kB`;
}
