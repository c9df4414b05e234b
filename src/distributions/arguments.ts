// Checks that the distributions share.

import { elements } from "../arguments/shape.ts";
import { checkFinite, checkOptions, expected, expectedBut } from "../check.ts";

/** Finite and above 0. */
export function checkPositive(value: unknown, name: string, byDefault?: number): number {
  const number = checkFinite(value, name, byDefault);
  if (number <= 0) throw expected(RangeError, name, "a finite number > 0", number);
  return number;
}

/** An object's own properties: what it inherits is none of the caller's. An absent object has none. */
export function ownOf<T extends object>(object: T | null | undefined): Partial<T> {
  return Object.assign(Object.create(null), object);
}

/** One own property, in less time than all of them take. */
function ownOption(options: object, name: string): unknown {
  return Object.hasOwn(options, name) ? (options as Record<string, unknown>)[name] : undefined;
}

/** Number of draws of each distribution, or their shape, and the axes that the result has for them. */
export interface Draws {
  readonly count: number;
  readonly axes: readonly number[];
}

/** One draw, without an axis for it: `numSamples` is absent. */
export const ONE_DRAW: Draws = { count: 1, axes: [] };

/** Reads the option `numSamples`; without it, one draw and no axis. */
export function drawsIn(options: object): Draws {
  const numSamples = ownOption(options, "numSamples");
  if (numSamples === undefined) return ONE_DRAW;
  if (numSamples === null) return { count: 1, axes: [] };
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
export function checkSampleOptions(options: object, own: readonly string[]): void {
  if (typeof options !== "object" || options === null) checkOptions(options, new Set());
  for (const name of own) {
    if ((ownOption(options, name) ?? undefined) !== undefined) {
      throw expectedBut(TypeError, name, "the distribution's own", "an option of sample");
    }
  }
}
