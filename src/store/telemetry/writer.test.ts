/** What a crash or an outage left in the spool: stored at the next start, or put aside when it is damaged. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { emptyTelemetry } from '../../../test/support/empty-data.ts';
import { createLog } from '../../engine/log.ts';
import { Spool, type SpoolPart } from '../../engine/spool.ts';
import { cells } from './fixtures/cells.ts';
import { openTelemetry } from './index.ts';
import { toNativeBlocks } from './native-block.ts';

const folder = mkdtempSync(join(tmpdir(), 'yagura-writer-'));
const spoolDirectory = join(folder, 'spool');
const log = createLog('silent');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = Date.UTC(2026, 6, 1);
const batch = cells([
  { at, packets: 5 },
  { at: at + 86_400_000, packets: 6 },
]);

function partOf(name: string, damage = 0): SpoolPart {
  const [pieces = []] = toNativeBlocks(batch);
  const block = Buffer.concat(pieces);
  return { name, content: [block.subarray(0, block.length - damage)] };
}

describe('replay', () => {
  it('stores what was spooled, puts aside what is damaged, and knows a token again afterwards', async () => {
    const spool = await Spool.open(spoolDirectory);
    await spool.put('whole', [partOf('0000-telescope_minute.native')]);
    await spool.put('short', [partOf('0000-telescope_minute.native', 20)]);
    await spool.put('strange', [partOf('0000-unknown_table.native')]);
    const store = await openTelemetry({ path: emptyTelemetry(join(folder, 'engine')), spoolDirectory, log });
    expect(await store.checkAgreement('main')).toEqual({ cells: 11, hours: 11, minutes: 11, agrees: true });
    expect(await spool.list()).toEqual([]);
    expect(readdirSync(join(spoolDirectory, 'rejected'))).toHaveLength(2);
    await store.insert([batch], 'whole');
    expect(await store.countRows('telescope_minute')).toBe(2);
    await store.close();
  });
});
