// Gumbel noise given its outcome: the public form of src/conditional.ts.

import { checkInstance, checkOptions, expectedBut } from "../check.ts";
import { conditionalNoise } from "../conditional.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import type { StreamOptions } from "../options.ts";
import { CONDITIONAL } from "../seed.ts";
import { type Axis, axis } from "../shape.ts";
import { type Source, source, type TensorLike } from "../tensor.ts";

/** Options of `conditionalGumbel`: what is known of each row, at least one of `index` and `maximum`, and the noise. */
export interface ConditionalGumbelOptions extends StreamOptions {
  /** The class of the largest perturbed logit, in the shape of the rows; -1 gives a row of zeros. */
  index?: TensorLike | undefined;
  /** The largest perturbed logit, finite, in the shape of the rows. */
  maximum?: TensorLike | undefined;
  /** The axis that holds the classes; negative counts from the end. Default -1. */
  dim?: number | undefined;
}

/** Perturbed logits that have the outcome they were given. */
export interface ConditionalSample {
  readonly data: Float32Array;
  /** The shape of the logits. */
  readonly shape: number[];
  /** The seed that was used. */
  readonly seed: bigint;
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
  checkOptions(options, OPTIONS);
  const z = source(logits, "logits");
  const { dim = -1, index, maximum, ...noise } = options ?? {};
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
  return { data: conditionalNoise(gs, data, along, g.data, given), shape: [...z.shape], seed: g.seed };
}

function indexOf(value: TensorLike, along: Axis): Int32Array {
  const { data } = oneEach(value, "index", along);
  const wrong = data.findIndex((i) => !Number.isInteger(i) || i < -1 || i >= along.classes);
  if (wrong < 0) return new Int32Array(data);
  throw expectedBut(RangeError, "index", `integers from -1 to ${along.classes - 1}`, `${data[wrong]} in row ${wrong}`);
}

function maximumOf(value: TensorLike, along: Axis): Float32Array {
  const data = new Float32Array(oneEach(value, "maximum", along).data);
  const wrong = data.findIndex((top) => !Number.isFinite(top));
  if (wrong < 0) return data;
  throw expectedBut(RangeError, "maximum", "finite numbers", `${data[wrong]} in row ${wrong}`);
}

function oneEach(value: TensorLike, name: string, { rows }: Axis): Source {
  const found = source(value, name, undefined, Float64Array);
  if (found.data.length === rows) return found;
  throw expectedBut(RangeError, name, `${rows}, one per row`, `${found.data.length}`);
}
