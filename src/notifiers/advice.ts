/**
 * Reads the advice per finding kind from the catalogue.
 *
 * Every kind must have its file: a notice without advice would tell people that
 * something is wrong and leave them alone with it, so a missing or half-written file
 * stops the start and is named. The first sentence of a step is the action itself;
 * the channels print it in bold.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { FINDING_KINDS, type FindingKind } from '../domain/finding.ts';
import type { Advice } from '../domain/notice.ts';
import { YaguraError } from '../engine/errors.ts';

const textSchema = z.strictObject({ ja: z.string().trim().min(1), en: z.string().trim().min(1) });

const adviceSchema = z.strictObject({
  kind: z.enum(FINDING_KINDS),
  title: textSchema,
  summary: textSchema,
  risk: textSchema,
  steps: z.array(textSchema).min(1).max(4),
});

/** Reads all files at once, so that a fault shows at the start and not at the first notice. */
export function loadAdvice(directory: string): (kind: string) => Advice {
  const all = new Map<string, Advice>(FINDING_KINDS.map((kind) => [kind, readAdvice(directory, kind)]));
  return (kind) => {
    const advice = all.get(kind);
    if (!advice) throw new YaguraError('not-found', `there is no advice for the finding kind '${kind}'; add it to catalogue/advice`);
    return advice;
  };
}

function readAdvice(directory: string, kind: FindingKind): Advice {
  const file = `${kind}.yaml`;
  let value: unknown;
  try {
    value = parse(readFileSync(join(directory, file), 'utf8'));
  } catch (cause) {
    throw new YaguraError('config-invalid', 'the advice for this finding kind cannot be read; restore or correct the file', {
      file,
      cause,
    });
  }
  const result = adviceSchema.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new YaguraError('config-invalid', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`, {
      file,
      cause: result.error,
    });
  }
  if (result.data.kind !== kind) {
    throw new YaguraError('config-invalid', `the file is named after ${kind} but speaks about ${result.data.kind}`, { file });
  }
  return result.data;
}
