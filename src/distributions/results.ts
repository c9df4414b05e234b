// Results of the distributions: plain data, with functions beside it that are not enumerable, so that copies between threads and
// JSON see the data alone.

import type { OutOptions } from "../arguments/options.ts";
import type { TensorLike } from "../arguments/tensor-like.ts";
import type { Values } from "../results.ts";

/** f64 values in C-order. */
export interface DoubleValues {
  readonly data: Float64Array;
  readonly shape: number[];
}

/** Class numbers in C-order. */
export interface ClassNumbers {
  readonly data: Int32Array;
  readonly shape: number[];
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

/** Values with the seed or the seeds that they were drawn with, and their gradient. */
export function drawn<T>(
  values: Values,
  seeds: object,
  backward: (cotangent: TensorLike, options?: OutOptions) => Values,
): T {
  const sample = Object.assign(new Drawn(), values, seeds);
  return Object.defineProperty(sample, "backward", { value: backward }) as object as T;
}

class Drawn {
  /** Arrays in place of typed ones, seeds as decimal strings, numbers that are not finite by their names. */
  toJSON(): object {
    const plain: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(this)) {
      if (typeof value === "bigint") plain[name] = String(value);
      else if (!ArrayBuffer.isView(value)) plain[name] = value;
      else plain[name] = Array.from(value as object as ArrayLike<unknown>, (v) => (Number.isFinite(v) ? v : String(v)));
    }
    return plain;
  }
}

/** Seed that a sample used, or its seeds. */
export function seedsUsed(sample: { readonly seed: bigint }): { seed: bigint } {
  const { seeds } = sample as { seeds?: BigUint64Array };
  return seeds === undefined ? { seed: sample.seed } : ({ seeds } as object as { seed: bigint });
}
