/**
 * Leave to look at addresses of clients, asked for in the same breath as the question:
 * `--purpose` says what for, `--reason` why. Both are recorded before anything is shown.
 */
import { YaguraError } from '../engine/errors.ts';
import type { Grant } from '../server/c2-contract.ts';
import { type Invocation, textOption } from './command.ts';
import type { HubClient } from './hub-client.ts';

const HOURS = 1;

/** Nothing without a reason: then the question rests on leave that is there already. */
export async function takeLeave(hub: HubClient, invocation: Invocation): Promise<void> {
  const reason = textOption(invocation, 'reason');
  if (reason === undefined) return;
  const purpose = textOption(invocation, 'purpose');
  if (purpose === undefined) throw new YaguraError('usage', '--reason belongs to a --purpose: yagura purposes lists them');
  const grant = await hub.post<Grant>('/grants', { purpose, reason, hours: HOURS });
  if (grant.state === 'active') return;
  throw new YaguraError('purpose-needed', `${waiting(grant)} Then ask again without --reason.`);
}

export const waiting = ({ id, purpose }: Grant): string =>
  `leave for ${purpose} was asked for and must be given by somebody else (yagura purposes approve ${id}).`;
