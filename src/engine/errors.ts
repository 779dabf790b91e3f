/**
 * One error class and one table of codes.
 *
 * Each row answers what an operator asks first: whose fault is it, is trying again of
 * use, which HTTP status and which exit status follow. A bad record is counted and
 * quarantined, a bad file ends that file, a bad configuration ends the start.
 */
export const ERRORS = {
  'config-invalid': { fault: 'operator', isRetryable: false, status: 500, exit: 78 },
  usage: { fault: 'operator', isRetryable: false, status: 400, exit: 64 },
  'input-unreadable': { fault: 'input', isRetryable: false, status: 422, exit: 65 },
  'input-unrecognised': { fault: 'input', isRetryable: false, status: 422, exit: 65 },
  'input-malformed': { fault: 'input', isRetryable: false, status: 422, exit: 65 },
  'not-found': { fault: 'caller', isRetryable: false, status: 404, exit: 66 },
  forbidden: { fault: 'caller', isRetryable: false, status: 403, exit: 77 },
  'purpose-needed': { fault: 'caller', isRetryable: false, status: 403, exit: 77 },
  unauthenticated: { fault: 'caller', isRetryable: false, status: 401, exit: 77 },
  conflict: { fault: 'caller', isRetryable: false, status: 409, exit: 75 },
  'store-unavailable': { fault: 'system', isRetryable: true, status: 503, exit: 69 },
  'store-failed': { fault: 'system', isRetryable: false, status: 500, exit: 70 },
  'data-directory-in-use': { fault: 'operator', isRetryable: true, status: 503, exit: 75 },
  'delivery-failed': { fault: 'peer', isRetryable: true, status: 502, exit: 75 },
  internal: { fault: 'system', isRetryable: false, status: 500, exit: 70 },
} as const satisfies Record<string, { fault: string; isRetryable: boolean; status: number; exit: number }>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorContext {
  readonly file?: string | undefined;
  readonly record?: number | undefined; // 1 is the first
  readonly line?: number | undefined; // of a file that people write by hand
  readonly cause?: unknown;
}

/** Carries a code of the table, a sentence that says what to do, and where it happened. Never a secret. */
export class YaguraError extends Error {
  readonly code: ErrorCode;
  readonly file: string | undefined;
  readonly record: number | undefined;
  readonly line: number | undefined;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, { cause: context.cause });
    this.name = 'YaguraError';
    this.code = code;
    this.file = context.file;
    this.record = context.record;
    this.line = context.line;
  }
}

export function isYaguraError(error: unknown, code?: ErrorCode): error is YaguraError {
  return error instanceof YaguraError && (code === undefined || error.code === code);
}

/** One line for people: file, record or line, reason. */
export function describeError(error: unknown): string {
  if (!(error instanceof YaguraError)) return error instanceof Error ? error.message : String(error);
  const record = error.record === undefined ? undefined : `record ${error.record}`;
  const line = error.line === undefined ? undefined : `line ${error.line}`;
  const where = [error.file, record, line].filter(Boolean).join(', ');
  return where ? `${where}: ${error.message}` : error.message;
}
