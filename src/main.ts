/**
 * The tour: what the hub is made of, in the order data flows through it.
 *
 * Files come in through collectors, become observations in the telemetry store, are judged
 * by detectors into findings, get their owner from attribution, fold into cases, and leave
 * as notices. Read this first; every line leads to one room of the house.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Hono } from 'hono';
import { type AddressTables, loadAddressTables, parseAddressTables } from './attribution/address-tables.ts';
import { createAttributor } from './attribution/attributor.ts';
import { parseConstituents } from './attribution/constituents-file.ts';
import { loadPopular } from './c2/popular.ts';
import { scoreC2 } from './c2/score.ts';
import { readIndicators, toSeeds } from './c2/seeds.ts';
import { DEFAULT_C2_SETTINGS } from './c2/settings.ts';
import { planNotices } from './cases/digest.ts';
import { deliverQueued } from './cases/outbox.ts';
import { casePolicy } from './cases/policy.ts';
import { collectors } from './collectors/index.ts';
import { toIntelmqEvent } from './collectors/shadowserver/intelmq.ts';
import { detectors } from './detectors/index.ts';
import type { Attributor, Constituent } from './domain/constituent.ts';
import type { Role } from './domain/permission.ts';
import { PURPOSES } from './domain/purposes.ts';
import type { Sensor } from './domain/question.ts';
import { type Clock, systemClock } from './engine/clock.ts';
import { type Config, readModuleSettings } from './engine/config.ts';
import { YaguraError } from './engine/errors.ts';
import { createLog, type Log } from './engine/log.ts';
import { createPipeline, type Pipeline } from './engine/pipeline.ts';
import { type Scheduler, startScheduler } from './engine/scheduler.ts';
import type { SourceConfig } from './engine/source-config.ts';
import { EdgeDoor } from './live/edge-door.ts';
import { HubSink } from './live/hub-sink.ts';
import { Judging } from './live/judging.ts';
import { type LiveInput, startLiveInput } from './live/live-input.ts';
import { loadAdvice } from './notifiers/advice.ts';
import { notifiers } from './notifiers/index.ts';
import { PacketStore } from './packets/packet-store.ts';
import { createApp } from './server/app.ts';
import { createArrivalsFeed } from './server/arrivals.ts';
import { C2Desk } from './server/c2-desk.ts';
import type { NotifyResult } from './server/contract.ts';
import { createEventBus } from './server/events.ts';
import { createOwnRange, type OwnRange } from './server/own-range.ts';
import type { ServerParts } from './server/parts.ts';
import { hashToken, isLoopback, type SessionRules } from './server/session.ts';
import { gapsOf } from './server/watching.ts';
import { createCountry } from './simulation/country.ts';
import { networkTables } from './simulation/networks.ts';
import { auditPayload } from './store/payload-audit.ts';
import { enforceRetention } from './store/retention-job.ts';
import { appendAudit } from './store/state/audit.ts';
import { readSeedFindings } from './store/state/c2-seeds.ts';
import { allConstituents, replaceConstituents } from './store/state/constituents.ts';
import { endAcceptances } from './store/state/finding-marks.ts';
import { createFindingStore } from './store/state/fold.ts';
import { createIntakeLedger } from './store/state/intakes.ts';
import { maintainState } from './store/state/maintain.ts';
import { createNoticeStore } from './store/state/notices.ts';
import { openState } from './store/state/open.ts';
import { addToken, findToken, permissionsOf } from './store/state/permissions.ts';
import { setSensor } from './store/state/sensors.ts';
import { readSetting, writeSetting } from './store/state/settings.ts';
import { createSuppressionStore } from './store/state/suppressions.ts';
import { createSurgeStore } from './store/state/surges.ts';
import { openTelemetry } from './store/telemetry/index.ts';
import { readPortProducts } from './surge/port-products.ts';
import { SurgeWatch } from './surge/watch.ts';

const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, '.cache');
const SIMULATION = 'simulation';

export interface Hub {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly app: Hono;
  readonly pipeline: Pipeline;
  /** Alerts about constituents' own addresses. */
  readonly ownRange: OwnRange;
  /** Proves to this hub that a command belongs to the owner of its data folder. */
  readonly localToken: string;
  importConstituents(constituents: readonly Constituent[]): Promise<void>;
  setSensor(sensor: Sensor): Promise<void>;
  /** Queues what is due and delivers the queue. */
  notify(actor: string): Promise<NotifyResult>;
  /** C&C servers in flow records: the jobs of the hub, and tests, ask it. */
  readonly c2: C2Desk;
  /** A new token for a role; shown once, only its hash is kept. */
  createToken(tenant: string, role: Role, name: string): Promise<string>;
  /** Opens the sources: ports, growing files, folders. */
  startLive(sources: readonly SourceConfig[]): Promise<LiveInput>;
  /** Work in the background: retries of notices that could not be delivered. */
  startJobs(): Scheduler;
  close(): Promise<void>;
}

