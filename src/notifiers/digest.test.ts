import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEVERITIES } from '../domain/finding.ts';
import { toDigest } from './digest.ts';
import { buildItem } from './test-support.ts';

describe('a digest', () => {
  it('puts the gravest kind first, and the gravest item first within it', () => {
    const groups = toDigest([
      buildItem({ kind: 'scanner', severity: 'low', asset: '192.0.2.1' }),
      buildItem({ kind: 'infected-host', severity: 'medium', asset: '192.0.2.2' }),
      buildItem({ kind: 'scanner', severity: 'critical', asset: '192.0.2.3' }),
    ]);
    expect(groups.map((group) => [group.kind, group.severity])).toEqual([
      ['scanner', 'critical'],
      ['infected-host', 'medium'],
    ]);
    expect(groups[0]?.items.map((item) => item.asset)).toEqual(['192.0.2.3', '192.0.2.1']);
  });

  it('loses nothing and does not depend on the order it is given', () => {
    const item = fc.record({
      severity: fc.constantFrom(...SEVERITIES),
      kind: fc.constantFrom('scanner' as const, 'spam' as const),
      asset: fc.ipV4(),
    });
    fc.assert(
      fc.property(fc.uniqueArray(item, { selector: (one) => one.asset }), (overs) => {
        const items = overs.map(buildItem);
        expect(toDigest(items.toReversed())).toEqual(toDigest(items));
        expect(toDigest(items).flatMap((group) => group.items)).toHaveLength(items.length);
      }),
    );
  });
});
