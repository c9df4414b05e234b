// Checks that the distributions share.

import { elements } from "../arguments/shape.ts";
import { checkFinite, expected, expectedBut, type Given, ownOptions } from "../check.ts";

/** Finite and above 0. */
export function checkPositive(value: unknown, name: string, byDefault?: number): number {
  const number = checkFinite(value, name, byDefault);
  if (number <= 0) throw expected(RangeError, name, "a finite number > 0", number);
  return number;
}

/** Number of draws of each distribution, or their shape, and the axes that the result has for them. */
export interface Draws {
  readonly count: number;
  readonly axes: readonly number[];
}

/** One draw, without an axis for it: `numSamples` is absent. */
export const ONE_DRAW: Draws = { count: 1, axes: [] };

/** Reads the option `numSamples`; without it, one draw and no axis. */
export function drawsIn({ numSamples }: { readonly numSamples?: unknown }): Draws {
  if (numSamples === undefined) return ONE_DRAW;
  const isList = Array.isArray(numSamples) || ArrayBuffer.isView(numSamples);
  const axes = isList ? Array.from(numSamples as ArrayLike<number>) : [numSamples as number];
  const count = elements(axes, "numSamples");
  if (count === 0) throw expectedBut(RangeError, "numSamples", "integers >= 1", `${axes}`);
  return { count, axes };
}

/** A number, infinite ones included, from `least` to `most`. */
export function checkNumber(value: unknown, name: string, least: number = -Infinity, most: number = Infinity): number {
  if (typeof value !== "number") throw expected(TypeError, name, "a number", value);
  if (value >= least && value <= most) return value;
  throw expected(RangeError, name, least === -Infinity ? "a number other than NaN" : `${least} to ${most}`, value);
}

/** Options of a sample, in which the distribution's own parameters have no place. */
export function sampleOptions<Options extends object>(options: Options, own: readonly string[]): Given<Options> {
  const given = ownOptions(options);
  for (const name of own) {
    if (name in given) throw expectedBut(TypeError, name, "the distribution's own", "an option of sample");
  }
  return given;
}
