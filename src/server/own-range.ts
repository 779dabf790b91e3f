/**
 * Own-range alerts put together: the watch over what comes in, the mails, the weekly receipt.
 *
 * The judgement is pure and lives in src/own-range, the rows in store/state; here is only
 * who is asked for what and how often.
 */
import { drawCheckCode } from '../cases/digest.ts';
import type { Attributor, Constituent } from '../domain/constituent.ts';
import { type Interval, unwatched } from '../domain/watching.ts';
import type { Clock } from '../engine/clock.ts';
import type { Log } from '../engine/log.ts';
import type { Job } from '../engine/scheduler.ts';
import { placeShares } from '../own-range/place.ts';
import { rangesAt } from '../own-range/ranges.ts';
import { OWN_RANGE_SETTINGS as SETTINGS } from '../own-range/settings.ts';
import { OwnRangeWatch } from '../own-range/watch.ts';
import { isOver, lastWeek } from '../own-range/week.ts';
import { allConstituents } from '../store/state/constituents.ts';
import type { StateDatabase } from '../store/state/open.ts';
import { endAlerts, quietAlerts, switchedOff } from '../store/state/own-range-alerts.ts';
import { type MailRequest, queueAlertMails, queueReceipts } from '../store/state/own-range-notices.ts';
import { applyShares } from '../store/state/own-range-shares.ts';
import { listSensors } from '../store/state/sensors.ts';
import { readSetting, writeSetting } from '../store/state/settings.ts';
import type { TelemetryStore } from '../store/telemetry/index.ts';
import { gapsOf, watchedSensors } from './watching.ts';

const MARK = 'own-range-looked-until';
const SINCE = 'own-range-since';
const LOOK_SECONDS = 10;

export interface OwnRangeParts {
  readonly db: StateDatabase;
  readonly telemetry: TelemetryStore;
  readonly tenant: string;
  readonly attributor: () => Attributor;
  /** Whether the mail channel reaches a constituent. */
  readonly reaches: (constituent: Constituent) => boolean;
  readonly isSimulation: () => Promise<boolean>;
  /** Delivers what waits in the outbox. */
  readonly deliver: () => Promise<unknown>;
  readonly announce: (kind: 'alert' | 'notice') => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OwnRange {
  readonly watch: OwnRangeWatch;
  /** Looks, then queues and delivers mails; what the job does every few seconds. */
  tell(): Promise<void>;
  /** Ends alerts that have been quiet while the sensors watched. */
  endQuiet(): Promise<void>;
  /** The receipts of the last whole week, once. */
  report(): Promise<void>;
  jobs(): Job[];
}

export function createOwnRange(parts: OwnRangeParts): OwnRange {
  const { db, tenant, telemetry, clock } = parts;
  const watch = new OwnRangeWatch({
    tenant,
    async readHours(question) {
      await telemetry.settled();
      return telemetry.hostHours(question);
    },
    attributor: parts.attributor,
    constituents: () => allConstituents(db, tenant),
    switchedOff: () => switchedOff(db, tenant),
    ownSensors: async () =>
      new Map((await listSensors(db, tenant)).flatMap(({ id, constituentId }) => (constituentId ? [[id, constituentId]] : []))),
    apply: (shares) => applyShares(db, tenant, shares, clock.now(), (kind, own, alerts) => placeShares(kind, own, alerts, SETTINGS)),
    announce: () => parts.announce('alert'),
    now: () => clock.now(),
    readMark: () => readSetting<number>(db, tenant, MARK),
    writeMark: (at) => writeSetting(db, tenant, MARK, at),
    log: parts.log,
  });
  const mailRequest = async (): Promise<MailRequest> => {
    const at = clock.now();
    return {
      at,
      isSimulation: await parts.isSimulation(),
      thresholds: SETTINGS,
      drawCheckCode,
      reaches: parts.reaches,
      rangesOf: (constituent) => rangesAt(constituent, at),
    };
  };
  const deliverQueued = async (queued: number): Promise<void> => {
    if (queued === 0) return;
    parts.announce('notice');
    await parts.deliver();
    parts.announce('notice');
  };
  const tell = async (): Promise<void> => {
    await watch.look();
    const { mailMs, mailPauseMs } = SETTINGS;
    await deliverQueued(await queueAlertMails(db, tenant, { ...(await mailRequest()), mailMs, mailPauseMs }));
  };
  const endQuiet = async (): Promise<void> => {
    const now = clock.now();
    const quiet = await quietAlerts(db, tenant, now - SETTINGS.quietMs);
    const over: number[] = [];
    for (const [sensors, alerts] of Map.groupBy(quiet, (one) => one.sensors.join('\u001f'))) {
      const from = Math.min(...alerts.map(({ lastSeenAt }) => lastSeenAt));
      const gaps = await gapsOfAny(parts, sensors.split('\u001f'), { from, to: now });
      over.push(...alerts.filter((one) => isOver(one.lastSeenAt, now, gaps, SETTINGS.quietMs)).map(({ number }) => number));
    }
    await endAlerts(db, tenant, over, now);
    if (over.length > 0) parts.announce('alert');
  };
  const report = async (): Promise<void> => {
    const week = lastWeek(clock.now(), await watchedSince(parts));
    if (!week) return;
    const sensors = (await watchedSensors(parts, tenant, week)).filter(({ firstAt }) => firstAt !== null && firstAt < week.to);
    const times = { sensors: sensors.length, unwatched: unwatched(sensors, week) };
    await deliverQueued(await queueReceipts(db, tenant, { ...week, ...times }, await mailRequest()));
  };
  return {
    watch,
    tell,
    endQuiet,
    report,
    jobs() {
      let isCaughtUp = false;
      const look = async (): Promise<void> => {
        if (!isCaughtUp) await watch.catchUp();
        isCaughtUp = true;
        await tell();
      };
      return [
        { name: 'own-range-alerts', everySeconds: LOOK_SECONDS, isDueAtStart: true, run: look },
        { name: 'own-range-quiet', everySeconds: 300, run: endQuiet },
        { name: 'own-range-receipts', everySeconds: 3600, isDueAtStart: true, run: report },
      ];
    },
  };
}

/** Times in which one of these sensors did not watch. */
async function gapsOfAny(parts: OwnRangeParts, sensors: readonly string[], period: Interval): Promise<Interval[]> {
  const each = await Promise.all(sensors.map((sensor) => gapsOf(parts, { tenant: parts.tenant, sensor, ...period })));
  return each.flat();
}

/** Since when this hub watches own ranges: of weeks before, nothing can be said. */
async function watchedSince({ db, tenant, clock }: OwnRangeParts): Promise<number> {
  const known = await readSetting<number>(db, tenant, SINCE);
  if (known !== null) return known;
  await writeSetting(db, tenant, SINCE, clock.now());
  return clock.now();
}
