/**
 * The desk for C&C servers: runs the search for one purpose, keeps what it found about
 * servers, lets two people decide, and hands out the list.
 *
 * Nothing runs without leave, and nothing a run says about anybody but the server is kept:
 * a result that names another address is thrown away and counted.
 */
import { randomUUID } from 'node:crypto';
import type { C2Candidate, C2ListEntry } from '../domain/c2.ts';
import { isAboutServerOnly, toListEntry, type Withheld, withheldFor, withheldText } from '../domain/c2-list.ts';
import type { Attributor } from '../domain/constituent.ts';
import type { DetectedFinding } from '../domain/finding.ts';
import type { Purpose } from '../domain/purpose.ts';
import { DAILY_RUN } from '../domain/purposes.ts';
import type { Clock } from '../engine/clock.ts';
import { YaguraError } from '../engine/errors.ts';
import type { Log } from '../engine/log.ts';
import type { FindingStore } from '../engine/ports.ts';
import { appendAudit } from '../store/state/audit.ts';
import { type AllowEntry, addAllowEntry, applyAllowList, type NewAllowEntry, removeAllowEntry } from '../store/state/c2-allow.ts';
import {
  candidateId,
  confirmCandidate,
  type Decision,
  expireCandidates,
  listCandidates,
  readCandidate,
  refuse,
  rejectCandidate,
  reopenCandidate,
  type StoredCandidate,
  storeFound,
} from '../store/state/c2-candidates.ts';
import { beginRun, type C2Run, endRun, forgetRuns, listRuns, readRun } from '../store/state/c2-runs.ts';
import { OWN_IDENTIFIER } from '../store/state/c2-seeds.ts';
import type { StateDatabase } from '../store/state/open.ts';
import { activeGrant, type GrantRow } from '../store/state/purpose-grants.ts';
import { C2Entry, C2List } from './c2-contract.ts';
import { beyondRetention, earliestFor, inBoth } from './flow-gate.ts';

/** What a search answers: servers, and which of them were clients too. */
export interface C2Search {
  readonly candidates: readonly C2Candidate[];
  readonly seeds: number;
  /** Addresses among the candidates that are infected themselves or behave as somebody's computer. */
  readonly clients: ReadonlySet<string>;
}

export interface C2DeskParts {
  readonly db: StateDatabase;
  readonly clock: Clock;
  readonly log: Log;
  readonly purposes: readonly Purpose[];
  readonly findings: FindingStore;
  attributor(): Attributor;
  search(question: { readonly tenant: string; readonly from: number; readonly to: number }): Promise<C2Search>;
  announce(tenant: string, kind: 'finding' | 'case'): void;
}

export interface RunOrder {
  readonly tenant: string;
  readonly actor: string;
  readonly from: number;
  readonly to: number;
}

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** Servers that nobody was seen talking to for so long leave the list. */
export const UNSEEN_DAYS = 30;
const MODULE = 'c2';

export class C2Desk {
  readonly #parts: C2DeskParts;
  readonly #running = new Set<string>();

  constructor(parts: C2DeskParts) {
    this.#parts = parts;
  }

