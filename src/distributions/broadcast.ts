// Arrays of different shapes together, by NumPy's rule: shapes are aligned at their last axis, and an axis of length 1, or one that
// is missing, is repeated.

import { elements } from "../arguments/shape.ts";
import { type Source, source, type TensorLike } from "../arguments/tensor-like.ts";
import { expectedBut } from "../check.ts";

/** Numbers, f64 where the array is a plain one. */
export function numbersOf(value: TensorLike | number, name: string, shape?: readonly number[]): Source {
  if (typeof value === "number") return { data: Float64Array.of(value), shape: [] };
  return source(value, name, shape, Float64Array);
}

/** The common shape, for the array called `name` beside others. */
export function commonShape(first: readonly number[], second: readonly number[], name: string): number[] {
  const rank = Math.max(first.length, second.length);
  return Array.from({ length: rank }, (_, i) => {
    const a = first[i - rank + first.length] ?? 1;
    const b = second[i - rank + second.length] ?? 1;
    if (a !== b && a !== 1 && b !== 1) {
      throw expectedBut(RangeError, name, `a shape that goes with [${first}]`, `[${second}]`);
    }
    return a === 1 ? b : a;
  });
}

/** Places in an array of shape `own` of the elements of an array of the common shape. */
export function placesIn(own: readonly number[], common: readonly number[]): Int32Array {
  const places = new Int32Array(elements(common, "shape"));
  const first = common.length - own.length;
  //  From the last axis on: `step` elements of the array lie behind one of the axis, `inner` of the common one.
  let [step, inner] = [1, 1];
  for (let axis = common.length - 1; axis >= 0; axis--) {
    const length = axis < first ? 1 : own[axis - first]!;
    if (length > 1) for (let i = 0; i < places.length; i++) places[i]! += (Math.floor(i / inner) % length) * step;
    step *= length;
    inner *= common[axis]!;
  }
  return places;
}

/** One number for each element of `shape`. A flat array of that many is as good as one of the shape. */
export function spread(value: TensorLike, name: string, shape: readonly number[]): Float64Array {
  const count = elements(shape, name);
  const { data, shape: own } = numbersOf(value, name);
  if (own.length === 1 && own[0] === count) return Float64Array.from(data);
  const common = own.length > shape.length ? [] : commonShape(shape, own, name);
  if (common.length !== shape.length || common.some((length, i) => length !== shape[i])) {
    throw expectedBut(RangeError, name, `a number, or an array that goes with shape [${shape}]`, `shape [${own}]`);
  }
  return Float64Array.from(placesIn(own, shape), (place) => data[place]!);
}
