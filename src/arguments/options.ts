// The options of the operations.

import type { Seed } from "../seed.ts";

/** Where f32 results go: an array of the right length, or one with its shape, for example a tensor of `empty`. */
export type Out =
  | Float32Array
  | { readonly data: Float32Array; readonly shape?: readonly number[]; readonly dims?: readonly number[] };

/** Where indices go. */
export type IndexOut =
  | Int32Array
  | { readonly data: Int32Array; readonly shape?: readonly number[]; readonly dims?: readonly number[] };

/** Along which axis, and what becomes of rows that have no answer. */
export interface AxisOptions {
  /** The axis that holds the classes; negative counts from the end. Default -1. */
  dim?: number | undefined;
  /**
   * A row with NaN or Infinity, or of nothing but -Infinity: "throw" is a RangeError that names the first one, "mark" gives
   * index -1 and a row of zeros and leaves the other rows as they are. Default "throw".
   */
  invalid?: "throw" | "mark" | undefined;
}

/** The temperature, under any one of its names. */
export interface TemperatureOptions {
  /** Temperature, finite and >= 0; 0 is the limit, a hard sample. Default 1. */
  tau?: number | undefined;
  /** The same as `tau`. */
  temperature?: number | undefined;
  /** The same as `tau`. */
  temp?: number | undefined;
}

/** Which part of the noise stream is used, so that any slice can be computed anywhere. */
export interface StreamOptions {
  /** 64-bit unsigned integer. Default: `next()` of the instance's generator; the result carries it. */
  seed?: Seed | undefined;
  /** Added to the number of every row, 64-bit unsigned. Default 0. */
  rowOffset?: Seed | undefined;
  /** Added to the number of every class; class numbers stay below 2^34. Default 0. */
  classOffset?: number | undefined;
}

export interface NoiseOptions extends StreamOptions {
  /**
   * So many draws of every row in one call: the result has a leading axis of that length, and a gradient is the sum over it.
   * With `seed` it is as if the logits stood there so many times, draw k of row r with the row number rowOffset + k*rows + r;
   * with `seeds` draw k has the number rowOffset + k. Default: one draw, without the axis.
   */
  numSamples?: number | undefined;
  /** See `RowSeeds`. */
  seeds?: undefined;
  /** Factor s of the noise in p = z + s*g, from 0 (no noise) to 1e29. Default 1. */
  noiseScale?: number | undefined;
}

/**
 * Options with a seed of its own for each row (in C-order with `dim` removed), in place of `seed`: what a row draws does then
 * not depend on the others. Every row has the number `rowOffset`.
 */
export type RowSeeds<Options> = Omit<Options, "seed" | "seeds"> & {
  readonly seeds: BigUint64Array;
  readonly seed?: undefined;
};

export interface OutOptions {
  /** Where the result goes. Default: a new array. May be the input itself, except for `oneHot`. */
  out?: Out | undefined;
}

/** Options of `softmax`, `logSoftmax` and their gradients. */
export interface SoftmaxOptions extends AxisOptions, TemperatureOptions, OutOptions {}

/** Options of `gumbelSoftmax`, `gumbelMax` and their gradient. */
export interface GumbelSoftmaxOptions extends SoftmaxOptions, NoiseOptions {
  /** One-hot samples forward, the gradient of soft ones backward: "straight-through-gumbel". Default false. */
  hard?: boolean | undefined;
  /**
   * What stands for the gradient of a categorical sample; all but the first give it one-hot. With the last three `noiseScale` is
   * 1 and nothing is kept. See docs/estimators.md. Default "gumbel-softmax", or with `hard` "straight-through-gumbel".
   */
  estimator?: Estimator | undefined;
  /** For "straight-through": the share of the uniform distribution over the open classes, from 0 to 1. Default 0. */
  unimix?: number | undefined;
  /** For "gumbel-rao": conditional samples to take the mean of, from 1 to 65536. Default 10. */
  conditionalSamples?: number | undefined;
  /**
   * Form the soft sample in the forward call, hard or not, and keep it for `backward`, which then neither reads the logits nor
   * makes the noise again: the same gradient in about a third of the time. `true`: in an array of the result's own (of soft
   * samples, `data` itself: leave it unchanged); an array or tensor: there. Default false.
   */
  keep?: boolean | Out | undefined;
}

/** Options of `gumbelSoftmaxBackward`: those of the forward call, with the seed that it used. */
export interface GumbelSoftmaxBackwardOptions extends GumbelSoftmaxOptions {
  seed: Seed;
}

/** The ways to a gradient of a categorical sample. */
export type Estimator = "gumbel-softmax" | "straight-through-gumbel" | "straight-through" | "reinmax" | "gumbel-rao";

/** Options of `argmax`. */
export interface ArgmaxOptions extends AxisOptions {
  /** Where the indices go. Default: a new array. */
  out?: IndexOut | undefined;
}

/** Options of `categorical`. */
export interface CategoricalOptions extends ArgmaxOptions, NoiseOptions {
  /** Give the winning perturbed logit of each row too. Default false. */
  scores?: boolean | undefined;
}

/** Options of `gumbel`. */
export interface GumbelOptions extends StreamOptions, OutOptions {
  /** The axis whose positions are class numbers; negative counts from the end. Default -1. */
  dim?: number | undefined;
  /**
   * Which of the seed's streams, a 32-bit unsigned integer; 0 is the noise of every other operation. Others that the library
   * uses are 1 to 4 and 4 + 2^16 * k; 5 to 65535 are free. Default 0.
   */
  stream?: number | undefined;
  /** Location, finite. Default 0. A result beyond f32 is Infinity. */
  loc?: number | undefined;
  /** Scale, finite and >= 0. Default 1. */
  scale?: number | undefined;
}

/** Options of `oneHot`. */
export interface OneHotOptions extends OutOptions {
  /** Where the axis of classes stands in the result; negative counts from the end. Default -1. */
  dim?: number | undefined;
}
