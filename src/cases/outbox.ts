/**
 * Delivers the notices that were decided, one by one.
 *
 * A notice is marked before it is handed to its channel and settled after the channel has
 * answered. A crash between the two leaves it marked, and it is delivered again under the
 * same id, by which channels recognise what they have already sent: nothing is lost, and
 * nothing reaches a person twice where the channel can tell.
 */
import type { Receipt } from '../domain/notice.ts';
import type { Clock } from '../engine/clock.ts';
import { describeError, ERRORS, isYaguraError } from '../engine/errors.ts';
import type { DeliverContext, Notifier } from '../engine/modules.ts';
import type { Configured } from '../engine/pipeline.ts';
import type { NoticeOutbox } from '../engine/ports.ts';

export interface OutboxParts {
  readonly store: NoticeOutbox;
  readonly notifiers: readonly Configured<Notifier>[];
  readonly context: Omit<DeliverContext, 'now'>;
  readonly clock: Clock;
  readonly tenant: string;
}

export interface DeliverResult {
  readonly delivered: number;
  /** Given up for good. */
  readonly failed: number;
  /** Waiting for a later attempt. */
  readonly held: number;
}

type Claimed = NonNullable<Awaited<ReturnType<NoticeOutbox['claim']>>>;

const MINUTE = 60_000;
const MAX_ATTEMPTS = 8;
const LONGEST_PAUSE = 6 * 60 * MINUTE;

export async function deliverQueued(parts: OutboxParts): Promise<DeliverResult> {
  const { store, clock, tenant, context } = parts;
  let delivered = 0;
  let failed = 0;
  while (!context.signal.aborted) {
    const claimed = await store.claim(tenant, clock.now());
    if (!claimed) break;
    const receipt = await deliver(parts, claimed);
    const nextAttemptAt = nextAttempt(receipt, claimed.attempt);
    await store.settle(tenant, claimed.notice.id, claimed.attempt, receipt, nextAttemptAt);
    if (receipt.outcome === 'delivered') delivered++;
    else if (nextAttemptAt === null) failed++;
    report(parts, claimed, receipt, nextAttemptAt);
  }
  return { delivered, failed, held: await store.countWaiting(tenant) };
}

/** What the channel said; an exception is an answer too. */
async function deliver({ notifiers, context, clock }: OutboxParts, { notice }: Claimed): Promise<Receipt> {
  const channel = notifiers.find(({ module }) => module.id === notice.channel);
  if (!channel) return { outcome: 'failed', at: clock.now(), detail: `the channel ${notice.channel} is not configured`, isFinal: false };
  try {
    return await channel.module.deliver(notice, channel.settings, { ...context, now: clock.now() });
  } catch (error) {
    const isFinal = isYaguraError(error) && !ERRORS[error.code].isRetryable;
    return { outcome: 'failed', at: clock.now(), detail: describeError(error), isFinal };
  }
}

/** Each pause is four times the last: a minute, four, sixteen, then hours. Null: given up. */
export function nextAttempt(receipt: Receipt, attempt: number): number | null {
  if (receipt.outcome === 'delivered' || receipt.isFinal || attempt >= MAX_ATTEMPTS) return null;
  return receipt.at + Math.min(MINUTE * 4 ** (attempt - 1), LONGEST_PAUSE);
}

function report({ context }: OutboxParts, { notice, attempt }: Claimed, receipt: Receipt, nextAttemptAt: number | null): void {
  if (receipt.outcome === 'delivered') return;
  const facts = { notice: notice.id, channel: notice.channel, attempt, detail: receipt.detail };
  if (nextAttemptAt === null) context.log.error(facts, 'a notice could not be delivered and is given up');
  else context.log.warn({ ...facts, nextAttemptAt }, 'a notice could not be delivered and will be tried again');
}
