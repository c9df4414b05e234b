// Checks that the distributions share.

import { checkFinite, checkSize, expected, expectedBut, type Given, ownOptions } from "../check.ts";

/** Finite and above 0. */
export function checkPositive(value: unknown, name: string, byDefault?: number): number {
  const number = checkFinite(value, name, byDefault);
  if (number <= 0) throw expected(RangeError, name, "a finite number > 0", number);
  return number;
}

/** An integer from 1 on. */
export function checkCount(value: unknown, name: string): number {
  const count = checkSize(value, name);
  if (count === 0) throw expected(RangeError, name, "an integer >= 1", count);
  return count;
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
