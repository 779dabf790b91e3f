/**
 * A finding, told to somebody who looks after machines and not after packets.
 *
 * The order is always the same: what we saw, why we think so, how sure we are and what
 * else it could be, what the data could not show, what to do. It is pure: everything
 * comes from the finding itself, so the page says the same in the console, in a file and
 * in a year.
 */
import type { Advice } from '../domain/notice.ts';
import type { Text } from '../domain/text.ts';
import { howSure, whatElse, whatWasUnseen } from './doubts.ts';
import { headingOf, leadOf } from './heading.ts';
import { whatWeSaw } from './saw.ts';
import type { Point, Subject } from './subject.ts';
import { whyWeThinkSo } from './why.ts';

export interface Telling {
  readonly heading: Text;
  readonly lead: Text;
  readonly saw: readonly Point[];
  readonly why: readonly Point[];
  readonly confidence: { readonly value: number; readonly words: Text };
  readonly doubts: readonly Point[];
  readonly unseen: readonly Text[];
  readonly advice: { readonly summary: Text; readonly risk: Text; readonly steps: readonly Text[] };
}

export function explain(subject: Subject, title: Text, { summary, risk, steps }: Advice): Telling {
  return {
    heading: headingOf(subject, title),
    lead: leadOf(subject),
    saw: whatWeSaw(subject),
    why: whyWeThinkSo(subject),
    confidence: { value: subject.confidence, words: howSure(subject) },
    doubts: whatElse(subject),
    unseen: whatWasUnseen(subject),
    advice: { summary, risk, steps },
  };
}
