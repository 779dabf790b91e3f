/** Ports that many new sources began to ask for; with an id, one of them in full. */
import type { SurgeDetail, SurgePage } from '../../server/surge-contract.ts';
import { type Command, DATA_OPTIONS, isSet } from '../command.ts';
import { configOf, connectHub, type HubClient } from '../hub-client.ts';
import { printJson, printLine, printTable, say } from '../output.ts';
import { toDay } from '../times.ts';

const command: Command = {
  usage: 'surges [ID] [--data DIR] [--json]',
  summary: 'Lists ports that many new sources began to ask for, with what was usual; with an id, one of them in full.',
  options: DATA_OPTIONS,
  async run(invocation) {
    const [id] = invocation.positionals;
    const isJson = isSet(invocation, 'json');
    const hub = await connectHub(configOf(invocation));
    try {
      if (id === undefined) printList(await whenJudged<SurgePage>(hub, '/surges'), isJson);
      else printOne(await whenJudged<SurgeDetail>(hub, `/surges/${encodeURIComponent(id)}`), isJson);
    } finally {
      await hub.close();
    }
    return 0;
  },
};
export default command;

/** Asks until everything that came in has been judged. */
export async function whenJudged<T extends { readonly isBehind: boolean }>(hub: HubClient, path: string): Promise<T> {
  let answer = await hub.get<T>(path);
  if (answer.isBehind) say('observations are still being judged …');
  while (answer.isBehind) answer = await hub.get<T>(path);
  return answer;
}

function printList({ rows, judged }: SurgePage, isJson: boolean): void {
  if (isJson) {
    for (const row of rows) printJson(row);
    return;
  }
  if (rows.length === 0) {
    printLine('There is no surge.');
    for (const { sensor, hours } of judged) printLine(`  ${sensor}: ${hours.toLocaleString('en')} hours of history to compare with`);
    return;
  }
  printTable(
    ['ID', 'PORT', 'SENSOR', 'BEGAN (UTC)', 'UNTIL', 'USUAL', 'PEAK', 'SOURCES', 'NETWORKS', 'AS', 'COMPARED WITH', 'KEV'],
    rows.map((row) => [
      row.id,
      row.port.key,
      row.sensor.id,
      toDay(row.onsetAt),
      row.endedAt === null ? 'goes on' : toDay(row.endedAt),
      row.usual.toLocaleString('en', { maximumFractionDigits: 0 }),
      ...[row.peak, row.sources, row.networks, row.asns].map((count) => count.toLocaleString('en')),
      row.basis,
      row.fitting === 0 ? '–' : String(row.fitting),
    ]),
  );
}

function printOne(detail: SurgeDetail, isJson: boolean): void {
  if (isJson) {
    printJson(detail);
    return;
  }
  const { surge, countries, networksBySources, kev, explore } = detail;
  printLine(`${surge.port.key} on ${surge.sensor.id}, began ${toDay(surge.onsetAt)} UTC, recognised ${toDay(surge.detectedAt)}`);
  printLine(surge.because.en);
  printShares('countries', countries);
  printShares('networks', networksBySources);
  for (const { entry, service, daysBefore } of kev)
    printLine(`may fit: ${entry.cve} ${entry.name} (${service}; listed ${daysBefore} days before)`);
  printLine(`explore: ${explore.filter}`);
}

const MOST_SHARES = 8;

function printShares(title: string, shares: SurgeDetail['countries']): void {
  const list = shares.slice(0, MOST_SHARES).map(({ label, sources }) => `${label.en} ${sources.toLocaleString('en')}`);
  printLine(`${title}: ${list.join(', ') || 'unknown'}`);
}
