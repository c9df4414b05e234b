// Distributions along an axis, one a row, and values that belong to them: all in f64.

import { checkRow } from "../arguments/invalid-row.ts";
import { type Axis, axis, rowStart, sameShape } from "../arguments/shape.ts";
import { type NumericArray, type Source, source, type TensorLike } from "../arguments/tensor-like.ts";
import { expected, expectedBut } from "../check.ts";
import { exp, log } from "../math.ts";

/** f64 values in C-order. */
export interface DoubleValues {
  readonly data: Float64Array;
  readonly shape: number[];
}

/** Gradients of a log-density, one row each, with respect to the logits and to the value; both in the value's shape. */
export interface LogProbGradient {
  readonly logits: DoubleValues;
  readonly value: DoubleValues;
}

/** Logits with the axis of their classes. */
export interface Batch extends DoubleValues {
  readonly along: Axis;
}

/** A copy of logits in f64; every row is a distribution: no NaN, no Infinity, not all -Infinity. */
export function batchOf(logits: TensorLike, dim: number | undefined): Batch {
  const { data, shape } = source(logits, "logits", undefined, Float64Array);
  const along = axis(shape, dim === undefined ? -1 : dim, "logits");
  const batch = { data: Float64Array.from(data), shape: [...shape], along };
  for (let row = 0; row < along.rows; row++) checkRow(row, rowOf(batch.data, along, row));
  return batch;
}

/** Values whose last axes are `shape`: one draw, or several along axes before it. A flat array is one draw. */
export function drawsOf(value: unknown, name: string, shape: readonly number[]): Source {
  const draws = source(value, name, shape.length > 1 ? shape : undefined, Float64Array);
  const first = draws.shape.length - shape.length;
  if (first < 0 || !sameShape(draws.shape.slice(first), shape)) {
    const wanted = `a shape that ends in [${shape}], that of the distribution`;
    throw expectedBut(RangeError, name, wanted, `[${draws.shape}]`);
  }
  return draws;
}

/** Shape of one number a row, for values of a shape that ends in that of the logits. */
export function rowShape(shape: readonly number[], { shape: logits, along }: Batch): number[] {
  const at = shape.length - logits.length + along.dim;
  return shape.filter((_, i) => i !== at);
}

/** Classes of a row; rows beyond the last are those of further draws. */
export function rowOf(data: NumericArray, along: Axis, row: number): Float64Array {
  const values = new Float64Array(along.classes);
  const start = rowStart(row, along);
  for (let c = 0; c < along.classes; c++) values[c] = data[start + c * along.inner]!;
  return values;
}

export function setRow(data: Float64Array, along: Axis, row: number, values: Float64Array): void {
  const start = rowStart(row, along);
  for (let c = 0; c < along.classes; c++) data[start + c * along.inner] = values[c]!;
}

/** ln of the sum of e^z; z holds no NaN and no Infinity, but may be -Infinity everywhere. */
export function logSumExp(z: Float64Array): number {
  let max = -Infinity;
  for (let c = 0; c < z.length; c++) max = Math.max(max, z[c]!);
  if (max === -Infinity) return max;
  let sum = 0;
  for (let c = 0; c < z.length; c++) sum += exp(z[c]! - max);
  return max + log(sum);
}

/** Seed that a sample used, or its seeds. */
export function seedsUsed(sample: { readonly seed: bigint }): { seed: bigint } {
  if (!Object.hasOwn(sample, "seeds")) return { seed: sample.seed };
  const { seeds } = sample as { seeds?: BigUint64Array };
  return { seeds } as object as { seed: bigint };
}

/** The same distribution's logits in another object, as KL compares them. */
export function checkSameBatch(other: unknown, logits: DoubleValues, dim: number): DoubleValues {
  const given = Object(other) as { logits?: DoubleValues; dim?: number };
  if (!(given.logits?.data instanceof Float64Array)) throw expected(TypeError, "other", "a Categorical", other);
  if (!sameShape(given.logits.shape, logits.shape) || given.dim !== dim) {
    const got = `shape [${given.logits.shape}], dim ${given.dim}`;
    throw expectedBut(RangeError, "other", `logits of shape [${logits.shape}], dim ${dim}`, got);
  }
  return given.logits;
}
