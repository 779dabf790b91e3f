/**
 * Says what is in a capture, in one pass and without a store.
 */

import { CaptureReader } from '../../capture/container.ts';
import { ICMP, ICMPV6 } from '../../capture/numbers.ts';
import { isYaguraError, type YaguraError } from '../../engine/errors.ts';
import type { Input } from '../../engine/modules.ts';
import { surveyPlainCapture } from './plain-survey/survey-file.ts';
import type { PcapSettings } from './schema.ts';
import { Survey } from './survey.ts';

/** One flat object. A capture that was cut still says what it has, with the fault in `problem`. */
export async function inspectCapture(input: Input, settings: Pick<PcapSettings, 'watchedPorts'>): Promise<Record<string, unknown>> {
  const plain = new Survey();
  if (await surveyPlainCapture(input.path, plain)) {
    return { format: 'pcap', compression: 'none', ...toFacts(plain, settings), is_complete: true };
  }
  return inspectAny(input, settings);
}

async function inspectAny(input: Input, settings: PcapSettings): Promise<Record<string, unknown>> {
  const { PacketSurvey } = await import('./packet-survey.ts');
  const reader = new CaptureReader(input);
  const survey = new Survey();
  const packets = new PacketSurvey(survey);
  let problem: YaguraError | undefined;
  try {
    while (await reader.next()) packets.take(reader.frames);
  } catch (error) {
    // Nothing read: the file as a whole is wrong.
    if (!isYaguraError(error, 'input-malformed') || survey.packets === 0) throw error;
    problem = error;
  } finally {
    reader.close();
  }
  return {
    format: reader.format,
    compression: reader.compression,
    ...toFacts(survey, settings),
    is_complete: problem === undefined,
    ...(problem && { problem: problem.message }),
  };
}

function toFacts(survey: Survey, settings: PcapSettings): Record<string, unknown> {
  const { icmpTypes, icmpv6Types } = survey;
  return {
    link_types: [...survey.links.keys()].filter((link) => survey.links[link] !== 0),
    first_at: toTime(survey.firstAt),
    last_at: toTime(survey.lastAt),
    packets: survey.packets,
    captured_bytes: survey.capturedBytes,
    ipv4_packets: survey.ipv4,
    ipv6_packets: survey.ipv6,
    tcp_packets: survey.tcp,
    udp_packets: survey.udp,
    tcp_syn_only: survey.synOnly,
    tcp_synack: survey.synAck,
    tcp_rst: survey.rst,
    icmp_echo: icmpTypes[ICMP.echo],
    icmp_echo_reply: icmpTypes[ICMP.echoReply],
    icmp_unreach: icmpTypes[ICMP.unreachable],
    icmp_time_exceeded: icmpTypes[ICMP.timeExceeded],
    icmpv6_echo: icmpv6Types[ICMPV6.echo],
    icmpv6_echo_reply: icmpv6Types[ICMPV6.echoReply],
    icmpv6_unreach: icmpv6Types[ICMPV6.unreachable],
    icmpv6_time_exceeded: icmpv6Types[ICMPV6.timeExceeded],
    distinct_outer_ipv4_src: survey.sourceCount,
    fp_mirai_seq_eq_dst: survey.mirai,
    fp_zmap_ipid_54321: survey.zmap,
    fp_masscan_ipid: survey.masscan,
    malformed_packets: survey.malformed,
    top_dst_ports: survey.topPorts(5),
    ...Object.fromEntries(settings.watchedPorts.map((port) => [`port${port}_syn`, survey.synPorts[port]])),
  };
}

const toTime = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
