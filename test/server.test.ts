/**
 * The door: every route has a permission, refuses those without it, and never shows one
 * tenant what another's is; other sites cannot act through a browser at this machine.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PERMISSIONS, ROLE_PERMISSIONS, type Role } from '../src/domain/permission.ts';
import { readConfig } from '../src/engine/config.ts';
import { type Hub, openHub } from '../src/main.ts';
import type { CasePage, FindingPage, Problem } from '../src/server/contract.ts';

const HEADER = '"timestamp","ip","port","protocol","hostname","tag","asn","geo","region","city","naics","sic","banner","sector"';
const REPORT = `${HEADER}\n"2026-03-03 05:05:53","192.0.2.10",23,"tcp","host.example","telnet",64496,"JP","TOKYO","CHIYODA",0,0,"login:",""\n`;
const CONSTITUENTS = `constituents:
  - { id: umibe, name: { ja: 海辺市, en: Umibe City }, kind: municipality, language: ja, mail: [it@umibe.example], resources: [{ prefix: 192.0.2.0/24 }] }
`;

interface Operation {
  readonly 'x-permission'?: string;
}

describe('the API', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yagura-server-'));
  let hub: Hub;
  let routes: { method: string; path: string; permission: string | undefined }[] = [];

  const ask = (path: string, init: RequestInit = {}) => hub.app.request(`http://localhost:8600/api/v1${path}`, init);
  const withToken = (token: string, init: RequestInit = {}): RequestInit => ({
    ...init,
    headers: { authorization: `Bearer ${token}` },
  });

  beforeAll(async () => {
    const config = readConfig({ environment: {}, overrides: { data: join(folder, 'data'), log: { level: 'silent' } } });
    hub = await openHub(config);
    const document = (await (await ask('/openapi.json')).json()) as { paths: Record<string, Record<string, Operation>> };
    routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, permission: operation['x-permission'] })),
    );
    const imported = await ask('/constituents', { method: 'POST', body: CONSTITUENTS, headers: { 'x-file-name': 'constituents.yaml' } });
    expect(imported.status).toBe(200);
    const uploaded = await ask('/intakes', { method: 'POST', body: REPORT, headers: { 'x-file-name': '2026-03-03-scan_telnet.csv' } });
    expect(uploaded.status).toBe(200);
  });

  afterAll(async () => {
    await hub.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has a known permission on every route', () => {
    expect(routes.length).toBeGreaterThan(20);
    expect(routes.filter((route) => !(PERMISSIONS as readonly string[]).includes(route.permission ?? ''))).toEqual([]);
  });

  it.each(Object.keys(ROLE_PERMISSIONS) as Role[])('gives the role %s what its permissions say and nothing else', async (role) => {
    const token = await hub.createToken('main', role, `test-${role}`);
    for (const { method, path, permission } of routes) {
      if (path === '/events') continue; // an endless answer; refused below like the others
      const response = await ask(fill(path), withToken(token, { method, ...(method === 'POST' ? { body: '{}' } : {}) }));
      if (path === '/arrivals') await response.body?.cancel(); // another endless answer
      const isAllowed = (ROLE_PERMISSIONS[role] as readonly string[]).includes(permission ?? '');
      // Naming files of this machine needs more than a role: the owner's own token.
      const refusals = path === '/intakes/path' ? [401] : [401, 403];
      if (isAllowed) expect(refusals, `${role} ${method} ${path}`).not.toContain(response.status);
      else expect({ route: `${method} ${path}`, status: response.status }).toEqual({ route: `${method} ${path}`, status: 403 });
    }
  });

  it('shows another tenant nothing, in lists, single things, exports and errors alike', async () => {
    const own = (await (await ask('/findings')).json()) as FindingPage;
    const cases = (await (await ask('/cases')).json()) as CasePage;
    const [finding] = own.rows;
    const [first] = cases.rows;
    expect(finding && first).toBeTruthy();
    const token = await hub.createToken('other', 'administrator', 'stranger');
    for (const { method, path } of routes) {
      if (path === '/events' || path === '/arrivals' || method === 'POST') continue;
      const real = path
        .replace('{fingerprint}', finding?.fingerprint ?? '')
        .replace('{id}', path.startsWith('/constituents') ? 'umibe' : (first?.id ?? ''))
        .replace('{index}', '0');
      const response = await ask(real.includes('/export') ? `${real}?format=intelmq` : real, withToken(token));
      const body = await response.text();
      for (const secret of ['192.0.2.10', 'umibe', '海辺市', 'scan_telnet.csv', 'it@umibe.example', 'host.example']) {
        expect(body.includes(secret), `${path} tells ${secret}`).toBe(false);
      }
      if (path.includes('{')) {
        const invented = await ask(fill(path), withToken(token));
        const strip = (text: string): string => text.replaceAll(/Y-\d+|N-\d+/g, '');
        expect({ path, status: response.status, body: strip(body) }).toEqual({
          path,
          status: invented.status,
          body: strip(await invented.text()),
        });
      }
    }
    const moved = await ask(
      `/cases/${first?.id}/moves`,
      withToken(token, { method: 'POST', body: JSON.stringify({ to: 'suppressed', reason: 'not mine' }) }),
    );
    expect(moved.status).toBe(404);
  });

  it('refuses unknown tokens, foreign hosts and other sites', async () => {
    const problem = async (response: Response): Promise<string> => ((await response.json()) as Problem).code;
    expect(await problem(await ask('/status', withToken('wrong-token-wrong-token')))).toBe('unauthenticated');
    expect(await problem(await hub.app.request('http://attacker.example/api/v1/status'))).toBe('forbidden');
    expect(await problem(await ask('/cases', { headers: { origin: 'http://attacker.example', host: 'localhost:8600' } }))).toBe(
      'forbidden',
    );
    expect(await problem(await ask('/notices/run', { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } }))).toBe('forbidden');
  });

  it('lets only the owner of the data folder name files of this machine', async () => {
    const file = join(folder, 'secret.csv');
    writeFileSync(file, REPORT);
    const body = JSON.stringify({ path: file });
    const refused = await ask('/intakes/path', { method: 'POST', body });
    expect(refused.status).toBe(403);
    const taken = await ask('/intakes/path', withToken(hub.localToken, { method: 'POST', body }));
    expect(await taken.text()).toContain('"report"');
  });

  it('keeps uploads inside its folder and says what is wrong with a file', async () => {
    const upload = (name: string, body: string) =>
      ask('/intakes', { method: 'POST', body, headers: { 'x-file-name': encodeURIComponent(name) } });
    const wrong = await upload('../../../picture.pcap', 'not a capture');
    expect(wrong.status).toBe(422);
    expect((await wrong.json()) as Problem).toMatchObject({ code: 'input-unrecognised', file: 'picture.pcap' });
    expect((await upload('..', 'x')).status).toBe(400);
  });

  it('answers unknown addresses of the API as JSON', async () => {
    const response = await ask('/no-such-thing');
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('json');
  });
});

/** Well-formed but unknown names. */
function fill(path: string): string {
  return path
    .replace('{fingerprint}', 'f'.repeat(64))
    .replace('{index}', '0')
    .replace('{id}', path.startsWith('/notices') ? 'N-999999' : 'Y-999999');
}