  /** One search for the purpose of c2-detection, with leave, within its time. */
  async run(order: RunOrder): Promise<C2Run> {
    const { tenant } = order;
    const grant = await this.#leaveFor(order);
    if (this.#running.has(tenant)) throw new YaguraError('conflict', 'a search is running; wait for its end');
    this.#running.add(tenant);
    try {
      return await this.#search(order, grant);
    } finally {
      this.#running.delete(tenant);
    }
  }

  /** The search of the last whole day when there is standing leave for it; nothing otherwise. */
  async runDaily(tenant: string): Promise<C2Run | undefined> {
    const { db, clock } = this.#parts;
    const now = clock.now();
    if (!(await activeGrant(db, tenant, DAILY_RUN, ['c2-detection'], now))) return undefined;
    const last = (await listRuns(db, tenant)).find(({ actor }) => actor === DAILY_RUN);
    if (last && now - last.at < DAY - HOUR / 2) return undefined;
    const to = Math.floor(now / HOUR) * HOUR;
    return this.run({ tenant, actor: DAILY_RUN, from: to - DAY, to });
  }

  /** What time alone changes: servers unseen for long, retention that ended, findings that came after an entry of the allow-list. */
  async keepHouse(tenant: string): Promise<void> {
    const { db, clock } = this.#parts;
    const now = clock.now();
    for (const id of await expireCandidates(db, tenant, now - UNSEEN_DAYS * DAY, now)) await this.#withdraw(tenant, id);
    await forgetRuns(db, tenant, now);
    await applyAllowList(db, tenant);
  }

  async confirm(tenant: string, decision: Decision): Promise<StoredCandidate> {
    const { db } = this.#parts;
    const known = await readCandidate(db, tenant, decision.id);
    if (!known) throw new YaguraError('not-found', 'there is no such candidate');
    const withheld = this.withheld(known.candidate);
    if (withheld !== undefined || known.candidate.state === 'allow-listed') {
      await refuse(db, tenant, decision.id, decision.actor, decision.at, withheld ?? 'allow-listed');
      throw new YaguraError('conflict', withheld === undefined ? 'this server is on the allow-list' : inBoth(withheldText(withheld)));
    }
    const candidate = await confirmCandidate(db, tenant, decision);
    if (candidate.state === 'confirmed') await this.#publish(tenant, candidate);
    return candidate;
  }

  async reject(tenant: string, decision: Decision): Promise<StoredCandidate> {
    const candidate = await rejectCandidate(this.#parts.db, tenant, decision);
    await this.#withdraw(tenant, decision.id);
    return candidate;
  }

  reopen(tenant: string, decision: Decision): Promise<StoredCandidate> {
    return reopenCandidate(this.#parts.db, tenant, decision);
  }

  async allow(tenant: string, entry: NewAllowEntry): Promise<{ entry: AllowEntry; candidates: number; findings: number }> {
    const added = await addAllowEntry(this.#parts.db, tenant, entry);
    this.#parts.announce(tenant, 'finding');
    return added;
  }

  async disallow(tenant: string, id: string, actor: string, at: number): Promise<{ findings: number }> {
    const removed = await removeAllowEntry(this.#parts.db, tenant, id, actor, at);
    this.#parts.announce(tenant, 'finding');
    return removed;
  }

  /** Why a candidate may not leave; undefined when two people may send it out. */
  withheld(candidate: StoredCandidate): Withheld | undefined {
    return withheldFor(candidate, { isOwnRange: this.#isOwnRange(candidate), isClient: candidate.isClient });
  }

  /**
   * The list that leaves: confirmed servers only, each line made anew from the seven fields
   * and checked as a whole once more. One line that does not pass ends the list: a part of
   * it would look like all of it.
   */
  async list(tenant: string, actor: string): Promise<readonly C2ListEntry[]> {
    const { db, clock } = this.#parts;
    const confirmed = (await listCandidates(db, tenant)).filter((one) => one.state === 'confirmed' && this.withheld(one) === undefined);
    const entries = C2List.safeParse(confirmed.map(toListEntry));
    const entry = { at: clock.now(), actor, subject: String(confirmed.length), purpose: 'c2-detection' };
    if (!entries.success) {
      await appendAudit(db, tenant, { ...entry, action: 'c2-list-refused', detail: { issues: entries.error.issues.length } });
      throw new YaguraError('internal', 'a line of the list does not have its form; nothing was given out', { cause: entries.error });
    }
    await appendAudit(db, tenant, { ...entry, action: 'c2-list-read' });
    return entries.data as readonly C2ListEntry[];
  }

  async #leaveFor({ tenant, actor, from, to }: RunOrder): Promise<GrantRow> {
    const { db, clock } = this.#parts;
    const at = clock.now();
    const purpose = this.#purpose();
    const grant = await activeGrant(db, tenant, actor, [purpose.id], at);
    const isTooOld = from < earliestFor(purpose, at);
    if (grant && !isTooOld) return grant;
    const why = grant ? 'beyond-retention' : 'no-grant';
    await appendAudit(db, tenant, {
      at,
      actor,
      action: 'c2-run-refused',
      subject: purpose.id,
      purpose: purpose.id,
      detail: { from, to, why },
    });
    if (isTooOld && grant) throw new YaguraError('forbidden', inBoth(beyondRetention(purpose)));
    throw new YaguraError('purpose-needed', inBoth(NO_RUN));
  }

  async #search(order: RunOrder, grant: GrantRow): Promise<C2Run> {
    const { db, clock, log } = this.#parts;
    const { tenant, actor, from, to } = order;
    const [id, at, purpose] = [randomUUID(), clock.now(), this.#purpose()];
    await beginRun(db, tenant, { id, at, actor, purpose, grantId: grant.id, from, to, keepUntil: at + purpose.keepDays * DAY });
    const began = performance.now();
    const seconds = (): number => Math.round(performance.now() - began) / 1000;
    try {
      const { candidates, seeds, clients } = await this.#parts.search({ tenant, from, to });
      const kept = candidates.filter(isAboutServerOnly);
      const refused = candidates.length - kept.length;
      if (refused > 0) log.error({ run: id, refused }, 'results of a search named others than servers and were thrown away');
      await db.transaction().execute(async (trx) => {
        const found = kept.map((candidate) => ({ candidate, isClient: clients.has(candidate.address) }));
        const created = await storeFound(trx, tenant, id, distinct(found), at);
        await endRun(trx, tenant, id, { state: 'done', seeds, found: kept.length, created, refused, seconds: seconds(), problem: null });
      });
      await applyAllowList(db, tenant);
    } catch (error) {
      const problem = error instanceof YaguraError ? error.message : 'the search failed; the log of the hub says why';
      await endRun(db, tenant, id, { state: 'failed', seeds: 0, found: 0, created: 0, refused: 0, seconds: seconds(), problem });
      throw error;
    }
    const run = await readRun(db, tenant, id);
    if (!run) throw new YaguraError('internal', 'the run is not there');
    return run;
  }

  #purpose(): Purpose {
    const purpose = this.#parts.purposes.find(({ id }) => id === 'c2-detection');
    if (!purpose) throw new YaguraError('internal', 'the purpose is not there');
    return purpose;
  }

  #isOwnRange({ address, lastSeenAt }: StoredCandidate): boolean {
    const { constituentId } = this.#parts.attributor().attribute({ kind: 'ip', value: address }, lastSeenAt);
    return constituentId !== null;
  }

  /** A confirmed server is a finding like any other, told with the fields of the list and nothing else. */
  async #publish(tenant: string, candidate: StoredCandidate): Promise<void> {
    const finding = toFinding(tenant, candidate);
    const attribution = this.#parts.attributor().attribute(finding.asset, candidate.lastSeenAt);
    await this.#parts.findings.fold([{ finding, attribution }], randomUUID(), candidate.stateAt);
    this.#parts.announce(tenant, 'finding');
    this.#parts.announce(tenant, 'case');
  }

  async #withdraw(tenant: string, id: string): Promise<void> {
    await this.#parts.findings.retract(tenant, bucketOf(id), MODULE, new Set());
    this.#parts.announce(tenant, 'finding');
  }
}

const NO_RUN = {
  ja: '利用者の通信の記録を分析するには、「C&Cサーバーの検知」の目的での許可が必要です。画面の「目的を選んで始める」か、yagura purposes grant c2-detection --reason "理由" で記録してください。この拒否は記録されました。',
  en: 'Analysing records of communications needs leave for the purpose “Finding C&C servers”. Record it with “Choose a purpose” in the console or yagura purposes grant c2-detection --reason "why". This refusal was recorded.',
};

const bucketOf = (id: string): string => `c2:${id}`;

/** A search that names a server twice has found one server. */
function distinct<T extends { readonly candidate: C2Candidate }>(found: readonly T[]): T[] {
  return [...new Map(found.map((one) => [candidateId(one.candidate), one])).values()];
}

/** Through the gate of the list: a finding becomes a notice, and that leaves as well. */
function toFinding(tenant: string, candidate: StoredCandidate): DetectedFinding {
  const { address, port, score, method, family } = C2Entry.parse(toListEntry(candidate));
  const percent = Math.round(score * 100);
  return {
    tenant,
    kind: 'command-and-control',
    identifier: OWN_IDENTIFIER,
    asset: { kind: 'ip', value: address },
    port,
    transport: candidate.transport,
    role: 'c2',
    classification: { taxonomy: 'malicious-code', type: 'c2-server' },
    severity: 'high',
    confidence: percent,
    firstSeenAt: candidate.firstSeenAt,
    lastSeenAt: candidate.lastSeenAt,
    count: 1,
    sourcePort: null,
    because: {
      ja: `フロー情報の分析で、ポート${port}がC&Cサーバーとして使われているとみられ、2名が確認しました（100点中${percent}点）。`,
      en: `Analysis of flow information points to a command and control server on port ${port}, and two people confirmed it (${percent} of 100).`,
    },
    evidence: {
      rule: { id: MODULE, version: 1, parameters: {} },
      facts: { score, method, ...(family === undefined ? {} : { family }) },
      sensors: [],
    },
    origin: { module: MODULE },
    bucket: bucketOf(candidate.id),
  };
}
