/** Sources that ask for the same set of ports. */
import type { CampaignPage } from '../../server/surge-contract.ts';
import { type Command, DATA_OPTIONS, isSet } from '../command.ts';
import { configOf, connectHub } from '../hub-client.ts';
import { printJson, printLine, printTable } from '../output.ts';
import { whenJudged } from './surges.ts';

const command: Command = {
  usage: 'campaigns [--data DIR] [--json]',
  summary: 'Lists groups of sources that ask for the same set of ports, and which of them are new.',
  options: DATA_OPTIONS,
  async run(invocation) {
    const hub = await connectHub(configOf(invocation));
    try {
      print(await whenJudged<CampaignPage>(hub, '/campaigns'), isSet(invocation, 'json'));
    } finally {
      await hub.close();
    }
    return 0;
  },
};
export default command;

const MOST_PORTS = 8;
const toDate = (at: number): string => new Date(at).toISOString().slice(0, 10);

function print({ rows }: CampaignPage, isJson: boolean): void {
  if (isJson) {
    for (const row of rows) printJson(row);
    return;
  }
  if (rows.length === 0) {
    printLine('There is no campaign: no ten sources of five networks asked for the same ports on one day.');
    return;
  }
  printTable(
    ['ID', 'SENSOR', 'PORTS', 'SOURCES', 'NETWORKS', 'AS', 'FIRST DAY', 'LAST DAY', 'NEW'],
    rows.map((row) => [
      row.id,
      row.sensor.id,
      row.ports
        .slice(0, MOST_PORTS)
        .map(({ key }) => key)
        .join(' ') + (row.ports.length > MOST_PORTS ? ` +${row.ports.length - MOST_PORTS}` : ''),
      ...[row.size, row.networks, row.asns].map((count) => count.toLocaleString('en')),
      toDate(row.firstDay),
      toDate(row.lastDay),
      row.isNew === null ? 'cannot say' : row.isNew ? 'new' : 'no',
    ]),
  );
}
