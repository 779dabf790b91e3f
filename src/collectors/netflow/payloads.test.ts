/**
 * Datagrams of real exporters, vendor by vendor: every record is decoded, as many as
 * tshark counts, and those rows are spelt out that a vendor's habits could spoil.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../../test/support/shared-data.ts';
import netflow from './index.ts';
import { decodeFiles, type Row, rowsOf } from './test-support.ts';

const PREFIX = 'logstash-codec-netflow__';
const folder = (...path: string[]): string => sharedData('telemetry', 'netflow-payload', ...path);

/** Records of flows in each vendor's files; records of options are not among them. */
const RECORDS: Readonly<Record<string, number>> = {
  ipfix: 12, // and one of options
  ipfix_test_ixia: 3,
  ipfix_test_juniper_mx240_junos151r6s3: 0, // only options
  ipfix_test_netscaler: 3,
  ipfix_test_openbsd_pflow: 26,
  ipfix_test_procera: 8,
  ipfix_test_vmware_vds: 5,
  netflow5: 30,
  netflow5_test_juniper_mx80: 29,
  netflow9_cisco_asr1001x: 25,
  netflow9_test_0length_fields: 10,
  netflow9_test_cisco_1941K9: 29,
  netflow9_test_cisco_asa_1: 14,
  netflow9_test_cisco_asr9k: 21, // and 19 of options
  netflow9_test_cisco_wlc: 19,
  netflow9_test_field_layer2segmentid: 1,
  netflow9_test_fortigate_fortios_521: 1, // and one of options
  netflow9_test_h3c: 16, // tshark stops at the second set of one datagram
  netflow9_test_huawei_netstream: 1,
  netflow9_test_invalid01: 2,
  netflow9_test_juniper_srx: 0, // only options
  netflow9_test_nprobe: 2,
  netflow9_test_paloalto_panos: 8,
  netflow9_test_streamcore: 4,
  netflow9_test_ubnt_edgerouter: 16,
  netflow9_test_valid01: 7,
};

/** Sets whose template is in none of the vendor's files. */
const WITHOUT_TEMPLATE: Readonly<Record<string, number>> = { ipfix_test_netscaler: 1 };

/** Version 5 with the header of another protocol in front: 55582 records in 1464 bytes. */
const REFUSED = 'netflow5_test_invalid01';

const families = new Map<string, string[]>();
if (hasSharedData) {
  for (const file of readdirSync(folder()).filter((name) => name.endsWith('.dat'))) {
    const name = file.slice(PREFIX.length, -'.dat'.length).replace('nprobe_dpi', 'nprobe_data_dpi');
    const family = name.replace(/_(opttpl|tplopt|tpldata|tpl_data|tpl|data)[0-9_a-z]*$/, '');
    families.set(family, [...(families.get(family) ?? []), file]);
  }
}

/** Templates first, as a collector that has run for a while would know them. */
const inOrder = (files: readonly string[]): string[] =>
  files.toSorted((a, b) => Number(b.includes('tpl')) - Number(a.includes('tpl')) || (a < b ? -1 : 1));
const rowsOfFamily = async (family: string): Promise<Row[]> =>
  rowsOf((await decodeFiles(inOrder(families.get(family) ?? []).map((file) => folder(file)))).decoder);

describe.skipIf(!hasSharedData)('datagrams of real exporters', () => {
  it('covers every file', () => {
    expect([...families.keys()].filter((family) => family !== REFUSED).sort()).toEqual(Object.keys(RECORDS).sort());
  });

  it.each(Object.entries(RECORDS))('%s', async (family, records) => {
    const files = inOrder(families.get(family) ?? []);
    const { decoder, refused } = await decodeFiles(files.map((file) => folder(file)));
    expect(refused).toEqual([]);
    expect(decoder.tally).toMatchObject({ records, withoutTemplate: WITHOUT_TEMPLATE[family] ?? 0 });
    for (const file of files) expect(netflow.recognises({ name: file, bytes: readFileSync(folder(file)) })).toBe(1);
  });

  it('refuses a header that lies about its records', async () => {
    const path = folder(`${PREFIX}${REFUSED}.dat`);
    expect(netflow.recognises({ name: REFUSED, bytes: readFileSync(path) })).toBe(0);
    await expect(decodeFiles([path])).rejects.toThrow('no NetFlow');
  });

  it('finds data before its template when the files come in the other order', async () => {
    for (const family of ['netflow9_test_huawei_netstream', 'ipfix_test_procera', 'netflow9_test_cisco_asa_1']) {
      const backwards = inOrder(families.get(family) ?? []).reverse();
      const { decoder } = await decodeFiles(backwards.map((file) => folder(file)));
      expect(rowsOf(decoder)).toEqual(await rowsOfFamily(family));
    }
  });

  it('reads the translated ends and the type of ICMP of a firewall', async () => {
    const rows = await rowsOfFamily('netflow9_test_cisco_asa_1');
    expect(rows).toContainEqual(
      expect.objectContaining({ source: '192.168.23.22', destination: '164.164.37.11', protocol: 1, destinationPort: 0x0800, bytes: 56 }),
    );
    expect(rows).toContainEqual(
      expect.objectContaining({ source: '164.164.37.11', destination: '192.168.23.22', destinationPort: 0, natSource: '164.164.37.11' }),
    );
  });

  it('reads the sampling that a version 5 header states', async () => {
    const rows = await rowsOfFamily('netflow5_test_juniper_mx80');
    expect(new Set(rows.map(({ sampling, samplingFrom }) => `${sampling} ${samplingFrom}`))).toEqual(new Set(['1000 1']));
  });

  it('reads both families from templates with room for both', async () => {
    const rows = await rowsOfFamily('ipfix_test_procera');
    expect(rows.map(({ source }) => source)).toContain('181.214.87.71');
    expect(rows.map(({ source }) => source)).toContain('2001:388:cf0a:6::1');
  });

  it('reads counters of the outgoing side where there are no others', async () => {
    const [row] = await rowsOfFamily('netflow9_test_huawei_netstream');
    expect(row).toMatchObject({
      source: '10.108.219.53',
      sourcePort: 45_587,
      destination: '10.111.112.204',
      destinationPort: 2598,
      packets: 4,
      bytes: 200,
    });
  });
});
