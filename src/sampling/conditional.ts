// Gumbel noise given its outcome.

import type { StreamOptions } from "../arguments/options.ts";
import { type Axis, axis, rowStart } from "../arguments/shape.ts";
import { type Source, source, type TensorLike } from "../arguments/tensor-like.ts";
import { checkInstance, expectedBut, ownOptions, rowError } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { exp, expm1, log, log1p } from "../math.ts";
import { conditioned, type Layout, logAddExp } from "../operations/perturbed-given.ts";
import { RecordResult, type ResultJson } from "../results.ts";
import { CONDITIONAL } from "../seed.ts";

/** Options of `conditionalGumbel`: what is known of each row, at least one of `index` and `maximum`, and the noise. */
export interface ConditionalGumbelOptions extends StreamOptions {
  /** Class of the largest perturbed logit, in the shape of the rows; -1 gives a row of zeros. */
  index?: TensorLike | null | undefined;
  /** Largest perturbed logit, finite, in the shape of the rows. */
  maximum?: TensorLike | null | undefined;
  /** Axis that holds the classes; negative counts from the end. Default -1. */
  dim?: number | null | undefined;
}

/** Perturbed logits that have the outcome they were given. */
export interface ConditionalSample {
  readonly data: Float32Array;
  /** Shape of the logits. */
  readonly shape: number[];
  /** Seed that was used. */
  readonly seed: bigint;
  /** The result as JSON carries it: arrays, and seeds in decimal. */
  toJSON(): ResultJson;
}

const OPTIONS: ReadonlySet<string> = new Set(["index", "maximum", "dim", "seed", "rowOffset", "classOffset"]);

/**
 * Perturbed logits p = z + g given their outcome: what they may have been when `index` won, when the largest was `maximum`, or
 * both. Without the condition, that is over all outcomes as `categorical` draws them, they are z and Gumbel(0, 1) noise again. In
 * each row exactly the largest p, the lowest class on a tie, is at `index`, and is `maximum`; masked classes stay -Infinity.
 *
 * Kool, van Hoof, Welling, "Stochastic beams and where to find them", ICML 2019, appendix B.3 (given the maximum); Paulus,
 * Maddison, Krause, "Rao-Blackwellizing the straight-through Gumbel-softmax gradient estimator", ICLR 2021, section 3.1 (given the
 * index).
 *
 * @param gs      the instance that makes the noise
 * @param logits  unnormalised log-probabilities, f32, any shape; -Infinity masks a class
 * @param options `index`, `maximum` or both; `dim` -1, `seed` fresh, `rowOffset` 0, `classOffset` 0. The noise is of stream 4, so
 *                the seed may be that of the draw
 * @throws TypeError for the wrong kind of argument and with neither condition; RangeError for a wrong value, an invalid row, an
 *         index that is out of range or masked, and a maximum that is not finite
 * @example
 * const logits = [[2, 0.5, -1]];
 * const { indices } = gs.categorical(logits, { seed: 44 }); // 1
 * const p = conditionalGumbel(gs, logits, { index: indices, maximum: [3], seed: 44 });
 * p.data; // => [1.2096, 3, -2.6682]
 */
export function conditionalGumbel(
  gs: GumbelSoftmax,
  logits: TensorLike,
  options: ConditionalGumbelOptions,
): ConditionalSample {
  checkInstance(gs);
  const own = ownOptions(options, OPTIONS);
  const { dim = -1, index, maximum, ...noise } = own;
  const z = source(logits, "logits", undefined, Float32Array, dim);
  const along = axis(z.shape, dim, "logits");
  if (index === undefined && maximum === undefined) {
    throw expectedBut(TypeError, "index", "the index, the maximum or both", "neither");
  }
  const data = new Float32Array(z.data);
  gs.argmax({ data, shape: z.shape }, { dim }); // tells of invalid rows
  const given = {
    index: index === undefined ? undefined : indexOf(index, along),
    maximum: maximum === undefined ? undefined : maximumOf(maximum, along),
  };
  const g = gs.gumbel(z.shape, { dim, ...noise, stream: CONDITIONAL });
  const p = conditionalNoise(gs, data, along, g.data, given);
  return RecordResult.of({ data: p, shape: [...z.shape], seed: g.seed });
}

function indexOf(value: TensorLike, along: Axis): Int32Array {
  const { data } = oneEach(value, "index", along);
  const wrong = data.findIndex((i) => !Number.isInteger(i) || i < -1 || i >= along.classes);
  if (wrong < 0) return new Int32Array(data);
  const wanted = `integers from -1 to ${along.classes - 1}`;
  throw rowError(RangeError, "index", wanted, `${data[wrong]} in row ${wrong}`, wrong);
}

function maximumOf(value: TensorLike, along: Axis): Float32Array {
  const data = new Float32Array(oneEach(value, "maximum", along).data);
  const wrong = data.findIndex((top) => !Number.isFinite(top));
  if (wrong < 0) return data;
  throw rowError(RangeError, "maximum", "finite numbers", `${data[wrong]} in row ${wrong}`, wrong);
}

function oneEach(value: TensorLike, name: string, { rows }: Axis): Source {
  const found = source(value, name, undefined, Float64Array);
  if (found.data.length === rows) return found;
  throw expectedBut(RangeError, name, `${rows}, one per row`, `${found.data.length}`);
}

/** The condition on the perturbed logits, one for each row; at least one of the two. */
export interface Condition {
  /** Class of the largest, open, or -1 for a row of zeros. */
  readonly index?: Int32Array | undefined;
  /** Largest itself, finite. */
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
      throw rowError(RangeError, "index", `open classes below ${classes}, or -1`, `${index[r]} in row ${r}`, r);
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
