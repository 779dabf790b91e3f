import { expect, it } from 'vitest';
import type { SuppressedEvidence } from '../../domain/suppressed.ts';
import { createSuppressionStore, readSuppressed } from './suppressions.ts';
import { describeState, newTenant } from './test-support.ts';

const DAY = Date.UTC(2026, 5, 3);
const LENGTH = 86_400_000;

const row = (reason: SuppressedEvidence['reason'], sources: number): SuppressedEvidence => ({
  reason,
  sources,
  packets: sources,
  firstAt: DAY + 1000,
  lastAt: DAY + 2000,
  ports: [{ protocol: 6, port: 22, sources, packets: sources }],
});

describeState('evidence put aside', (opened) => {
  const db = () => opened().state.db;
  const of = { sensor: 'roof', day: DAY, module: 'infected-host' };

  it('is what the last judgement of a day said', async () => {
    const tenant = newTenant();
    const store = createSuppressionStore(db());
    const range = { tenant, from: DAY, to: DAY + LENGTH };
    await store.replace(tenant, of, [row('single-packet', 3), row('one-packet-flood', 600_000)], DAY + 5000);
    await store.replace(tenant, { ...of, module: 'backscatter' }, [row('backscatter', 9)], DAY + 5000);
    await store.replace(tenant, of, [row('one-packet-flood', 600_001)], DAY + 9000);
    expect((await readSuppressed(db(), range)).map(({ module, reason, sources }) => [module, reason, sources])).toEqual([
      ['backscatter', 'backscatter', 9],
      ['infected-host', 'one-packet-flood', 600_001],
    ]);
    await store.replace(tenant, of, [], DAY + 9000);
    expect(await readSuppressed(db(), range)).toHaveLength(1);
  });

  it('is asked for by sensor and day, and by its own tenant only', async () => {
    const tenant = newTenant();
    const store = createSuppressionStore(db());
    await store.replace(tenant, of, [row('few-packets', 1)], DAY);
    await store.replace(tenant, { ...of, day: DAY + LENGTH }, [row('few-packets', 2)], DAY);
    await store.replace(tenant, { ...of, sensor: 'cellar' }, [row('few-packets', 4)], DAY);
    const sources = async (question: object) =>
      (await readSuppressed(db(), { tenant, from: DAY, to: DAY + 2 * LENGTH, ...question })).map((one) => one.sources);
    expect(await sources({})).toEqual([2, 4, 1]);
    expect(await sources({ sensor: 'roof' })).toEqual([2, 1]);
    expect(await sources({ to: DAY + LENGTH })).toEqual([4, 1]);
    expect(await sources({ tenant: newTenant() })).toEqual([]);
    const [first] = await readSuppressed(db(), { tenant, sensor: 'cellar', from: DAY, to: DAY + 1 });
    expect(first).toEqual({ ...row('few-packets', 4), sensor: 'cellar', day: DAY, module: 'infected-host', judgedAt: DAY });
  });
});
