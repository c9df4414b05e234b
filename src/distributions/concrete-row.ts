// The log-density of the Concrete distribution for one row, and its gradients; z are logits less their maximum, on which
// the law does not depend, y the logarithms of the value.
//
// Both come from s = softmax(score), score_k = z_k - tau*y_k over the n open classes (those with z_k > -Infinity):
// ln p(y) = ln Gamma(n) + (n-1) ln tau + sum ln s_k in log space, and less by sum y_k on the simplex.
//
// Where m open entries have y = -Infinity, they are taken to go there together, at y = -L: their scores tau*L + z_k
// leave the others behind, so that s is softmax(z) over these alone; of L there is left m - (n-m)*tau times on the
// simplex, and -(n-m)*tau times in log space.

import { type ExpSum, exp, expSum, lessLogSum, log } from "../math.ts";
import { logGamma } from "./gamma.ts";

export function concreteLogProb(z: Float64Array, y: Float64Array, tau: number, onSimplex: boolean): number {
  const { scores, total, open, zeros, outside } = scoresOf(z, y, tau);
  if (outside) return -Infinity;
  if (zeros > 0) {
    const power = (onSimplex ? zeros : 0) - (open - zeros) * tau;
    if (power !== 0) return power * Infinity;
  }
  let sum = logGamma(open) + (open - 1) * log(tau);
  for (let k = 0; k < z.length; k++) {
    if (z[k] === -Infinity) continue;
    sum += lessLogSum(scores[k]!, total);
    if (onSimplex && y[k]! > -Infinity) sum -= y[k]!;
  }
  return sum;
}

export interface RowGradient {
  readonly logits: Float64Array;
  readonly value: Float64Array;
}

export function concreteGradient(z: Float64Array, y: Float64Array, tau: number, onSimplex: boolean): RowGradient {
  const { scores, total, open, zeros, outside } = scoresOf(z, y, tau);
  const share = (k: number) => (zeros > 0 && y[k]! > -Infinity ? 0 : exp(lessLogSum(scores[k]!, total)));
  const logits = new Float64Array(z.length);
  const value = new Float64Array(z.length);
  for (let k = 0; k < z.length; k++) {
    if (z[k] === -Infinity || outside) continue;
    const s = share(k);
    logits[k] = 1 - open * s;
    value[k] = tau * (open * s - 1);
    if (!onSimplex) continue;
    let c = value[k]! - 1;
    //  By the smallest entry s is all but 1, and tau near 1/(n-1) leaves only what it lacks: the others' shares.
    if (s > 0.5 && tau < 2) {
      let others = 0;
      for (let j = 0; j < z.length; j++) if (j !== k) others += share(j);
      c = tau * (open - 1) - 1 - tau * open * others;
    }
    value[k] = perEntry(c, y[k]!);
  }
  return { logits, value };
}

/** d/dx of c ln x; at x = 0 the limit, which is taken to be -Infinity for c = 0 too. */
function perEntry(c: number, y: number): number {
  if (y === -Infinity) return c > 0 ? Infinity : -Infinity;
  return c / exp(y);
}

interface Scores {
  readonly scores: Float64Array;
  /** Sum of the exponentials of the scores that count in s. */
  readonly total: ExpSum;
  readonly open: number;
  /** Open entries with y = -Infinity. */
  readonly zeros: number;
  /** A masked class has a part in the value. */
  readonly outside: boolean;
}

function scoresOf(z: Float64Array, y: Float64Array, tau: number): Scores {
  let open = 0;
  let zeros = 0;
  let outside = false;
  for (let k = 0; k < z.length; k++) {
    if (z[k]! > -Infinity) {
      open++;
      if (y[k] === -Infinity) zeros++;
    } else if (y[k]! > -Infinity) outside = true;
  }
  //  A score beyond f64 would end in Infinity - Infinity.
  const scores = z.map((value, k) => (y[k] === -Infinity ? value : Math.min(value - tau * y[k]!, Number.MAX_VALUE)));
  const total = expSum(zeros > 0 ? scores.filter((_, k) => y[k] === -Infinity) : scores);
  return { scores, total, open, zeros, outside };
}
