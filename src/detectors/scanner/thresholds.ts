/**
 * What a telescope of a given size can see of a scan of the whole IPv4 Internet.
 *
 * Thresholds made for a large telescope are blind on a small one: a scanner that sends ten
 * packets a second to all of IPv4 shows itself in a /24 once in 19 days. These are the
 * figures to choose thresholds by, and to say beside a result what it cannot show. They
 * assume probes spread evenly and independently over all addresses.
 */
const IPV4_ADDRESSES = 2 ** 32;

/** Packets per second that reach `addresses` of a scan that sends `packetsPerSecond` to all of IPv4. */
export function hitRate(addresses: number, packetsPerSecond: number): number {
  return (packetsPerSecond * addresses) / IPV4_ADDRESSES;
}

/** The other way round: the Internet-wide rate behind what was seen. */
export function internetWideRate(addresses: number, packetsPerSecond: number): number {
  return (packetsPerSecond * IPV4_ADDRESSES) / addresses;
}

/** Seconds of silence after which a scan may be called over: an ongoing one is cut with probability `epsilon` per gap. */
export function timeoutFor(hitsPerSecond: number, epsilon: number): number {
  return Math.log(1 / epsilon) / hitsPerSecond;
}

/** Probability that a scan of a share `coverage` of all addresses touches at least `hits` of ours. */
export function detectionProbability(addresses: number, coverage: number, hits: number): number {
  if (hits <= 0) return 1;
  if (hits > addresses || coverage <= 0) return 0;
  if (coverage >= 1) return 1;
  // The terms C(n,i) c^i (1-c)^(n-i), each from the one before, as logarithms: the first is too small for a number.
  let logTerm = addresses * Math.log1p(-coverage);
  let missed = Math.exp(logTerm);
  for (let i = 1; i < hits; i++) {
    logTerm += Math.log((addresses - i + 1) / i) + Math.log(coverage / (1 - coverage));
    missed += Math.exp(logTerm);
  }
  return Math.max(0, 1 - missed);
}

/** The slowest Internet-wide scan, packets per second, that shows at least `hits` packets within `seconds` with the given probability. */
export function slowestScanVisible(addresses: number, seconds: number, hits: number, probability: number): number {
  return internetWideRate(addresses, meanFor(hits, probability) / seconds);
}

/** Asked for every finding with the same few settings. */
const MEANS = new Map<string, number>();

/** The Poisson mean at which at least `hits` come up with the given probability. */
function meanFor(hits: number, probability: number): number {
  const key = `${hits}/${probability}`;
  const known = MEANS.get(key);
  if (known !== undefined) return known;
  const mean = findMean(hits, probability);
  MEANS.set(key, mean);
  return mean;
}

/** By halving. */
function findMean(hits: number, probability: number): number {
  let low = 0;
  let high = 1;
  while (atLeast(hits, high) < probability) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (atLeast(hits, middle) < probability) low = middle;
    else high = middle;
  }
  return high;
}

function atLeast(hits: number, mean: number): number {
  let logTerm = -mean;
  let fewer = Math.exp(logTerm);
  for (let i = 1; i < hits; i++) {
    logTerm += Math.log(mean / i);
    fewer += Math.exp(logTerm);
  }
  return 1 - fewer;
}

const SHORTEST_TIMEOUT_SECONDS = 600; // below, the minutes of stored cells begin to matter
const LONGEST_TIMEOUT_SECONDS = 6 * 3600; // a day is judged at a time

/**
 * The silence after which a scan is over at a sensor of this size: an ongoing scan of
 * `timeoutRate` is cut with `cutProbability` per pause, within what judging by days allows.
 * A sensor of unknown size is taken for a small one.
 */
export function eventTimeout(addresses: number | null, timeoutRate: number, cutProbability: number): number {
  if (addresses === null || addresses <= 0) return LONGEST_TIMEOUT_SECONDS;
  const seconds = timeoutFor(hitRate(addresses, timeoutRate), cutProbability);
  return Math.round(Math.min(LONGEST_TIMEOUT_SECONDS, Math.max(SHORTEST_TIMEOUT_SECONDS, seconds)));
}

/** What a sensor of this size can and cannot see, for people. */
export interface ScanLimits {
  readonly addresses: number;
  /** Silence that ends an event. */
  readonly timeoutSeconds: number;
  /** The slowest scan that a day shows with the given probability, packets per second on the whole Internet. */
  readonly slowestPacketsPerSecond: number;
  readonly probability: number;
  readonly minPackets: number;
  readonly minTargets: number;
  /** How much of IPv4 one pass must cover to be seen with that probability. */
  readonly leastCoverage: number;
}

const DAY_SECONDS = 86_400;

export function scanLimits(
  addresses: number,
  settings: {
    readonly minPackets: number;
    readonly minTargets: number;
    readonly timeoutRate: number;
    readonly cutProbability: number;
    readonly probability: number;
  },
): ScanLimits {
  const { minPackets, minTargets, probability } = settings;
  return {
    addresses,
    timeoutSeconds: eventTimeout(addresses, settings.timeoutRate, settings.cutProbability),
    slowestPacketsPerSecond: slowestScanVisible(addresses, DAY_SECONDS, minPackets, probability),
    probability,
    minPackets,
    minTargets,
    leastCoverage: coverageFor(addresses, minTargets, probability),
  };
}

/** By halving; 1 where even a full pass shows too few addresses. */
function coverageFor(addresses: number, hits: number, probability: number): number {
  if (hits > addresses) return 1;
  let [low, high] = [0, 1];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (detectionProbability(addresses, middle, hits) < probability) low = middle;
    else high = middle;
  }
  return high;
}
