import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONVERSIONS, type Conversion, convert, NOTHING, type RowView, toNetworkText, UNFIT } from './conversions.ts';
import { harmonise } from './harmonised.ts';

const row = (cells: Record<string, string> = {}): RowView => ({ cells, receivedAt: Date.UTC(2026, 10, 22, 13) });

describe('conversions', () => {
  it.each<[Conversion, string, unknown]>([
    ['verbatim', '0', '0'],
    ['text', 'unknown', NOTHING],
    ['text', '0', NOTHING],
    ['text', ' 0', ' 0'],
    ['integer', ' 12 ', 12],
    ['integer', '-3', -3],
    ['integer', '1_000', 1000],
    ['integer', '0', 0],
    ['integer', '', NOTHING],
    ['integer', '1.5', UNFIT],
    ['non-zero', '0', NOTHING],
    ['non-zero', '64496', 64_496],
    ['non-zero', 'x', UNFIT],
    ['decimal', '5.40', 5.4],
    ['decimal', '1e-3', 0.001],
    ['decimal', '', NOTHING],
    ['decimal', 'fast', UNFIT],
    ['yes-no', 'Enabled', true],
    ['yes-no', 'N', false],
    ['yes-no', 'maybe', NOTHING],
    ['address', '192.0.2.1', '192.0.2.1'],
    ['address', '0.0.0.0', NOTHING],
    ['address', '192.0.2.0/24', NOTHING],
    ['address', '192.0.2.1.5', NOTHING],
    ['network', '192.0.2.0/24', '192.0.2.0/24'],
    ['network', '192.0.2.1', NOTHING],
    ['domain', 'Example.COM', 'Example.COM'],
    ['domain', '192.0.2.1', NOTHING],
    ['domain', 'a b:80', NOTHING],
    ['utc-time', '2026-03-03 05:05:53', '2026-03-03 05:05:53 UTC'],
    ['date', 'Wed, 10 Feb 2010 00:00:00 GMT', '2010-02-10T00:00:00+00:00'],
    ['date', 'soon', NOTHING],
    ['utc-date', '2021-03-28 00:20:22', '2021-03-28T00:20:22+00:00'],
    ['utc-date', '', '2026-11-22T00:00:00+00:00'],
    ['cve-list', 'exchange;cve-2021-2;cve-2021-1;cve-2021-2', 'cve-2021-1;cve-2021-2'],
    ['cve-list', 'exchange', NOTHING],
    ['base64', 'hello world', 'aGVsbG8gd29ybGQ='],
    ['base64', 'aGVsbG8gd29ybGQ=', 'aGVsbG8gd29ybGQ='],
    ['base64', '', NOTHING],
    ['category-or-detail', 'spam', 'spam'],
    ['exchange-type', '', 'vulnerable-system'],
    ['exchange-type', 'exchange;webshell', 'system-compromise'],
  ])('%s of %j', (conversion, text, expected) => {
    expect(convert(conversion, text, row())).toBe(expected);
  });

  it('look at the whole row where a value is split over columns', () => {
    const request = { http_host: 'example.com', http_url: 'GET /a?b HTTP/1.1' };
    expect(convert('full-url', request.http_url, row(request))).toBe('http://example.com/a?b');
    expect(convert('full-url', '/x', row({ url: '/x', http_host: 'example.com', application: 'https' }))).toBe('https://example.com/x');
    expect(convert('full-url', 'http://a.example/', row({ url: 'http://a.example/' }))).toBe('http://a.example/');
    expect(convert('category-or-detail', '', row({ detail: 'injected script' }))).toBe('injected script');
  });

  it('never fail on any text', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CONVERSIONS), fc.string(), (conversion, text) => void convert(conversion, text, row({ url: text }))),
    );
  });
});

describe('fields', () => {
  it.each<[string, string | number | boolean, unknown]>([
    ['source.ip', '2001:DB8:0:0::1', '2001:db8::1'],
    ['source.ip', 'nonsense', undefined],
    ['source.network', '2001:db8::1/32', '2001:db8::/32'],
    ['source.network', '192.0.2.77/24', '192.0.2.0/24'],
    ['source.reverse_dns', 'Host.Example.COM.', 'host.example.com'],
    ['source.reverse_dns', '192.0.2.1', undefined],
    ['source.reverse_dns', 'a..b', undefined],
    ['source.reverse_dns', 'with_underscore.example', 'with_underscore.example'],
    ['source.fqdn', 'bücher.example', 'xn--bcher-kva.example'],
    ['source.url', 'hxxp://example.com/', 'http://example.com/'],
    ['source.url', '/path', undefined],
    ['source.geolocation.cc', 'jp', 'JP'],
    ['source.geolocation.cc', 'JPN', undefined],
    ['source.geolocation.city', '  Chiyoda ', 'Chiyoda'],
    ['source.asn', 64_496, 64_496],
    ['source.asn', 'AS64496', 64_496],
    ['source.asn', 0, undefined],
    ['source.port', 123_456, undefined],
    ['protocol.transport', 'TCP', 'tcp'],
    ['protocol.transport', 'carrier-pigeon', undefined],
    ['malware.name', 'Mirai', 'mirai'],
    ['malware.name', 'みらい', undefined],
    ['time.source', '2026-03-03 05:05:53 UTC', '2026-03-03T05:05:53+00:00'],
    ['source.tor_node', 'True', true],
    ['source.registry', 'ripencc', 'RIPE'],
    ['classification.type', 'Infected-System', 'infected-system'],
    ['no.such.field', 'x', undefined],
  ])('%s of %j', (field, value, expected) => {
    expect(harmonise(field, value)).toBe(expected);
  });

  it('clear the bits beyond a network length and refuse impossible ones', () => {
    expect(toNetworkText('198.51.100.255/25')).toBe('198.51.100.128/25');
    expect(toNetworkText('198.51.100.255/0')).toBe('0.0.0.0/0');
    expect(toNetworkText('198.51.100.0/33')).toBeUndefined();
    expect(toNetworkText('2001:db8:ffff::/33')).toBe('2001:db8:8000::/33');
  });
});
