// Results of the operations.

import type { OutOptions } from "./arguments/options.ts";
import type { TensorLike } from "./arguments/tensor-like.ts";

/** f32 values in C-order. */
export interface Values {
  readonly data: Float32Array;
  readonly shape: number[];
}

/** A result that can be differentiated. `backward` reads the logits again: leave them unchanged until then. */
export interface Differentiable extends Values {
  /**
   * Gradient with respect to the logits.
   *
   * @param cotangent gradient of the loss with respect to `data`, same shape, finite
   * @param options   `out` for the gradient
   * @throws RangeError at tau = 0, or for a cotangent that is not finite
   */
  backward(cotangent: TensorLike, options?: OutOptions): Values;
}

/** A Gumbel-Softmax sample. */
export interface Sample extends Differentiable {
  /** Sampled class of each row, rows in C-order with `dim` removed; -1 for an invalid row. */
  readonly indices: Int32Array;
  /** Seed that was used. */
  readonly seed: bigint;
}

/** A sample with a seed of its own for each row: a copy of the `seeds` that were used, in place of `seed`. */
export type RowSeeded<Result> = Omit<Result, "seed"> & {
  readonly seeds: BigUint64Array;
  readonly seed?: undefined;
};

/** One class per row; -1 for an invalid row. */
export interface Indices {
  readonly data: Int32Array;
  /** The same array as `data`. */
  readonly indices: Int32Array;
  /** Shape of the logits without `dim`; with `numSamples`, that number first. */
  readonly shape: number[];
}

/** A categorical sample. */
export interface CategoricalSample extends Indices {
  readonly seed: bigint;
  /** Winning perturbed logit of each row, with the option `scores`; -Infinity for an invalid row. */
  readonly scores?: Float32Array;
}

/** Gumbel noise. */
export interface GumbelSample extends Values {
  readonly seed: bigint;
}
