// Results of the distributions: f64 values, class numbers, and samples, which are results like those of the core.

import type { OutOptions } from "../arguments/options.ts";
import type { TensorLike } from "../arguments/tensor-like.ts";
import { exp } from "../math.ts";
import { DifferentiableResult, RecordResult, type ResultJson, type Values } from "../results.ts";

/** f64 values in C-order. */
export interface DoubleValues {
  readonly data: Float64Array;
  readonly shape: number[];
  /** The values as JSON carries them. */
  toJSON(): ResultJson;
}

/** Class numbers in C-order. */
export interface ClassNumbers {
  readonly data: Int32Array;
  readonly shape: number[];
  /** The numbers as JSON carries them. */
  toJSON(): ResultJson;
}

/** f64 values, or class numbers, of this shape. */
export function resultOf<Data extends Float64Array | Int32Array>(
  data: Data,
  shape: readonly number[],
): RecordResult & { readonly data: Data; readonly shape: number[] } {
  return RecordResult.of({ data, shape: [...shape] });
}

/** Densities, or probabilities, from their logarithms. */
export function expOf({ data, shape }: DoubleValues): DoubleValues {
  return resultOf(data.map(exp), shape);
}

/** Gradients of a log-density, one row each, with respect to the logits and to the value; both in the value's shape. */
export interface LogProbGradient {
  readonly logits: DoubleValues;
  readonly value: DoubleValues;
}

/** Gradients with respect to the logits. */
export interface LogitsGradient {
  readonly logits: DoubleValues;
}

/** Gradients of a divergence with respect to the logits of this distribution, and to those of the other. */
export interface DivergenceGradient {
  readonly logits: DoubleValues;
  readonly other: DoubleValues;
}

/** Data of a sample before it is a result. */
interface SampleData {
  readonly data: Float32Array;
  readonly shape: number[];
  readonly indices?: Int32Array | undefined;
}

/** A sample with the seed or the seeds that it was drawn with, and its gradient. */
export function drawn<T>(
  values: SampleData,
  seeds: object,
  backward: (cotangent: TensorLike, options?: OutOptions) => Values,
): T {
  const sample = new DifferentiableResult(values.data, values.shape, backward);
  const indices = Object.hasOwn(values, "indices") ? values.indices : undefined;
  return Object.assign(sample, indices && { indices }, seeds) as object as T;
}

/** Seed that a sample used, or its seeds. */
export function seedsUsed(sample: { readonly seed: bigint }): { seed: bigint } {
  if (!Object.hasOwn(sample, "seeds")) return { seed: sample.seed };
  const { seeds } = sample as { seeds?: BigUint64Array };
  return { seeds } as object as { seed: bigint };
}
