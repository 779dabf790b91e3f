/**
 * The structured log: JSON lines on standard error.
 *
 * Levels are defined by rate: debug never per packet, info once per run, warn when an
 * operator may act, error when one must. Secrets are redacted by name as a last net.
 */
import pino from 'pino';

export type Log = pino.Logger;

const SECRET_PATHS = [
  'password',
  'pass',
  'token',
  'secret',
  'authorization',
  '*.password',
  '*.pass',
  '*.token',
  '*.secret',
  '*.authorization',
];

export function createLog(level: pino.LevelWithSilent = 'info'): Log {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths: SECRET_PATHS, censor: '[redacted]' } },
    pino.destination({ dest: 2, sync: true }),
  );
}
