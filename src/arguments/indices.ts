// Indices as users hand them in: numbers, or the 64-bit integers that other libraries index with.

import { type Source, source, type TensorLike } from "./tensor-like.ts";

/** Integers of 64 bits, as onnxruntime, PyTorch and NumPy index with. */
export type BigIntegers = BigInt64Array | BigUint64Array;

/** Indices: whatever holds numbers, or 64-bit integers, one row or with a shape. */
export type IndexLike =
  | TensorLike
  | BigIntegers
  | { readonly data: BigIntegers; readonly shape: readonly number[] }
  | { readonly data: BigIntegers; readonly dims: readonly number[] };

/** Brings indices to the one form; 64-bit integers become f64, which is exact for every class number. */
export function indexSource(value: IndexLike | unknown, name: string, shape?: readonly number[]): Source {
  return source(asNumbers(value), name, shape, Float64Array);
}

function asNumbers(value: unknown): unknown {
  if (isBig(value)) return Float64Array.from(value, Number);
  if (typeof value !== "object" || value === null || !isBig((value as { data?: unknown }).data)) return value;
  const { data, shape, dims } = value as { data: BigIntegers; shape?: unknown; dims?: unknown };
  return { data: Float64Array.from(data, Number), ...(shape ? { shape } : {}), ...(dims ? { dims } : {}) };
}

function isBig(value: unknown): value is BigInt64Array {
  if (!ArrayBuffer.isView(value)) return false;
  const kind: string = (value as BigInt64Array)[Symbol.toStringTag];
  return kind === "BigInt64Array" || kind === "BigUint64Array";
}
