/** What an explanation is about, and how its figures are read: facts are named by their detectors and may be missing. */
import type { DetectedFinding, FindingState } from '../domain/finding.ts';
import type { Text } from '../domain/text.ts';

export interface Subject extends Omit<DetectedFinding, 'bucket' | 'fingerprint' | 'classification'> {
  readonly state: FindingState;
  /** Whose the asset was; null: nobody we serve. */
  readonly constituent: Text | null;
}

/** A reason, a doubt: one line in bold and what it means. */
export interface Point {
  readonly title: Text;
  readonly text: Text;
}

export function figureOf({ evidence }: Subject, name: string): number | null {
  const value = evidence.facts[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export const wordOf = ({ evidence }: Subject, name: string): string | null => {
  const value = evidence.facts[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

export const isTrue = ({ evidence }: Subject, name: string): boolean => evidence.facts[name] === true;

export const isFromFeed = ({ origin }: Subject): boolean => origin.feed !== undefined;

/** The stretches of an attack, when the evidence tells them. */
export function intervalsOf({ evidence }: Subject): { readonly from: number; readonly to: number; readonly packets: number }[] {
  const list = evidence.facts['intervals'];
  return Array.isArray(list) ? list.filter(isInterval).map(({ from, to, packets }) => ({ from, to, packets })) : [];
}

function isInterval(value: unknown): value is { from: number; to: number; packets: number } {
  if (typeof value !== 'object' || value === null) return false;
  const { from, to, packets } = value as Record<string, unknown>;
  return [from, to, packets].every((one) => typeof one === 'number');
}
