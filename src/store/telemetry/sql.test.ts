import { describe, expect, it } from 'vitest';
import { joinSql, sql, timeLiteral, trusted } from './sql.ts';

describe('sql', () => {
  it('escapes text', () => {
    expect(sql`a = ${"it's"}`.text).toBe("a = 'it\\'s'");
    expect(sql`a = ${'\\'}`.text).toBe("a = '\\\\'");
    expect(sql`a = ${'x\0\n'}`.text).toBe("a = 'x\\0\\n'");
  });

  it('writes numbers, bytes and lists', () => {
    expect(sql`${1.5} ${-2} ${2n ** 64n - 1n}`.text).toBe('1.5 -2 18446744073709551615');
    expect(sql`${new Uint8Array([0, 255])}`.text).toBe("unhex('00ff')");
    expect(sql`IN ${['a', "b'"]}`.text).toBe("IN ('a', 'b\\'')");
  });

  it('refuses a number that is none', () => {
    expect(() => sql`${Number.NaN}`).toThrow();
    expect(() => sql`${Number.POSITIVE_INFINITY}`).toThrow();
  });

  it('nests without escaping twice', () => {
    const condition = joinSql([sql`a = ${'x'}`, trusted('b')], ' AND ');
    expect(sql`SELECT 1 WHERE ${condition}`.text).toBe("SELECT 1 WHERE a = 'x' AND b");
  });

  it('keeps times within what DateTime can say', () => {
    expect(timeLiteral(1500).text).toBe('toDateTime(2)');
    expect(timeLiteral(-1).text).toBe('toDateTime(0)');
    expect(timeLiteral(8.64e15).text).toBe('toDateTime(4294967295)');
  });
});
