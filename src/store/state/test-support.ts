/**
 * Both engines for the tests: PGlite in this process and a real PostgreSQL server.
 *
 * Tests share one database per file and keep apart by using a tenant of their own, as
 * tenants do.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { createDatabase } from '../../../test/support/postgres.ts';
import { createLog } from '../../engine/log.ts';
import { openState, type State } from './open.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the server without a database; empty where none is installed. */
    postgres: string;
  }
}

const ENGINES = ['PGlite', 'PostgreSQL'] as const;
type Engine = (typeof ENGINES)[number];

export const templateDirectory = join(import.meta.dirname, '..', '..', '..', '.cache');
const log = createLog('silent');

const server = inject('postgres');
export const hasPostgres = server !== '';
if (!hasPostgres) process.stderr.write('No PostgreSQL server is installed: the state store is tested on PGlite only.\n');
let databases = 0;

export interface OpenedState {
  readonly state: State;
  /** How another process opens the same store. */
  readonly place: { readonly path?: string; readonly url?: string };
  readonly stop: () => Promise<void>;
}

/** Runs the same tests on every engine that is here. */
export function describeState(name: string, tests: (opened: () => OpenedState) => void): void {
  const engines = ENGINES.filter((engine) => engine === 'PGlite' || hasPostgres);
  describe.each(engines)(`${name} on %s`, (engine) => {
    let opened: OpenedState | undefined;
    beforeAll(async () => {
      opened = await openEngine(engine);
    });
    afterAll(() => opened?.stop());
    tests(() => {
      if (!opened) throw new Error('The store is not open.');
      return opened;
    });
  });
}

const openEngine = (engine: Engine): Promise<OpenedState> => (engine === 'PGlite' ? openPglite() : openPostgres());

async function openPglite(): Promise<OpenedState> {
  const path = mkdtempSync(join(tmpdir(), 'yagura-state-'));
  const state = await openState({ path, templateDirectory, log });
  const stop = async (): Promise<void> => {
    await state.close();
    rmSync(path, { recursive: true, force: true });
  };
  return { state, place: { path }, stop };
}

async function openPostgres(): Promise<OpenedState> {
  const { url } = await newPostgres();
  const state = await openState({ url, log });
  return { state, place: { url }, stop: () => state.close() };
}

/** A database of its own in the server that all tests share. */
export async function newPostgres(): Promise<{ url: string }> {
  return { url: await createDatabase(server, `test_${process.pid}_${++databases}`) };
}

let tenants = 0;
/** A tenant nobody else uses. */
export const newTenant = (): string => `tenant-${++tenants}`;
