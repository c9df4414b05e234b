// Results, and the arrays behind them. A view of the module's memory ends when that grows: `follow` alone finds it again.

import type { NumericArray } from "../arguments/tensor-like.ts";
import type { Values } from "../results.ts";
import type { Arena, Place } from "./arena.ts";
import { Tensor } from "./tensor.ts";

/**
 * Follows an array that was given as it is or as a tensor: gives it as it is later, when the memory it lies in may have grown.
 * A tensor that is freed by then is an Error. @internal
 */
export function follow<T extends NumericArray>(arena: Arena, given: unknown, { data, inside }: Place<T>): () => T {
  if (!inside) return () => data;
  if (given instanceof Tensor) return () => given.data as NumericArray as T;
  const { buffer, byteOffset, length } = data;
  const Kind = data.constructor as new (buffer: ArrayBuffer, at: number, length: number) => T;
  return () => {
    const today = arena.floats.buffer;
    return buffer === today ? data : new Kind(today, byteOffset, length);
  };
}

/** A result in the module's memory: its own property `data` gives a view of today's. */
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

/** The caller's array for a result, and the form in which it was given. @internal */
export interface Target<T extends NumericArray = Float32Array> {
  readonly given: unknown;
  readonly place: Place<T>;
}

/** A result that stands in `target`, or in new memory, `data`. @internal */
export function valuesOf(
  arena: Arena,
  target: Target | undefined,
  data: Float32Array,
  shape: readonly number[],
): Writable<Values> {
  if (!target?.place.inside) return { data, shape: [...shape] };
  return new Resident(follow(arena, target.given, target.place), [...shape]);
}

/** A result under construction. @internal */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };
