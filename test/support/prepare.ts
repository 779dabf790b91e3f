/** Runs once before all tests: whatever is slow to make and safe to share. */
import { buildConsole } from '../../src/server/console-build.ts';

export default async function prepare(): Promise<void> {
  await buildConsole();
}
