/**
 * Hosts that are no evidence, because whoever sent their one packet invents senders.
 *
 * Hundreds or hundreds of thousands of sources with a single packet each, at one port and
 * within minutes, are one act under forged addresses. Each of them alone looks like a host.
 */
import type { ScanningSourceRow } from '../domain/question.ts';
import type { JudgeContext } from '../engine/modules.ts';

export function isInFlood(row: ScanningSourceRow, { floods = [] }: JudgeContext): boolean {
  if (row.packets !== 1 || floods.length === 0) return false;
  const [to] = row.ports;
  const at = row.firstSeenAt;
  return to !== undefined && floods.some((one) => one.protocol === to.protocol && one.port === to.port && one.from <= at && at < one.to);
}
