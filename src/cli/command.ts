/**
 * What a command is, and how its words are read.
 *
 * Each command is one file in commands/ and is loaded only when it is asked for, so that
 * a short command does not pay for the whole house.
 */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { YaguraError } from '../engine/errors.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

export interface Invocation {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

export interface Command {
  readonly usage: string;
  readonly summary: string;
  readonly options: Options;
  /** Returns the exit status. */
  run(invocation: Invocation): Promise<number>;
}

/** Options that every command which touches data understands. */
export const DATA_OPTIONS = {
  data: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies Options;

export function readInvocation(command: Command, words: readonly string[]): Invocation {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
      strict: true,
    });
    return { values, positionals };
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : '';
    throw new YaguraError('usage', `${reason}. Usage: yagura ${command.usage}`, { cause });
  }
}

export function textOption(invocation: Invocation, name: string): string | undefined {
  const value = invocation.values[name];
  return typeof value === 'string' ? value : undefined;
}

/** An option that may be given several times. */
export function textOptions(invocation: Invocation, name: string): readonly string[] {
  const value = invocation.values[name];
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

export function isSet(invocation: Invocation, name: string): boolean {
  return invocation.values[name] === true;
}

export function numberOption(invocation: Invocation, name: string): number | undefined {
  const value = textOption(invocation, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw new YaguraError('usage', `--${name} takes a whole number, not "${value}"`);
  return number;
}
