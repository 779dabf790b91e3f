/**
 * Do infected hosts meet at this server more often than chance would bring them there?
 *
 * Of U clients I are infected; a server has n clients, k of them infected. Were the
 * infected ones like everybody else, k would follow the hypergeometric distribution. Its
 * upper tail is the chance of so many or more, exact and in logarithms, because for a
 * botnet it is far below the smallest number a double can hold. As thousands of servers
 * are compared at once, chance alone would make some of them look guilty: Benjamini and
 * Hochberg (1995) bound the share of such servers among those called significant.
 */

export interface FanIn {
  readonly clients: number; // U
  readonly infected: number; // I
  readonly serverClients: number; // n
  readonly serverInfected: number; // k
}

/** How many times as often infected hosts talk to it as all clients do: (k/I) / (n/U). */
export function liftOf({ clients, infected, serverClients, serverInfected }: FanIn): number {
  return infected === 0 || serverClients === 0 ? 0 : serverInfected / infected / (serverClients / clients);
}

/** ln P(X ≥ k) for X ~ Hypergeometric(U, I, n). */
export function logTail({ clients, infected, serverClients, serverInfected }: FanIn): number {
  const most = Math.min(serverClients, infected);
  const least = Math.max(0, serverClients + infected - clients);
  if (serverInfected <= least) return 0;
  if (serverInfected > most) return Number.NEGATIVE_INFINITY;
  const rest = clients - infected - serverClients;
  let term = 1;
  let sum = 1;
  for (let x = serverInfected; x < most; x++) {
    term *= ((infected - x) * (serverClients - x)) / ((x + 1) * (rest + x + 1));
    sum += term;
    if (term < sum * Number.EPSILON && x > (infected * serverClients) / clients) break;
  }
  return Math.min(0, logProbability(clients, infected, serverClients, serverInfected) + Math.log(sum));
}

/** ln P(X = k). */
function logProbability(clients: number, infected: number, serverClients: number, k: number): number {
  return logChoose(infected, k) + logChoose(clients - infected, serverClients - k) - logChoose(clients, serverClients);
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

const SMALL_FACTORIALS = 256;
const SMALL: readonly number[] = Array.from({ length: SMALL_FACTORIALS }, (_, n) => {
  let sum = 0;
  for (let i = 2; i <= n; i++) sum += Math.log(i);
  return sum;
});

/** ln n!; beyond a table Stirling's series, whose first dropped term is below 1e-16 there. */
export function logFactorial(n: number): number {
  const small = SMALL[n];
  if (small !== undefined) return small;
  const square = n * n;
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + (1 / 12 - (1 / 360 - 1 / (1260 * square)) / square) / n;
}

/**
 * Benjamini and Hochberg: the false discovery rate at which each would be called
 * significant, from ln p. `comparisons` counts those not listed here as well; their p is 1.
 */
export function falseDiscoveryRates(logP: ArrayLike<number>, comparisons: number): Float64Array {
  const order = Uint32Array.from({ length: logP.length }, (_, i) => i).sort((a, b) => (logP[a] ?? 0) - (logP[b] ?? 0));
  const rates = new Float64Array(logP.length);
  let least = 1;
  for (let rank = order.length; rank > 0; rank--) {
    const place = order[rank - 1] as number;
    least = Math.min(least, Math.exp((logP[place] as number) + Math.log(Math.max(comparisons, logP.length) / rank)));
    rates[place] = least;
  }
  return rates;
}
