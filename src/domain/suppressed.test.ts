import { expect, it } from 'vitest';
import { SUPPRESSION_REASONS, SUPPRESSION_TEXTS, SuppressionCount } from './suppressed.ts';

it('sums up by reason, with the ports most sources tried', () => {
  const count = new SuppressionCount();
  const at = Date.UTC(2026, 5, 3);
  for (let i = 0; i < 20_000; i++) {
    const ports = [{ protocol: 6, port: i % 4 === 0 ? i : 22, packets: 1 }];
    count.add({ reason: 'one-packet-flood', packets: 1, firstAt: at + i, lastAt: at + i, ports });
  }
  count.add({ reason: 'few-packets', packets: 2, firstAt: at + 9, lastAt: at + 10, ports: [] });
  const [flood, few] = count.rows();
  expect(flood).toMatchObject({ reason: 'one-packet-flood', sources: 20_000, packets: 20_000, firstAt: at, lastAt: at + 19_999 });
  expect(flood?.ports[0]).toEqual({ protocol: 6, port: 22, sources: 15_000, packets: 15_000 });
  expect(flood?.ports).toHaveLength(5);
  expect(few).toEqual({ reason: 'few-packets', sources: 1, packets: 2, firstAt: at + 9, lastAt: at + 10, ports: [] });
});

it('has words for every reason in both languages', () => {
  for (const reason of SUPPRESSION_REASONS) {
    expect(SUPPRESSION_TEXTS[reason].ja).toMatch(/。$/);
    expect(SUPPRESSION_TEXTS[reason].en).toMatch(/\.$/);
  }
});