export interface HubOptions {
  /** Built console to serve; commands need none. */
  readonly consoleFolder?: string;
  /** Marks a fresh data folder as simulated, for good: simulated and real data never mix. */
  readonly simulationSeed?: number;
  readonly clock?: Clock;
}

export async function openHub(config: Config, options: HubOptions = {}): Promise<Hub> {
  const clock = options.clock ?? systemClock;
  const log = createLog(config.log.level);
  const { tenant } = config;
  await mkdir(config.data, { recursive: true, mode: 0o700 });

  // The two stores.
  const state = await openState({ path: join(config.data, 'state'), url: config.state.url, templateDirectory: CACHE, log });
  const { db } = state;
  const telemetry = await openTelemetry({
    ...(config.telemetry.url === undefined ? { path: join(config.data, 'telemetry') } : { url: config.telemetry.url }),
    spoolDirectory: join(config.data, 'spool'),
    memoryBytes: config.telemetry.memoryMegabytes * 2 ** 20,
    retention: {
      keepDays: config.telemetry.keepDays,
      mostBytes: config.telemetry.diskGigabytes === undefined ? null : config.telemetry.diskGigabytes * 1e9,
    },
    log,
  }).catch(async (error: unknown) => {
    await state.close();
    throw error;
  });
  if (options.simulationSeed !== undefined) await markSimulated(options.simulationSeed);

  // Whose it is: address tables and whom we serve.
  const simulated = await simulation();
  const tables =
    simulated === null ? loadAddressTables(CACHE) : simulatedTables(simulated.seed, new Date(clock.now()).toISOString().slice(0, 10));
  let attributor: Attributor = createAttributor(tables, await allConstituents(db, tenant));

  // The way in: collectors, detectors, findings, cases.
  const events = createEventBus(() => clock.now());
  const arrivals = createArrivalsFeed({
    now: () => clock.now(),
    lastStoredAt: async (who) => (await telemetry.dataRange(who)).lastAt,
    read: (period) => telemetry.arrivals(period),
  });
  const packets = new PacketStore({
    folder: join(config.data, 'packets'),
    tenant,
    config: config.packets,
    clock,
    log,
    alarm: (detail, text) => createIntakeLedger(db).alarm(tenant, null, clock.now(), 'packets-stopped', detail, text),
  });
  await auditPayload({ db, tenant, clock }, config.packets);
  const rulesInForce = detectors.map((module) => ({ module, settings: readModuleSettings(module, 'detectors', config) }));
  const surges = {
    watch: new SurgeWatch({
      telemetry: telemetry.surges,
      store: createSurgeStore(db),
      gaps: (who, sensor, period) => gapsOf({ db, telemetry, clock }, { tenant: who, sensor, ...period }),
      announce: (who) => events.announce(who, 'surge', null),
      log,
    }),
    store: createSurgeStore(db),
    portProducts: readPortProducts(join(ROOT, 'catalogue', 'port-products.yaml')),
  };
  const pipeline = createPipeline({
    telemetry,
    findings: packets.watching(createFindingStore(db, casePolicy)),
    suppressions: createSuppressionStore(db),
    ledger: createIntakeLedger(db),
    attributor: () => attributor,
    collectors: collectors.map((module) => ({ module, settings: readModuleSettings(module, 'collectors', config) })),
    detectors: rulesInForce,
    clock,
    log,
    announce: (kind, id) => events.announce(tenant, kind, id),
    observe(who, batches) {
      arrivals.observe(who, batches);
      ownRange.watch.observe(who, batches);
    },
    beforeDone: (who) => (who === tenant ? ownRange.watch.look() : Promise.resolve()),
    keepPackets: (file) => packets.keepFile(file),
    judged: (who) => surges.watch.note(who),
  });

  // What comes in by itself: ports and captures of this machine, batches of edge collectors.
  const liveFolder = join(config.data, 'live');
  await mkdir(liveFolder, { recursive: true, mode: 0o700 });
  const judging = new Judging({
    async judge(who, sensor, days) {
      // What was accepted before must be there to be judged.
      await telemetry.settled();
      await pipeline.judge(who, sensor, days, `live:${randomUUID()}`);
    },
    file: join(liveFolder, 'unjudged.json'),
    log,
  });
  const liveSink = new HubSink({
    pipeline,
    ledger: createIntakeLedger(db),
    judging,
    announce: (kind, id) => events.announce(tenant, kind, id),
    asideFolder: join(liveFolder, 'refused'),
    clock,
    log,
  });
  const edgeDoor = new EdgeDoor({
    sink: liveSink,
    readLast: (who, key) => readSetting<number>(db, who, key),
    writeLast: (who, key, sequence) => writeSetting(db, who, key, sequence),
  });
  const createToken: ServerParts['createToken'] = async (who, role, name, actor) => {
    const token = randomBytes(24).toString('base64url');
    const id = randomUUID();
    await addToken(db, who, { id, hash: hashToken(token), role, name, createdAt: clock.now(), expiresAt: null });
    await appendAudit(db, who, { at: clock.now(), actor, action: 'token-created', subject: `${role} ${name}` });
    return { id, role, name, token };
  };

  // The way out: notices, by the channels that are configured.
  const outbox = join(config.data, 'outbox');
  const channels = notifiers.map((module) => ({ module, settings: readModuleSettings(module, 'notifiers', config) }));
  const render = { sender: config.sender, advice: loadAdvice(join(ROOT, 'catalogue', 'advice')) };
  const noticeStore = createNoticeStore(db, planNotices, state.isEmbedded);
  const closing = new AbortController();
  const deliver = (): ReturnType<typeof deliverQueued> =>
    deliverQueued({ store: noticeStore, notifiers: channels, context: { ...render, log, signal: closing.signal, outbox }, clock, tenant });
  const notify: ServerParts['notify'] = async (who, actor, only) => {
    const isSimulation = (await simulation()) !== null;
    const queued = await noticeStore.decide(who, {
      at: clock.now(),
      actor,
      isSimulation,
      channels: channels.map(({ module }) => module),
      only,
    });
    const result = await deliver();
    events.announce(who, 'notice', null);
    events.announce(who, 'case', null);
    return { ...result, queued };
  };

  // Hosts of registered ranges that show up at the telescopes.
  const mail = channels.find(({ module }) => module.id === 'mail');
  const ownRange = createOwnRange({
    db,
    telemetry,
    tenant,
    attributor: () => attributor,
    reaches: (constituent) => mail?.module.reaches(constituent) ?? false,
    isSimulation: async () => (await simulation()) !== null,
    deliver,
    announce: (kind) => events.announce(tenant, kind, null),
    clock,
    log,
  });
  await ownRange.watch.refresh();

  const importConstituents: ServerParts['importConstituents'] = async (who, constituents, actor) => {
    await replaceConstituents(db, who, constituents);
    await appendAudit(db, who, { at: clock.now(), actor, action: 'constituents-imported', subject: String(constituents.length) });
    attributor = createAttributor(tables, await allConstituents(db, tenant));
    await ownRange.watch.lookAgain();
  };

  // Records of communications: looked at for a purpose, searched for servers only.
  const purposes = PURPOSES.map((purpose) => ({ ...purpose, ...config.purposes[purpose.id] }));
  const popular = [...loadPopular(), ...(config.c2.popular === undefined ? [] : loadPopular(pathToFileURL(`${config.c2.popular}/`)))];
  const c2 = new C2Desk({
    db,
    clock,
    log,
    purposes,
    findings: createFindingStore(db, casePolicy),
    attributor: () => attributor,
    async search(scope) {
      const indicators = config.c2.indicators === undefined ? [] : await readIndicators(config.c2.indicators);
      const seeds = toSeeds(await readSeedFindings(db, scope.tenant, scope.from, scope.to), indicators);
      const candidates = await scoreC2({ ...scope, seeds, allow: popular, settings: DEFAULT_C2_SETTINGS }, telemetry.c2);
      const addresses = candidates.map(({ address }) => address);
      const infected = new Set(seeds.hosts.map(({ address }) => address));
      const ordinary = addresses.length === 0 ? new Set<string>() : await telemetry.c2.ordinaryClients(scope, addresses);
      const clients = new Set(addresses.filter((address) => infected.has(address) || ordinary.has(address)));
      return { candidates, seeds: seeds.hosts.length + seeds.servers.length, clients };
    },
    announce: (who, kind) => events.announce(who, kind, null),
  });

  // The door.
  const localToken = randomBytes(24).toString('base64url');
  const rules: SessionRules = {
    tenant,
    ownerToken: localToken,
    accessToken: config.server.accessToken,
    trustsThisMachine: isLoopback(config.server.address),
    findToken: (hash) => findToken(db, hash, clock.now()),
    permissionsOf: (role) => permissionsOf(db, role),
  };
  const parts: ServerParts = {
    version: await readVersion(),
    db,
    telemetry,
    pipeline,
    attributor: () => attributor,
    networkName: (asn) => tables.asName(asn),
    detectors: rulesInForce,
    notifiers: channels,
    render,
    events,
    arrivals,
    clock,
    log,
    sender: config.sender.name,
    marking: config.marking,
    purposes,
    c2,
    incoming: join(config.data, 'incoming'),
    simulation,
    edgeDoor,
    ownRange,
    packets,
    surges,
    createToken,
    importConstituents,
    parseConstituents,
    notify,
    toIntelmqEvent,
  };

  return {
    config,
    clock,
    log,
    app: createApp({ parts, rules, consoleFolder: options.consoleFolder }),
    pipeline,
    ownRange,
    localToken,
    c2,
    importConstituents: (constituents) => importConstituents(tenant, constituents, 'system'),
    setSensor: (sensor) => setSensor(db, tenant, sensor),
    notify: (actor) => notify(tenant, actor),
    createToken: async (who, role, name) => (await createToken(who, role, name, 'system')).token,
    startLive: (sources) =>
      startLiveInput({
        tenant,
        sources,
        collectors: collectors.map((module) => ({ module, settings: readModuleSettings(module, 'collectors', config) })),
        catalogue: import.meta.resolve('./collectors/index.ts'),
        sink: liveSink.for(tenant),
        keeping: (sensor, source) => packets.forLive(sensor, source),
        folder: liveFolder,
        now: () => clock.now(),
        log,
        takeFile: async (path, collector, sensor) => void (await pipeline.ingest({ path, as: collector, sensor, tenant })),
      }),
    startJobs() {
      judging.start();
      return startScheduler(
        [
          { name: 'outbox', everySeconds: 60, isDueAtStart: true, run: async () => void (await deliver()) },
          {
            name: 'acceptances',
            everySeconds: 600,
            isDueAtStart: true,
            run: async () => void (await endAcceptances(db, tenant, clock.now())),
          },
          { name: 'state-maintenance', everySeconds: 86_400, run: () => maintainState(state) },
          {
            name: 'retention',
            everySeconds: 3600,
            isDueAtStart: true,
            run: () => enforceRetention({ telemetry, packets, db, tenant, clock, log }),
          },
          { name: 'surges', everySeconds: 60, isDueAtStart: true, run: () => Promise.resolve(surges.watch.note(tenant)) },
          { name: 'packets-of-findings', everySeconds: 60, run: () => packets.sweep() },
          { name: 'c2-daily', everySeconds: 3600, run: async () => void (await c2.runDaily(tenant)) },
          { name: 'c2-retention', everySeconds: 3600, isDueAtStart: true, run: () => c2.keepHouse(tenant) },
          ...ownRange.jobs(),
        ],
        log,
      );
    },
    async close() {
      closing.abort();
      await judging.stop();
      await surges.watch.close();
      await liveSink.close();
      await ownRange.watch.settled();
      await packets.sweep();
      await telemetry.close();
      await state.close();
    },
  };

  function simulation(): Promise<{ readonly seed: number } | null> {
    return readSetting<{ seed: number }>(db, tenant, SIMULATION);
  }

  async function markSimulated(seed: number): Promise<void> {
    if ((await simulation()) !== null) return;
    const { firstAt, flows } = await telemetry.dataRange(tenant);
    if (firstAt !== null || flows !== null)
      throw new YaguraError('conflict', 'this data folder holds real data; give the demo another with --data', { file: config.data });
    await writeSetting(db, tenant, SIMULATION, { seed });
  }
}

/** Simulated addresses are never routed: the simulation brings the tables that know them. */
function simulatedTables(seed: number, day: string): AddressTables {
  return parseAddressTables(networkTables(createCountry({ seed, scale: 'small' })), day);
}

async function readVersion(): Promise<string> {
  return (JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}
