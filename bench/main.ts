/**
 * `npm run bench`: speed as ratios, side by side in one run.
 *
 * `npm run bench -- capture` or `-- shadowserver` runs one part; `--quick` uses small inputs.
 */
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchC2 } from './c2.ts';
import { benchCapture } from './capture.ts';
import { benchDetect } from './detect.ts';
import { benchFlowReplay } from './flow-replay.ts';
import { benchFlowStore } from './flow-store.ts';
import { benchShadowserver } from './shadowserver.ts';
import { benchTelescope } from './telescope.ts';

const words = process.argv.slice(2);
const isQuick = words.includes('--quick');
const wanted = words.filter((word) => !word.startsWith('--'));
const out = join(tmpdir(), 'yagura-bench');

process.stdout.write(`# Benchmarks\n\n${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}\n`);
if (wanted.length === 0 || wanted.includes('capture')) await benchCapture(out, isQuick ? 300_000 : 3_000_000);
if (wanted.length === 0 || wanted.includes('telescope')) await benchTelescope(out, isQuick ? 300_000 : 3_000_000, 10);
if (wanted.length === 0 || wanted.includes('shadowserver')) await benchShadowserver(out, isQuick ? [20_000] : [20_000, 200_000, 2_000_000]);
if (wanted.length === 0 || wanted.includes('flow-store'))
  await benchFlowStore(out, isQuick ? 300_000 : 3_000_000, isQuick ? 1_200_000 : 30_000_000);
if (wanted.length === 0 || wanted.includes('flow-replay')) await benchFlowReplay(out, isQuick ? 5 : 60);
if (wanted.length === 0 || wanted.includes('detect')) await benchDetect(out, isQuick ? 0.1 : 1);
if (wanted.length === 0 || wanted.includes('c2')) await benchC2(out, isQuick ? 1_000_000 : 10_000_000);
