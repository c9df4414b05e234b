// Gumbel-perturbed logits, given the class of the largest one, its value, or both.
//
// The largest of z_j + g_j is Gumbel(logsumexp z), its class i is categorical, and the two are independent. Given them, the
// others are Gumbels cut off at it: p_j = -ln(e^-(z_j + g_j) + e^-p_i) for j != i, g_j fresh noise.
// Source:  Maddison, Tarlow, Minka, "A* sampling", NeurIPS 2014, section 3; Kool, van Hoof, Welling, "Stochastic beams and
//          where to find them", ICML 2019, appendix B.3; Paulus, Maddison, Krause, ICLR 2021, section 3.1
//
// Logarithms of sums come from the kernels: ln(e^a + e^b) is the larger of the two less its log-softmax among them.

import { type Axis, rowStart } from "../arguments/shape.ts";

/** The part of an axis that tells where a row lies. */
export type Layout = Pick<Axis, "classes" | "inner">;

/** ln(e^a + e^b) of the columns of [2, n], given their log-softmax, in place of a; a pair that is infinite stays so. */
export function logAddExp(pairs: Float32Array, logs: Float32Array): Float32Array {
  const n = logs.length / 2;
  for (let e = 0; e < n; e++) {
    const at = pairs[e]! < pairs[n + e]! ? n + e : e;
    // The larger of two has a log-softmax of -ln 2 or more; kernels give zeros for a pair that is infinite, `logSoftmax` -Infinity.
    pairs[e] = logs[at] === -Infinity ? pairs[at]! : pairs[at]! - logs[at]!;
  }
  return pairs.subarray(0, n);
}

/**
 * Perturbed logits under the noise `g`, given `tops`, the largest of each row, and their `positions`, -1 for an invalid row: no
 * other is above it, but one may equal it, rounded to f32. `sum` is the logarithm of the sum of the exponentials of columns.
 */
export function conditioned(
  z: ArrayLike<number>,
  g: ArrayLike<number>,
  tops: Float32Array,
  positions: Int32Array,
  layout: Layout,
  sum: (pairs: Float32Array) => Float32Array,
): Float32Array {
  const n = z.length;
  const pairs = new Float32Array(2 * n);
  tops.forEach((top, r) => {
    for (let c = 0, at = rowStart(r, layout); c < layout.classes; c++, at += layout.inner) {
      pairs[at] = -(z[at]! + g[at]!);
      pairs[n + at] = -top;
    }
  });
  const p = sum(pairs);
  for (let e = 0; e < n; e++) p[e] = -p[e]!;
  positions.forEach((at, r) => {
    p[at] = tops[r]!;
  });
  return p;
}
