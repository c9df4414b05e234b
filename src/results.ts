// What the operations give.

import type { Arena } from "./arena.ts";
import { expectedBut } from "./check.ts";
import { Tensor } from "./empty.ts";
import type { OutOptions } from "./options.ts";
import type { NumericArray, TensorLike } from "./tensor.ts";

/** f32 values in C-order. */
export interface Values {
  readonly data: Float32Array;
  readonly shape: number[];
}

/** A result that can be differentiated. The gradient is computed from the logits as they are then: keep them unchanged. */
export interface Differentiable extends Values {
  /**
   * Gradient with respect to the logits.
   *
   * @param cotangent gradient of the loss with respect to `data`, same shape, finite
   * @param options   `out`, where the gradient goes
   * @throws RangeError at tau = 0, or for a cotangent that is not finite
   */
  backward(cotangent: TensorLike, options?: OutOptions): Values;
}

/** A Gumbel-Softmax sample. */
export interface Sample extends Differentiable {
  /** The class of each row's sample, rows in C-order with `dim` removed; -1 for an invalid row. */
  readonly indices: Int32Array;
  /** The seed that was used. */
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
  /** The shape of the logits without `dim`; with `numSamples`, that number first. */
  readonly shape: number[];
}

/** A categorical sample. */
export interface CategoricalSample extends Indices {
  readonly seed: bigint;
  /** With the option `scores`: the winning perturbed logit of each row, -Infinity for an invalid row. */
  readonly scores?: Float32Array;
}

/** Gumbel noise. */
export interface GumbelSample extends Values {
  readonly seed: bigint;
}

/** An array for `count` values; a RangeError that says how many bytes were asked for when there is no memory for it. @internal */
export function allocate<T>(Kind: (new (length: number) => T) & { BYTES_PER_ELEMENT: number }, count: number): T {
  try {
    return new Kind(count);
  } catch {
    const bytes = count * Kind.BYTES_PER_ELEMENT;
    throw expectedBut(RangeError, "memory", `room for a result of ${bytes} bytes`, "no more to be had");
  }
}

/** A copy in f32, of no kind of the user's own. @internal */
export function copied(data: NumericArray): Float32Array {
  const copy = allocate(Float32Array, data.length);
  copy.set(data);
  return copy;
}

/**
 * How to get at an array later on, given as it is or as a tensor, that lies at an address or nowhere (-1); if the tensor is
 * freed by then, that is an Error. @internal
 */
export function later<T extends NumericArray>(arena: Arena, given: unknown, data: T, at: number): () => T {
  if (at < 0) return () => data;
  return given instanceof Tensor ? () => given.data as NumericArray as T : arena.reviver(data);
}

/** A result in the module's memory, where a view ends when that grows: its own property `data` gives today's. */
class Resident {
  declare readonly data: Float32Array;
  readonly shape: number[];
  readonly #now: () => Float32Array;
  // One getter for all of them: a result with a function of its own takes an engine twice as long to make.
  static readonly #data: PropertyDescriptor & ThisType<Resident> = {
    get() {
      return this.#now();
    },
    enumerable: true,
    configurable: true,
  };

  constructor(now: () => Float32Array, shape: number[]) {
    this.#now = now;
    Object.defineProperty(this, "data", Resident.#data);
    this.shape = shape;
  }
}

/** A result whose data lie at an address of the module's memory or, with -1, not in it. @internal */
export function valuesOf(
  arena: Arena,
  given: unknown,
  data: Float32Array,
  at: number,
  shape: readonly number[],
): Writable<Values> {
  if (at < 0) return { data, shape: [...shape] };
  return new Resident(later(arena, given, data, at), [...shape]);
}

/** A result under construction. @internal */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };
