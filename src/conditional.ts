// Gumbel-perturbed logits, given the class of the largest one, its value, or both.
//
// The largest of z_j + g_j is Gumbel(logsumexp z), its class i is categorical, and the two are independent. Given them, the
// others are Gumbels cut off at it: p_j = -ln(e^-(z_j + g_j) + e^-p_i) for j != i, g_j fresh noise.
// Source:  Maddison, Tarlow, Minka, "A* sampling", NeurIPS 2014, section 3; Kool, van Hoof, Welling, "Stochastic beams and
//          where to find them", ICML 2019, appendix B.3; Paulus, Maddison, Krause, ICLR 2021, section 3.1
//
// Logarithms of sums come from the kernels: ln(e^a + e^b) is the larger of the two less its log-softmax among them.

import { expectedBut } from "./check.ts";
import type { GumbelSoftmax } from "./gumbel-softmax.ts";
import { exp, expm1, log, log1p } from "./math.ts";
import { type Axis, rowStart } from "./shape.ts";

/** What tells where a row lies. */
type Layout = Pick<Axis, "classes" | "inner">;

/** ln(e^a + e^b) of the columns of [2, n], given their log-softmax, in place of a; one that is infinite has zeros for it. */
export function logAddExp(pairs: Float32Array, logs: Float32Array): Float32Array {
  const n = logs.length / 2;
  for (let e = 0; e < n; e++) {
    const at = pairs[e]! < pairs[n + e]! ? n + e : e;
    pairs[e] = pairs[at]! - logs[at]!;
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

/** What the perturbed logits are conditioned on, one for each row; at least one of the two. */
export interface Condition {
  /** The class of the largest, open, or -1 for a row of zeros. */
  readonly index?: Int32Array | undefined;
  /** The largest itself, finite. */
  readonly maximum?: Float32Array | undefined;
}

/**
 * Perturbed logits under the noise `g`, conditioned: exactly the largest of its row, the lowest class on a tie, is at `index`,
 * and with `maximum` exactly that large. Masked classes stay -Infinity. Given the maximum alone, the index is that of z + g, and
 * all classes follow it (Kool et al., appendix B.3): v = T - p + ln(1 - e^(p - Z)), T - max(0, v) - ln(1 + e^-|v|), T the
 * maximum given and Z the one that was.
 *
 * @param gs     an instance, for its logarithms
 * @param z      valid rows of f32 logits
 * @param axis   along which
 * @param g      Gumbel(0, 1) noise for each element, not that which the index was drawn with
 * @param given  what is known
 * @throws RangeError for an index that is out of range or masked
 */
export function conditionalNoise(
  gs: Pick<GumbelSoftmax, "logSoftmax">,
  z: Float32Array,
  axis: Axis,
  g: Float32Array,
  { index, maximum }: Condition,
): Float32Array {
  const { outer, classes, inner } = axis;
  if (index === undefined) return shifted(z, g, maximum!, axis);
  const positions = index.map((i, r) => (i < 0 ? i : rowStart(r, axis) + i * inner));
  positions.forEach((at, r) => {
    if (index[r]! >= classes || at < -1 || z[at] === -Infinity) {
      throw expectedBut(RangeError, "index", `open classes below ${classes}, or -1`, `${index[r]} in row ${r}`);
    }
  });
  const mark = { dim: 1, invalid: "mark" } as const;
  const normal = gs.logSoftmax({ data: z, shape: [outer, classes, inner] }, mark).data;
  const tops = maximum ?? Float32Array.from(positions, (at, r) => logSum(z, normal, r, axis) + g[at]!);
  const p = conditioned(z, g, tops, positions, axis, (pairs) =>
    logAddExp(pairs, gs.logSoftmax({ data: pairs, shape: [1, 2, z.length] }, mark).data),
  );
  index.forEach((i, r) => {
    settle(p, rowStart(r, axis), axis, i, tops[r]!, (at) => p[at]!);
  });
  return p;
}

//  logsumexp of a row of logits, from its largest class, whose log-softmax cancels least.
function logSum(z: Float32Array, normal: Float32Array, r: number, layout: Layout): number {
  let best = rowStart(r, layout);
  for (let c = 1, at = best + layout.inner; c < layout.classes; c++, at += layout.inner)
    if (z[at]! > z[best]!) best = at;
  return z[best]! - normal[best]!;
}

//  Given the maximum alone: that of z + g, and everything below it, moved there.
function shifted(z: Float32Array, g: Float32Array, maximum: Float32Array, layout: Layout): Float32Array {
  const p = z.map((value, at) => value + g[at]!);
  maximum.forEach((top, r) => {
    const first = rowStart(r, layout);
    let [index, largest] = [-1, -Infinity];
    for (let c = 0, at = first; c < layout.classes; c++, at += layout.inner) {
      if (p[at]! > largest) [index, largest] = [c, p[at]!];
    }
    settle(p, first, layout, index, top, (at) => {
      const v = top - p[at]! + log1mexp(p[at]! - largest);
      return top - Math.max(0, v) - log1p(exp(-Math.abs(v)));
    });
  });
  return p;
}

//  Rounds the classes of a row so that `index` alone wins: it is `top`, those below it in number stay strictly under that.
function settle(
  p: Float32Array,
  first: number,
  { classes, inner }: Layout,
  index: number,
  top: number,
  exact: (at: number) => number,
): void {
  const under = below(top);
  for (let c = 0, at = first; c < classes; c++, at += inner) {
    if (index < 0) p[at] = 0;
    else p[at] = c === index ? top : Math.min(exact(at), c < index ? under : top);
  }
}

//  The f32 number before a finite one.
function below(x: number): number {
  const bits = new Int32Array(Float32Array.of(x === 0 ? -0 : x).buffer);
  bits[0]! += x > 0 ? -1 : 1;
  return new Float32Array(bits.buffer)[0]!;
}

//  ln(1 - e^x), x <= 0.
function log1mexp(x: number): number {
  return x > -0.7 ? log(-expm1(x)) : log1p(-exp(x));
}
