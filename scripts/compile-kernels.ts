/**
 * Compiles the AssemblyScript loops to the WebAssembly that is committed beside them.
 *
 * A test runs this into another folder and compares, so that source and result never differ.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

export const KERNELS = [
  // Pages of 64 KiB the module starts with: tables, input and the first hash tables.
  { folder: 'src/collectors/pcap/plain-survey', pages: 80 },
  { folder: 'src/collectors/pcap/plain-cells', pages: 432 },
] as const;

/** Writes `<out>/<folder>/kernel.wasm` for each. */
export function compileKernels(out: string): void {
  for (const { folder, pages } of KERNELS) {
    const target = join(out, folder, 'kernel.wasm');
    mkdirSync(dirname(target), { recursive: true });
    const options = ['-O3', '--runtime', 'stub', '--noAssert', '--initialMemory', String(pages), '--use', 'abort='];
    const compiler = join(ROOT, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
    execFileSync(process.execPath, [compiler, join(folder, 'assembly', 'kernel.ts'), '-o', target, ...options], {
      cwd: ROOT,
      stdio: 'inherit',
    });
  }
}

if (import.meta.main) compileKernels(ROOT);
