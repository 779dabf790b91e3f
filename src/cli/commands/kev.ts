/** The list of vulnerabilities known to be exploited: imports it from its JSON file, or says what is here. */
import { YaguraError } from '../../engine/errors.ts';
import type { KevImport, KevPage } from '../../server/surge-contract.ts';
import { type Command, DATA_OPTIONS, isSet } from '../command.ts';
import { configOf, connectHub } from '../hub-client.ts';
import { printJson, printLine, printTable, say } from '../output.ts';
import { readText } from '../read-text.ts';

const USAGE = 'kev [import FILE] [--data DIR] [--json]';

const command: Command = {
  usage: USAGE,
  summary: "Shows the list of vulnerabilities known to be exploited; import reads it from CISA's JSON file.",
  options: DATA_OPTIONS,
  async run(invocation) {
    const [verb, file, ...rest] = invocation.positionals;
    if (verb !== undefined && (verb !== 'import' || file === undefined || rest.length > 0))
      throw new YaguraError('usage', `Usage: yagura ${USAGE}`);
    const text = file === undefined ? undefined : await readText(file);
    const hub = await connectHub(configOf(invocation));
    try {
      if (text === undefined) printPage(await hub.get<KevPage>('/kev'), isSet(invocation, 'json'));
      else printImport(await hub.post<KevImport>('/kev', { name: file, text }), isSet(invocation, 'json'));
    } finally {
      await hub.close();
    }
    return 0;
  },
};
export default command;

const toDate = (at: number): string => new Date(at).toISOString().slice(0, 10);

function printImport(done: KevImport, isJson: boolean): void {
  if (isJson) printJson(done);
  else printLine(`${done.imported.toLocaleString('en')} vulnerabilities of edition ${done.edition.version || 'unknown'} imported`);
  for (const { entry, reason } of done.skipped) say(`entry ${entry} was left out: ${reason}`);
}

function printPage({ edition, total, rows }: KevPage, isJson: boolean): void {
  if (isJson) {
    for (const row of rows) printJson(row);
    return;
  }
  if (!edition) {
    printLine('There is no list yet. Download known_exploited_vulnerabilities.json from CISA and give it to: yagura kev import FILE');
    return;
  }
  printLine(`edition ${edition.version || 'unknown'}, ${total.toLocaleString('en')} vulnerabilities; the newest:`);
  printTable(
    ['CVE', 'LISTED', 'VENDOR', 'PRODUCT'],
    rows.slice(0, 20).map((row) => [row.cve, toDate(row.addedAt), row.vendor, row.product]),
  );
}
