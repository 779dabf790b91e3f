import { describe, expect, it } from 'vitest';
import { createCountry, foreignAddress } from './country.ts';
import { networkTables } from './networks.ts';

const rowsOf = (csv: Uint8Array): string[][] =>
  new TextDecoder()
    .decode(csv)
    .trim()
    .split('\n')
    .map((line) => line.split(','));

describe('networks of the simulated country', () => {
  const country = createCountry({ seed: 42, scale: 'small' });
  const tables = networkTables(country);

  it('are sorted and do not overlap', () => {
    const rows = rowsOf(tables.asnIpv4);
    for (const [i, row] of rows.entries()) {
      expect(Number(row[0])).toBeLessThanOrEqual(Number(row[1]));
      if (i > 0) expect(Number(row[0])).toBeGreaterThan(Number(rows[i - 1]?.[1]));
    }
  });

  it('cover every address abroad and use documentation AS numbers only', () => {
    const rows = rowsOf(tables.asnIpv4);
    for (let n = 0; n < 5000; n++) {
      const address = foreignAddress(country, n);
      expect(rows.some((row) => Number(row[0]) <= address && address <= Number(row[1]))).toBe(true);
    }
    for (const [, , asn] of [...rows, ...rowsOf(tables.asnIpv6)]) {
      expect((Number(asn) >= 64496 && Number(asn) <= 64511) || (Number(asn) >= 65536 && Number(asn) <= 65551)).toBe(true);
    }
  });
});
