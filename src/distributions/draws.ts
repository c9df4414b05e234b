// Samples of several axes: the kernels draw along one, which is then seen as several.

import type { OutOptions } from "../arguments/options.ts";
import { sameShape } from "../arguments/shape.ts";
import { source, type TensorLike } from "../arguments/tensor-like.ts";
import { expectedBut } from "../check.ts";
import { IndicesResult, type Values } from "../results.ts";
import { type Draws, ONE_DRAW } from "./arguments.ts";
import { drawn, seedsUsed } from "./results.ts";

/** Option `numSamples` of the distributions. */
interface DrawsOption {
  /**
   * Number of draws of every distribution, or their shape: results get these axes first, and gradients are summed over them. Default:
   * one draw and no such axis.
   */
  numSamples?: number | readonly number[] | undefined;
}

/** Options of a distribution's sample from those of the operation, which takes one number of draws. */
export type ManyDraws<Options> = Omit<Options, "numSamples"> & DrawsOption;

/** The options with one number of draws, as operations take it. */
export function flatDraws<T extends object>(options: T, draws: Draws): T & { numSamples?: number } {
  const { count, axes } = draws;
  if (draws === ONE_DRAW) return options as T & { numSamples?: number };
  return { ...options, numSamples: axes.length === 0 ? undefined : count } as T & { numSamples?: number };
}

interface Drawn extends Values {
  readonly seed: bigint;
  readonly indices?: Int32Array;
  backward?(cotangent: TensorLike, options?: OutOptions): Values;
}

/** The sample with all axes of its draws in place of the one that they were drawn along. */
export function inShape<T>(sample: T, { axes }: Draws): T {
  if (axes.length < 2) return sample;
  const { data, shape: flat } = sample as Drawn;
  const indices = Object.hasOwn(sample as Drawn, "indices") ? (sample as Drawn).indices : undefined;
  const shape = [...axes, ...flat.slice(1)];
  const seeds = seedsUsed(sample as Drawn);
  if ((sample as Drawn).backward === undefined) {
    return Object.assign(new IndicesResult(data as ArrayLike<number> as Int32Array, shape), seeds) as object as T;
  }
  return drawn({ data, shape, indices }, seeds, (cotangent, options?: OutOptions) => {
    const c = source(cotangent, "cotangent", shape);
    if (!sameShape(c.shape, shape)) {
      throw expectedBut(RangeError, "cotangent.shape", `[${shape}]`, `[${c.shape}]`);
    }
    return (sample as Required<Drawn>).backward({ data: c.data, shape: flat }, options);
  });
}
