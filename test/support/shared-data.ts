/**
 * Real captures and reports lie beside the project, in `../shared`, not inside it:
 * their licences are not ours. Tests that need them skip, saying so, when they are absent.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const SHARED = join(import.meta.dirname, '..', '..', '..', 'shared');

export const hasSharedData = existsSync(join(SHARED, 'data'));
export const sharedData = (...path: string[]): string => join(SHARED, 'data', ...path);

if (!hasSharedData) process.stderr.write('The folder of real captures and reports is absent: tests that use it are skipped.\n');
