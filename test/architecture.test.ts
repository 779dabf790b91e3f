/**
 * The table of ARCHITECTURE.md, running: which folder may import which.
 *
 * It reads the import statements themselves, type imports included, because a type is a
 * dependency on a word just as much.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const CATALOGUES = ['collectors', 'detectors', 'notifiers'];
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  engine: ['domain'],
  store: ['domain', 'engine'],
  capture: ['domain', 'engine'],
  flow: ['domain', 'engine', 'capture'],
  packets: ['domain', 'engine', 'capture'],
  simulation: ['domain', 'engine'],
  surge: ['domain', 'engine'],
  collectors: ['domain', 'engine', 'capture', 'flow'],
  live: ['domain', 'engine', 'capture', 'flow', 'collectors', 'packets'],
  detectors: ['domain', 'engine'],
  c2: ['domain', 'engine'],
  notifiers: ['domain', 'engine'],
  attribution: ['domain', 'engine'],
  'own-range': ['domain', 'engine'],
  cases: ['domain', 'engine'],
  explain: ['domain', 'engine'],
  server: ['domain', 'engine', 'store', 'cases', 'explain', 'live', 'packets', 'own-range', 'surge', ...CATALOGUES],
  'main.ts': ['*'],
  cli: ['*'],
};

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

const isTest = (file: string): boolean => /\.test\.tsx?$/.test(file) || file.includes('/fixtures/') || /test-support/.test(file);

function importsOf(file: string): Edge[] {
  const source = readFileSync(join(ROOT, file), 'utf8');
  const statements = source.matchAll(
    /(?:^|\n)\s*(?:import|export)\s(type\s)?[^;'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g,
  );
  return [...statements].map((match) => ({
    from: file,
    to: toPath(file, match[2] ?? match[3] ?? ''),
    isTypeOnly: match[1] !== undefined,
  }));
}

function toPath(file: string, specifier: string): string {
  return specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : specifier;
}

const room = (path: string): string => path.split('/')[1] ?? '';
const moduleOf = (path: string): string => path.split('/').slice(0, 3).join('/');

const sources = globSync('src/**/*.ts', { cwd: ROOT }).filter((file) => !isTest(file));
const edges = sources.flatMap(importsOf);

function violation(edge: Edge): string | undefined {
  if (!edge.to.startsWith('src/')) {
    return room(edge.from) === 'domain' && edge.to.startsWith('node:') ? `${edge.from} → ${edge.to}: domain knows no Node` : undefined;
  }
  const [from, to] = [room(edge.from), room(edge.to)];
  if (from !== to) {
    const allowed = ALLOWED[from];
    if (!allowed) return `${edge.from}: the room ${from} is not in the table`;
    return allowed.includes('*') || allowed.includes(to) ? undefined : `${edge.from} → ${edge.to}: ${from} may not import ${to}`;
  }
  const isBetweenModules = CATALOGUES.includes(from) && moduleOf(edge.from) !== moduleOf(edge.to);
  const isSharedFile = (path: string): boolean => path.split('/').length === 3; // files beside the module folders, index.ts among them
  return isBetweenModules && !isSharedFile(edge.from) && !isSharedFile(edge.to)
    ? `${edge.from} → ${edge.to}: modules never import each other`
    : undefined;
}

describe('the dependency table', () => {
  it('sees the code', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(edges.length).toBeGreaterThan(50);
  });

  it('holds for every import in src', () => {
    expect(edges.map(violation).filter(Boolean)).toEqual([]);
  });

  it('would catch a wrong edge', () => {
    expect(violation({ from: 'src/domain/a.ts', to: 'src/engine/b.ts', isTypeOnly: true })).toContain('domain may not import engine');
    expect(violation({ from: 'src/collectors/a/index.ts', to: 'src/collectors/b/index.ts', isTypeOnly: false })).toContain(
      'modules never import',
    );
    expect(violation({ from: 'src/domain/a.ts', to: 'node:fs', isTypeOnly: false })).toContain('no Node');
  });

  it('lets the console import only types, and only the words', () => {
    const files = globSync('console/**/*.{ts,tsx}', { cwd: ROOT });
    const wrong = files
      .flatMap(importsOf)
      .filter(
        (edge) => edge.to.startsWith('src/') && !(edge.isTypeOnly && /^src\/(domain\/|server\/([a-z0-9]+-)?contract\.ts)/.test(edge.to)),
      );
    expect(wrong.map((edge) => `${edge.from} → ${edge.to}`)).toEqual([]);
  });

  // Handing the whole environment on to a child process reads nothing from it.
  it('reads the environment in one place only', () => {
    const readers = sources.filter((file) => /(?<!\.\.\.)process\.env\b/.test(readFileSync(join(ROOT, file), 'utf8')));
    expect(readers.filter((file) => file !== 'src/engine/config.ts')).toEqual([]);
  });
});
