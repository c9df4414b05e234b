// Options of the operations, with the text that users see in their editor.

import type { Seed, SeedList } from "../seed.ts";
import type { NumericArray } from "./tensor-like.ts";

/** Place for f32 results: an array of the right length, or one with its shape, for example a tensor of `empty`. */
export type Out =
  | Float32Array
  | { readonly data: Float32Array; readonly shape?: readonly number[]; readonly dims?: readonly number[] };

/** Place for indices. */
export type IndexOut =
  | Int32Array
  | { readonly data: Int32Array; readonly shape?: readonly number[]; readonly dims?: readonly number[] };

/** Options about the axis of the classes and about invalid rows. */
export interface AxisOptions {
  /** Axis that holds the classes; negative counts from the end. Default -1. */
  dim?: number | null | undefined;
  /**
   * Treatment of a row with NaN or Infinity, or with nothing but -Infinity. "throw" throws a RangeError that names the first such
   * row, and carries its number as `row`. "mark" gives it index -1 and a row of zeros; other rows are not affected. Default
   * "throw".
   */
  invalid?: "throw" | "mark" | null | undefined;
}

/** One temperature for all rows, or one for each (rows in C-order with `dim` removed); with `numSamples` every draw has the same. */
export type Temperature = number | readonly number[] | NumericArray;

/** Temperature, under any one of its names. */
export interface TemperatureOptions {
  /** Temperature, finite and >= 0: one for all rows, or an array with one for each. 0 is the limit: a hard sample. Default 1. */
  tau?: Temperature | null | undefined;
  /** Another name for `tau`. */
  temperature?: Temperature | null | undefined;
  /** Another name for `tau`. */
  temp?: Temperature | null | undefined;
}

/** Position in the noise, by which any slice of a call can be computed anywhere. */
export interface StreamOptions {
  /** Seed, a 64-bit unsigned integer, or the decimal string of one as JSON carries it. Default: a fresh one, `next()` of the instance's generator. The result carries it. */
  seed?: Seed | null | undefined;
  /** Number of the first row, a 64-bit unsigned integer; the next ones follow. Default 0. */
  rowOffset?: Seed | null | undefined;
  /** Number of the first class; the next ones follow, all below 2^34. Default 0. */
  classOffset?: number | null | undefined;
}

/** Options of operations with noise. */
export interface NoiseOptions extends StreamOptions {
  /**
   * Number of draws per row. Results get a leading axis of this length; gradients are summed over it. With `seed`, draw k of row r
   * has the row number rowOffset + k*rows + r, as if the logits were repeated; with `seeds`, rowOffset + k. Default: one draw and
   * no such axis.
   */
  numSamples?: number | null | undefined;
  /** Seeds, one per row, in place of `seed`: see `RowSeeds`. */
  seeds?: undefined;
  /** Factor s of the noise g in p = z + s*g, from 0 (no noise) to 1e29. Default 1. */
  noiseScale?: number | null | undefined;
}

/**
 * Options with one seed per row (rows in C-order with `dim` removed) in place of `seed`. A row's draw then does not depend on the
 * other rows; every row has the row number `rowOffset`.
 */
export type RowSeeds<Options> = Omit<Options, "seed" | "seeds"> & {
  readonly seeds: SeedList;
  readonly seed?: undefined;
};

/** Options that may have `seed` or `seeds`. */
export type Seeded<Options> = Options | RowSeeds<Options>;

/** Options about the place of the result. */
export interface OutOptions {
  /** Array or tensor for the result. It may be the input itself, except for `oneHot`. Default: a new array. */
  out?: Out | null | undefined;
}

/** Options of `softmax`, `logSoftmax` and their gradients. */
export interface SoftmaxOptions extends AxisOptions, TemperatureOptions, OutOptions {}

/** Options of `backward` of a sample. */
export interface SampleBackwardOptions extends OutOptions {
  /**
   * Whether the result has the gradient with respect to the temperature as well, one number for each row, in `tau`. Not for a
   * sample with `keep`, nor for the estimators "straight-through", "reinmax" and "gumbel-rao". Default false.
   */
  tauGradient?: boolean | null | undefined;
}

/** Options of `gumbelSoftmax`, `gumbelMax` and their gradient. */
export interface GumbelSoftmaxOptions extends SoftmaxOptions, NoiseOptions {
  /**
   * Straight-through: samples are one-hot, their gradient is that of the soft samples. Training loops should pass `keep: true` beside it:
   * `backward` then takes about 1 ns an element. Default false.
   */
  hard?: boolean | null | undefined;
  /**
   * Gradient estimator. All but "gumbel-softmax" return one-hot samples. The last three need `noiseScale` 1 and no `keep`. See
   * docs/estimators.md. Default "gumbel-softmax", or with `hard` "straight-through-gumbel".
   */
  estimator?: Estimator | null | undefined;
  /** For "straight-through": weight of the uniform distribution over the unmasked classes, from 0 to 1. Default 0. */
  unimix?: number | null | undefined;
  /** For "gumbel-rao": number of conditional samples whose gradients are averaged, from 1 to 65536. Default 10. */
  conditionalSamples?: number | null | undefined;
  /**
   * Whether the forward call keeps the soft sample for `backward`, which then takes a seventh to a third of the time: it neither
   * reads the logits nor makes the noise again. The gradient is the same. A one-hot call that keeps takes 1.3 to 1.7 times the time of one
   * that does not. `true` keeps it in an array of the result's own (a soft sample
   * in `data` itself, which has to stay unchanged); an array or a tensor keeps it there. Default false.
   */
  keep?: boolean | Out | null | undefined;
}

/** Options of `gumbelSoftmaxBackward`: those of the forward call, with the seed that it used. */
export interface GumbelSoftmaxBackwardOptions extends GumbelSoftmaxOptions, Pick<SampleBackwardOptions, "tauGradient"> {
  seed: Seed;
}

/** Gradient estimators of a categorical sample. */
export type Estimator = "gumbel-softmax" | "straight-through-gumbel" | "straight-through" | "reinmax" | "gumbel-rao";

/** Options of `argmax`. */
export interface ArgmaxOptions extends AxisOptions {
  /** Array for the indices. Default: a new one. */
  out?: IndexOut | null | undefined;
}

/** Options of `categorical`. */
export interface CategoricalOptions extends ArgmaxOptions, NoiseOptions {
  /** Whether the result has the winning perturbed logit of each row. Default false. */
  scores?: boolean | null | undefined;
}

/** Options of `gumbel`. */
export interface GumbelOptions extends StreamOptions, OutOptions {
  /** Axis whose positions are class numbers; negative counts from the end. Default -1. */
  dim?: number | null | undefined;
  /**
   * Number of the seed's stream, a 32-bit unsigned integer. All other operations use the noise of stream 0; the library uses 1 to 4
   * and 4 + 2^16 * k as well, and leaves 5 to 65535 free. Default 0.
   */
  stream?: number | null | undefined;
  /** Location, finite. Default 0. A result beyond f32 is Infinity. */
  loc?: number | null | undefined;
  /** Scale, finite and >= 0. Default 1. */
  scale?: number | null | undefined;
}

/** Options of `oneHot`. */
export interface OneHotOptions extends OutOptions {
  /** Position of the axis of classes in the result; negative counts from the end. Default -1. */
  dim?: number | null | undefined;
}
