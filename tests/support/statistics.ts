// Tail probabilities for the statistical tests. Each test compares one with FAILURE: the chance that it goes red for a library
// that is right and a seed picked blindly. The seeds are fixed, so a green test stays green.

export const FAILURE = 1e-7;

/** P(X > x) for X chi-square with k degrees of freedom. */
export function chiSquareTail(x: number, k: number): number {
  return upperGamma(k / 2, x / 2);
}

/** P(|Z| > z) for Z standard normal. */
export function normalTails(z: number): number {
  return upperGamma(0.5, (z * z) / 2);
}

/** P(D > distance) for the Kolmogorov-Smirnov distance of n draws, in the limit of large n. */
export function kolmogorovTail(distance: number, n: number): number {
  const x = distance * Math.sqrt(n);
  let tail = 0;
  for (let j = 1; j <= 100; j++) tail += (j % 2 === 1 ? 2 : -2) * Math.exp(-2 * j * j * x * x);
  return x < 0.2 ? 1 : tail;
}

/** The largest distance between the empirical distribution of the draws and a cdf. */
export function kolmogorovDistance(draws: Float32Array, cdf: (x: number) => number): number {
  const sorted = draws.slice().sort();
  let distance = 0;
  for (const [i, value] of sorted.entries()) {
    const exact = cdf(value);
    distance = Math.max(distance, exact - i / sorted.length, (i + 1) / sorted.length - exact);
  }
  return distance;
}

/** The chi-square tail of counts against probabilities; classes expected fewer than ten times are pooled into one. */
export function countsTail(counts: ArrayLike<number>, probabilities: ArrayLike<number>): number {
  const total = Array.from(counts).reduce((a, b) => a + b, 0);
  const bins: { count: number; expected: number }[] = [];
  const rare = { count: 0, expected: 0 };
  for (let k = 0; k < counts.length; k++) {
    const expected = total * probabilities[k]!;
    if (expected >= 10) bins.push({ count: counts[k]!, expected });
    else {
      rare.count += counts[k]!;
      rare.expected += expected;
    }
  }
  if (rare.expected >= 10) bins.push(rare);
  const statistic = bins.reduce((sum, { count, expected }) => sum + (count - expected) ** 2 / expected, 0);
  return chiSquareTail(statistic, bins.length - 1);
}

/** Q(a, x), the regularised upper incomplete gamma function: by series below a + 1, by continued fraction (Lentz) above. */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let [term, sum] = [1 / a, 1 / a];
    for (let n = 1; term > sum * 1e-16; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return 1 - front * sum;
  }
  let b = x + 1 - a;
  let c = Infinity;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 10_000; n++) {
    const step = -n * (n - a);
    b += 2;
    d = 1 / (step * d + b);
    c = b + step / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return front * fraction;
}

/** ln Gamma(x), x > 0: Stirling's series, after raising x to where four terms are enough. */
function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  for (; y < 12; y++) shift += Math.log(y);
  const series = 1 / (12 * y) - 1 / (360 * y ** 3) + 1 / (1260 * y ** 5) - 1 / (1680 * y ** 7);
  return (y - 0.5) * Math.log(y) - y + Math.log(2 * Math.PI) / 2 + series - shift;
}
