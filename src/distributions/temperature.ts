// Temperatures: one for all distributions, or one for each.

import type { TensorLike } from "../arguments/tensor-like.ts";
import { expectedBut } from "../check.ts";
import { checkPositive } from "./arguments.ts";
import { spread } from "./broadcast.ts";
import { type DoubleValues, resultOf } from "./results.ts";

/** A parameter as the distribution has it: a number if one was given. */
export type Parameter<Given> = [Given] extends [number] ? number : DoubleValues;

/** Temperatures, each above 0: `each` has one for every distribution, or one for all. */
export interface Temperature<Given> {
  readonly tau: Parameter<Given>;
  readonly each: Float64Array;
}

/** Reads temperatures; an array is brought to `shape`, that of the distributions. */
export function temperatureOf<Given extends number | TensorLike>(
  tau: Given,
  shape: readonly number[],
): Temperature<Given> {
  if (typeof tau !== "object" || tau === null) {
    const number = checkPositive(tau, "tau");
    return { tau: number as Parameter<Given>, each: Float64Array.of(number) };
  }
  const data = spread(tau as TensorLike, "tau", shape);
  const wrong = data.findIndex((value) => !(value > 0 && value < Infinity));
  if (wrong >= 0) throw expectedBut(RangeError, "tau", "finite numbers > 0", `${data[wrong]} at position ${wrong}`);
  const each = data.every((value) => value === data[0]) ? data.slice(0, 1) : data;
  return { tau: resultOf(data, shape) as DoubleValues as Parameter<Given>, each };
}

/** The temperature of a row; rows beyond the last are those of further draws. */
export function tauAt(each: Float64Array, row: number): number {
  return each[row % each.length]!;
}
