// Distributions along an axis, one a row, and values that belong to them: all in f64.

import { indexSource } from "../arguments/indices.ts";
import { checkRow } from "../arguments/invalid-row.ts";
import { type Axis, axis, rowStart, sameShape } from "../arguments/shape.ts";
import { type NumericArray, type Source, source, type TensorLike } from "../arguments/tensor-like.ts";
import { checkWithinF32 } from "../arguments/within-f32.ts";
import { expected, expectedBut, ownOptions, rowError } from "../check.ts";
import { log } from "../math.ts";
import type { DoubleValues } from "./results.ts";

/**
 * Parameters of a distribution: logits, as they are or by that name, or `probs`, which are >= 0 and need not sum to 1. Exactly one
 * of the two.
 */
export type LogitsOrProbs =
  | TensorLike
  | { readonly logits: TensorLike; readonly probs?: null | undefined }
  | { readonly probs: TensorLike; readonly logits?: null | undefined };

/** Logits with the axis of their classes. */
export interface Batch {
  readonly data: Float64Array;
  readonly shape: number[];
  readonly along: Axis;
  /** Logits less the largest of their row, as the kernels see them. Its noise is then as fine at any offset as at none. */
  readonly centred: { readonly data: Float32Array; readonly shape: number[] };
}

/** The largest f32. */
const GREATEST = 3.4028234663852886e38;

/** The parameters, and the name by which they were given. */
export function parametersOf(given: LogitsOrProbs): { value: TensorLike; name: "logits" | "probs" } {
  const named = typeof given === "object" && given !== null && !Array.isArray(given) && !ArrayBuffer.isView(given);
  if (!named) return { value: given as TensorLike, name: "logits" };
  const { logits, probs, data } = ownOptions(given as { logits?: TensorLike; probs?: TensorLike; data?: unknown });
  const [hasLogits, hasProbs] = [logits ?? undefined, probs ?? undefined].map((value) => value !== undefined);
  if (data !== undefined || !(hasLogits || hasProbs)) return { value: given as TensorLike, name: "logits" };
  if (hasLogits && hasProbs) throw expectedBut(TypeError, "probs", "logits or probs", "both");
  return hasProbs ? { value: probs!, name: "probs" } : { value: logits!, name: "logits" };
}

/** A copy of logits in f64; every row is a distribution: no NaN, no Infinity, not all -Infinity, nothing finite beyond f32. */
export function batchOf(given: LogitsOrProbs, dim: number | null | undefined): Batch {
  const { value, name } = parametersOf(given);
  const { data, shape: sizes } = source(value, name, undefined, Float64Array);
  const shape = [...sizes];
  const along = axis(shape, dim ?? -1, name);
  const batch = { data: new Float64Array(data), shape, along };
  const centred = { data: new Float32Array(data.length), shape };
  for (let row = 0; row < along.rows; row++) {
    const values = rowOf(batch.data, along, row);
    checkWithinF32(values, name, row);
    if (name === "probs") {
      checkWeights(values, row);
      for (let c = 0; c < values.length; c++) values[c] = log(values[c]!);
      setRow(batch.data, along, row, values);
    } else checkRow(row, values);
    setRow(centred.data, along, row, lessMaximum(values, GREATEST));
  }
  return { ...batch, centred };
}

function checkWeights(values: Float64Array, row: number): void {
  const wanted = "finite numbers >= 0, not all of a row 0";
  const c = values.findIndex((p) => !(p >= 0 && p < Infinity));
  if (c >= 0) throw rowError(RangeError, "probs", wanted, `${values[c]} in row ${row} at class ${c}`, row, c);
  if (values.every((p) => p === 0)) throw rowError(RangeError, "probs", wanted, `only 0 in row ${row}`, row);
}

/** A row less its maximum, in f64; finite values no further below it than `most`. */
export function lessMaximum(z: Float64Array, most: number = Infinity): Float64Array {
  let max = -Infinity;
  for (let c = 0; c < z.length; c++) if (z[c]! > max) max = z[c]!;
  const less = new Float64Array(z.length);
  for (let c = 0; c < z.length; c++) less[c] = z[c] === -Infinity ? z[c]! : Math.max(z[c]! - max, -most);
  return less;
}

/** Values whose last axes are `shape`: one draw, or several along axes before it. A flat array is one draw. */
export function drawsOf(value: unknown, name: string, shape: readonly number[]): Source {
  return asDraws(source(value, name, flatShape(shape), Float64Array), name, shape);
}

/** Indices whose last axes are `shape`. */
export function indexDrawsOf(value: unknown, name: string, shape: readonly number[]): Source {
  return asDraws(indexSource(value, name, flatShape(shape)), name, shape);
}

/** The shape of a flat array: with one axis or none, it may be several draws. */
function flatShape(shape: readonly number[]): readonly number[] | undefined {
  return shape.length > 1 ? shape : undefined;
}

function asDraws(draws: Source, name: string, shape: readonly number[]): Source {
  const first = draws.shape.length - shape.length;
  if (first < 0 || !sameShape(draws.shape.slice(first), shape)) {
    const wanted = `a shape that ends in [${shape}], that of the distribution`;
    throw expectedBut(RangeError, name, wanted, `[${draws.shape}]`);
  }
  return draws;
}

/** Shape of one number a row, for values of a shape that ends in that of the logits. */
export function rowShape(shape: readonly number[], { shape: logits, along }: Pick<Batch, "shape" | "along">): number[] {
  const at = shape.length - logits.length + along.dim;
  return shape.filter((_, i) => i !== at);
}

/** Shape with the axis of the classes, for values of a shape that ends in that of the rows. */
export function fullShape(rows: readonly number[], { shape }: Batch): number[] {
  const at = rows.length - (shape.length - 1);
  return [...rows.slice(0, at), ...shape];
}

/** Classes of a row; rows beyond the last are those of further draws. */
export function rowOf(data: NumericArray, along: Axis, row: number): Float64Array {
  const values = new Float64Array(along.classes);
  const start = rowStart(row, along);
  for (let c = 0; c < along.classes; c++) values[c] = data[start + c * along.inner]!;
  return values;
}

export function setRow(data: Float64Array | Float32Array, along: Axis, row: number, values: Float64Array): void {
  const start = rowStart(row, along);
  for (let c = 0; c < along.classes; c++) data[start + c * along.inner] = values[c]!;
}

/** The same axis of a distribution of the same shape, for comparisons. */
export function checkSameBatch(other: unknown, { shape }: DoubleValues, dim: number): void {
  const given = Object(other) as { logits?: DoubleValues; dim?: number };
  if (!(given.logits?.data instanceof Float64Array)) throw expected(TypeError, "other", "a Categorical", other);
  if (!sameShape(given.logits.shape, shape) || given.dim !== dim) {
    const got = `shape [${given.logits.shape}], dim ${given.dim}`;
    throw expectedBut(RangeError, "other", `logits of shape [${shape}], dim ${dim}`, got);
  }
}
