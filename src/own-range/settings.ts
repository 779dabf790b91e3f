/**
 * When something becomes an alert, and when an alert is over.
 *
 * A single packet proves nothing: anybody can write any sender on it. So an alert needs a
 * few packets or several targets, and says so. Twenty-five answers within a day are the
 * least with which CAIDA's Corsaro believes in an attack.
 */
export interface OwnRangeSettings {
  /** Scanning: either is enough. */
  readonly leastPackets: number;
  readonly leastTargets: number;
  /** Backscatter. */
  readonly leastAnswers: number;
  /** Activity this far apart is the same alert; this much watched quiet ends it. */
  readonly quietMs: number;
  /** Older activity makes an alert, but no mail: nobody is woken for an old capture. */
  readonly mailMs: number;
  /** Between two mails to one constituent; what comes in between goes into the next. */
  readonly mailPauseMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const OWN_RANGE_SETTINGS: OwnRangeSettings = {
  leastPackets: 3,
  leastTargets: 2,
  leastAnswers: 25,
  quietMs: 24 * HOUR,
  mailMs: 7 * 24 * HOUR,
  mailPauseMs: 10 * MINUTE,
};
