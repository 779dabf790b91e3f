/** Takes files in: what is in them becomes observations, findings and cases. */
import { resolve } from 'node:path';
import { YaguraError } from '../../engine/errors.ts';
import type { IngestReport } from '../../engine/pipeline.ts';
import type { Problem, QuarantinePage } from '../../server/contract.ts';
import { type Command, DATA_OPTIONS, isSet, textOption } from '../command.ts';
import { configOf, connectHub, type HubClient, toError } from '../hub-client.ts';
import { printJson, printLine, progressBar, sayError } from '../output.ts';

const command: Command = {
  usage: 'ingest PATH... [--as COLLECTOR] [--sensor ID] [--data DIR] [--json]',
  summary: 'Takes captures and reports in. The same file twice changes nothing.',
  options: { ...DATA_OPTIONS, as: { type: 'string' }, sensor: { type: 'string' } },
  async run(invocation) {
    if (invocation.positionals.length === 0) throw new YaguraError('usage', `name at least one file. Usage: yagura ${command.usage}`);
    const hub = await connectHub(configOf(invocation));
    let status = 0;
    try {
      for (const path of invocation.positionals) {
        try {
          const report = await ingest(
            hub,
            path,
            { as: textOption(invocation, 'as'), sensor: textOption(invocation, 'sensor') },
            isSet(invocation, 'json'),
          );
          if (isSet(invocation, 'json')) printJson(report);
          else await printReadable(hub, report);
        } catch (error) {
          status = sayError(error);
        }
      }
    } finally {
      await hub.close();
    }
    return status;
  },
};
export default command;

/** What POST /intakes/path streams: progress lines, then the report or the problem. */
export type IngestLine =
  | { readonly progress: { readonly doneBytes: number; readonly bytes: number; readonly records: number } }
  | { readonly report: IngestReport }
  | { readonly problem: Problem };

async function ingest(
  hub: HubClient,
  path: string,
  options: { as: string | undefined; sensor: string | undefined },
  isQuiet: boolean,
): Promise<IngestReport> {
  const bar = progressBar(path, isQuiet);
  try {
    for await (const line of hub.lines<IngestLine>('POST', '/intakes/path', { path: resolve(path), name: path, ...options })) {
      if ('report' in line) return line.report;
      if ('problem' in line) throw toError(line.problem);
      bar.update(line.progress.doneBytes, line.progress.bytes, `${line.progress.records.toLocaleString('en')} records`);
    }
    throw new YaguraError('internal', 'the hub ended its answer too early; run the command again, nothing is lost or doubled', {
      file: path,
    });
  } finally {
    bar.end();
  }
}

const REASONS_SHOWN = 3;

/** What came of the file, and of its bad records the first few with their reasons. */
async function printReadable(hub: HubClient, report: IngestReport): Promise<void> {
  printCounts(report);
  if (report.quarantined === 0) return;
  const { rows, total } = await hub.get<QuarantinePage>('/intakes/quarantine', { intake: report.intake, limit: REASONS_SHOWN });
  for (const { record, reason } of rows) printLine(`  record ${record}: ${reason.en}`);
  if (total > rows.length) printLine(`  and ${(total - rows.length).toLocaleString('en')} more; the console shows them all`);
}

function printCounts(report: IngestReport): void {
  const counts = `${report.records.toLocaleString('en')} ${report.records === 1 ? 'record' : 'records'}, ${report.quarantined.toLocaleString('en')} quarantined`;
  const rate = report.alreadyTaken ? 'taken before, nothing changed' : `${report.seconds.toFixed(2)} s`;
  printLine(`${report.file}: ${report.collector}, ${counts}, ${rate}`);
}
