import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compileKernels, KERNELS } from '../../../scripts/compile-kernels.ts';

it('the committed kernels are the compiled form of their sources', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'yagura-kernels-'));
  compileKernels(folder);
  for (const kernel of KERNELS) {
    const compiled = readFileSync(join(folder, kernel.folder, 'kernel.wasm'));
    expect(compiled.equals(readFileSync(join(kernel.folder, 'kernel.wasm')))).toBe(true);
  }
  rmSync(folder, { recursive: true });
});
