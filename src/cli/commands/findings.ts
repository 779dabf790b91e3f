/** Lists what was found; as IntelMQ events for those whose tools speak that. */
import { YaguraError } from '../../engine/errors.ts';
import type { Finding } from '../../server/contract.ts';
import { type Command, DATA_OPTIONS, isSet, textOption } from '../command.ts';
import { allRows, configOf, connectHub, toQuery } from '../hub-client.ts';
import { printJson, printTable } from '../output.ts';
import { toDay } from '../times.ts';

const command: Command = {
  usage: 'findings [--kind K] [--constituent ID] [--format table|json|intelmq] [--data DIR] [--json]',
  summary: 'Lists findings; --format intelmq gives one IntelMQ event per feed record.',
  options: { ...DATA_OPTIONS, kind: { type: 'string' }, constituent: { type: 'string' }, format: { type: 'string' } },
  async run(invocation) {
    const format = textOption(invocation, 'format') ?? (isSet(invocation, 'json') ? 'json' : 'table');
    if (!['table', 'json', 'intelmq'].includes(format))
      throw new YaguraError('usage', `--format is table, json or intelmq, not "${format}"`);
    const hub = await connectHub(configOf(invocation));
    const query = { kind: textOption(invocation, 'kind'), constituent: textOption(invocation, 'constituent') };
    try {
      if (format === 'intelmq') {
        for await (const event of hub.lines('GET', `/findings/export${toQuery({ format, ...query })}`)) printJson(event);
      } else if (format === 'json') {
        for await (const finding of allRows<Finding>(hub, '/findings', query)) printJson(finding);
      } else {
        const rows: Finding[] = [];
        for await (const finding of allRows<Finding>(hub, '/findings', query)) rows.push(finding);
        printTable(['FINDING', 'KIND', 'WHAT', 'ASSET', 'PORT', 'SEVERITY', 'SEEN', 'COUNT', 'CONSTITUENT', 'CASE'], rows.map(toCells));
      }
    } finally {
      await hub.close();
    }
    return 0;
  },
};
export default command;

function toCells(finding: Finding): string[] {
  const port = finding.port === null ? '–' : `${finding.port}${finding.transport ? `/${finding.transport}` : ''}`;
  return [
    finding.fingerprint.slice(0, 12),
    finding.kind,
    finding.identifier,
    finding.asset.value,
    port,
    finding.severity,
    toDay(finding.lastSeenAt),
    String(finding.count),
    finding.attribution.constituentId ?? '(no owner)',
    finding.caseId ?? '–',
  ];
}
