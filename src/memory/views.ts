// Results, and the arrays of the module's memory behind them, which a growth of it makes anew.

import type { NumericArray } from "../arguments/tensor-like.ts";
import { expectedBut } from "../check.ts";
import type { Values } from "../results.ts";
import type { Arena } from "./arena.ts";
import { Tensor } from "./tensor.ts";

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
