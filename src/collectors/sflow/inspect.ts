/** Says what is in files of sFlow, read as one stream in the order given. */
import type { Input } from '../../engine/modules.ts';
import { readAll } from '../../flow/collect-datagrams.ts';
import { SflowDecoder } from './decoder.ts';
import { SFLOW } from './recognise.ts';

export async function inspectSamples(inputs: readonly Input[]): Promise<Record<string, unknown>> {
  const decoder = new SflowDecoder(() => undefined);
  const problem = await readAll(inputs, SFLOW, decoder, () => {
    decoder.columns.take('', '');
    decoder.minutes.take('', '');
  });
  const { tally } = decoder;
  return {
    export_datagrams: tally.datagrams,
    versions: ['5'],
    agents: decoder.agents,
    sample_headers: tally.samples,
    flow_samples: tally.flowSamples,
    records_with_ipv4_src: tally.ipv4Records,
    records_with_ipv6_src: tally.ipv6Records,
    sampling_intervals: [...tally.rates].sort((a, b) => a - b),
    lost: decoder.takeLost(),
    malformed: tally.broken,
    ...(tally.ipv6Datagrams > 0 && { ipv6_packets: tally.ipv6Datagrams }),
    ...(problem && { problem: problem.message }),
  };
}
