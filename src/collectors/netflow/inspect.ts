/** Says what is in files of exports, read as one stream in the order given. */
import type { Input } from '../../engine/modules.ts';
import { readAll } from '../../flow/collect-datagrams.ts';
import { NetflowDecoder } from './decoder.ts';
import { EXPORTS } from './recognise.ts';
import type { NetflowSettings } from './schema.ts';

export async function inspectExports(inputs: readonly Input[], settings: NetflowSettings): Promise<Record<string, unknown>> {
  const decoder = new NetflowDecoder({ settings, isLive: false, quarantine: () => undefined });
  const sums = { lost: 0, flows: 0, reverse: 0 };
  const problem = await readAll(inputs, EXPORTS, decoder, () => countRows(decoder, sums));
  decoder.giveUp();
  countRows(decoder, sums);
  for (const domain of domainsOf(decoder)) sums.lost += domain.sequence.takeLost();
  return { ...toFacts(decoder, sums), ...(problem && { problem: problem.message }) };
}

function countRows(decoder: NetflowDecoder, sums: { flows: number; reverse: number }): void {
  const { columns } = decoder;
  for (let i = 0; i < columns.rows; i++) sums.reverse += columns.isReverse[i] as number;
  sums.flows += columns.rows;
  columns.take('', '');
  decoder.minutes.take('', '');
}

function toFacts(decoder: NetflowDecoder, sums: { lost: number; flows: number; reverse: number }): Record<string, unknown> {
  const { tally } = decoder;
  return {
    export_datagrams: tally.datagrams,
    versions: ascending(tally.versions).map(String),
    exporters: [...decoder.exporters.keys()],
    domains: ascending(new Set(domainsOf(decoder).map(({ domain }) => domain))),
    templates: tally.templates,
    records: tally.records,
    records_with_ipv4_src: tally.ipv4Records,
    records_with_ipv6_src: tally.ipv6Records,
    flows: sums.flows,
    reverse_flows: sums.reverse,
    sampling_intervals: ascending(tally.intervals),
    lost: sums.lost,
    without_template: tally.withoutTemplate,
    malformed: tally.broken,
  };
}

const ascending = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b);

const domainsOf = (decoder: NetflowDecoder) => [...decoder.exporters.values()].flatMap(({ domains }) => [...domains.values()]);
