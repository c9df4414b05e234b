// Results, and the arrays behind them. A view of the module's memory ends when that grows: `follow` alone finds it again.

import type { NumericArray } from "../arguments/tensor-like.ts";
import {
  type Differentiable,
  DifferentiableResult,
  type Indices,
  IndicesResult,
  ResidentDifferentiable,
  ResidentIndices,
  ResidentValues,
  type Values,
  ValuesResult,
} from "../results.ts";
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
  if (!target?.place.inside) return new ValuesResult(data, [...shape]);
  return new ResidentValues(follow(arena, target.given, target.place), [...shape]);
}

/** The same with its `backward`. @internal */
export function differentiableOf(
  arena: Arena,
  target: Target | undefined,
  data: Float32Array,
  shape: readonly number[],
  gradient: Differentiable["backward"],
): Differentiable {
  if (!target?.place.inside) return new DifferentiableResult(data, [...shape], gradient);
  return new ResidentDifferentiable(follow(arena, target.given, target.place), [...shape], gradient);
}

/** Classes that stand in `data`, which was given as `given`. @internal */
export function indicesOf(arena: Arena, given: unknown, data: Int32Array, shape: number[]): Writable<Indices> {
  const place = given === undefined ? undefined : arena.place(data);
  return place?.inside ? new ResidentIndices(follow(arena, given, place), shape) : new IndicesResult(data, shape);
}

/** A result under construction. @internal */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };
