import { expect, it } from 'vitest';
import { listAudit, verifyAudit } from './audit.ts';
import { readScannerDays } from './scanner-days.ts';
import { changeSensor, knownSensor, listSensors, readSensor, setSensor, toHistory, toTitle } from './sensors.ts';
import { describeState, newTenant } from './test-support.ts';

const MARCH = Date.UTC(2026, 2, 1);
const JUNE = Date.UTC(2026, 5, 1);
const by = { at: JUNE, actor: 'tester' };

describeState('the register of sensors', (opened) => {
  const db = () => opened().state.db;

  it('answers the number of addresses that was valid at the time', async () => {
    const tenant = newTenant();
    await changeSensor(
      db(),
      tenant,
      'roof',
      {
        history: [
          { since: JUNE, addresses: 8192 },
          { since: MARCH, addresses: 4096 },
        ],
      },
      by,
    );
    const at = async (time: number) => (await knownSensor(db(), tenant, 'roof', time)).addresses;
    expect([await at(MARCH - 1), await at(MARCH), await at(JUNE - 1), await at(JUNE), await at(JUNE * 2)]).toEqual([
      null,
      4096,
      4096,
      8192,
      8192,
    ]);
  });

  it('keeps what a change leaves out, and writes both states into the audit log', async () => {
    const tenant = newTenant();
    await changeSensor(db(), tenant, 'roof', { title: { ja: '屋上', en: 'Roof' }, contact: 'noc@umibe.example', cadenceSeconds: 60 }, by);
    await changeSensor(db(), tenant, 'roof', { kind: 'flow', cadenceSeconds: null }, by);
    expect(await readSensor(db(), tenant, 'roof')).toEqual({
      id: 'roof',
      title: { ja: '屋上', en: 'Roof' },
      kind: 'flow',
      location: '',
      contact: 'noc@umibe.example',
      cadenceSeconds: null,
      constituentId: null,
      history: [{ from: 0, to: Infinity, addresses: null }],
    });
    const { rows } = await listAudit(db(), tenant);
    expect(rows.map(({ action, subject, actor }) => [action, subject, actor])).toEqual([
      ['sensor-changed', 'roof', 'tester'],
      ['sensor-registered', 'roof', 'tester'],
    ]);
    expect(rows[0]?.detail).toMatchObject({ before: { kind: null, cadenceSeconds: 60 }, after: { kind: 'flow', cadenceSeconds: null } });
    expect((await verifyAudit(db(), tenant)).isIntact).toBe(true);
  });

  it("is each tenant's own", async () => {
    const [own, other] = [newTenant(), newTenant()];
    await setSensor(db(), own, { id: 'roof', title: '屋上 / Roof', addresses: 256 });
    await changeSensor(db(), other, 'roof', { title: { ja: '別', en: 'Other' } }, by);
    expect(await knownSensor(db(), own, 'roof', MARCH)).toEqual({ id: 'roof', title: '屋上 / Roof', addresses: 256 });
    expect((await listSensors(db(), other)).map(({ title, history }) => [title.en, history])).toEqual([
      ['Other', [{ from: 0, to: Infinity, addresses: null }]],
    ]);
  });

  it('counts no scanner packets where nothing was judged', async () => {
    expect(await readScannerDays(db(), newTenant(), MARCH, JUNE)).toEqual([]);
  });
});

it('reads changes in any order as periods without holes', () => {
  expect(
    toHistory([
      { since: 20, addresses: 2 },
      { since: 10, addresses: 1 },
      { since: 15, addresses: 1 },
    ]),
  ).toEqual([
    { from: 0, to: 10, addresses: null },
    { from: 10, to: 20, addresses: 1 },
    { from: 20, to: Infinity, addresses: 2 },
  ]);
  expect(toHistory([])).toEqual([{ from: 0, to: Infinity, addresses: null }]);
});

it('takes a title with a slash for both languages', () => {
  expect([toTitle('火の見1 / Hinomi 1'), toTitle('north')]).toEqual([
    { ja: '火の見1', en: 'Hinomi 1' },
    { ja: 'north', en: 'north' },
  ]);
});
