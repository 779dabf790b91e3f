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

/** The Poisson mean at which at least `hits` come up with the given probability, by halving. */
function meanFor(hits: number, probability: number): number {
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
