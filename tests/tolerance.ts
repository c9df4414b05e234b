// Every bound of the contract, once, and the checks that hold results against them. A check names the first element outside.

import assert from "node:assert/strict";
import * as reference from "./reference.ts";

/** Noise: times max(1, |g|). */
export const NOISE = 2e-7;
/** Soft sample and softmax, relative: times 1 + |p - max p| / tau. */
export const SOFT = 4e-7;
/** Entries of a soft sample below this may be 0. */
export const SOFT_ZERO = 1e-37;
/** What a row of a soft sample may miss 1 by. */
export const ROW_SUM = 1e-6;
/** Gradient: times max|c| / tau over the row. */
export const GRADIENT = 1e-6;
/** Absolute error of a gradient with respect to tau, times max|c| * max|p - max p| / tau^2. */
export const TAU_GRADIENT = 2e-6;
/** logSoftmax: times 1 + |value|. The value is -(depth + ln sum) with both terms >= 0, so this is SOFT seen through ln. */
const LOG_SOFTMAX = 4e-7;
/** Half a unit in the last place, relative: what rounding to f32 costs a result that is larger than the bound allows for. */
export const ROUNDING: number = 2 ** -24;

/** The kernels' exp over x <= 0, relative. */
export const EXP = 2.5e-7;

/** One step of the subnormal f32 numbers: no f32 result can promise to be closer. */
const SUBNORMAL = 2 ** -149;
const F32_MAX = 2 ** 128 - 2 ** 104;

export function assertNoise(label: string, got: ArrayLike<number>, exact: ArrayLike<number>): void {
  assertWithin(label, got, exact, (i) => NOISE * Math.max(1, Math.abs(exact[i]!)));
}

/** got against the soft sample of the perturbed logits p; for softmax, p is the logits. */
export function assertSoft(
  label: string,
  got: ArrayLike<number>,
  p: ArrayLike<number>,
  shape: readonly number[],
  dim: number,
  tau: number,
): void {
  const exact = reference.soft(p, shape, dim, tau);
  const depth = reference.depth(p, shape, dim, tau);
  assertWithin(label, got, exact, (i) => {
    if (exact[i]! < SOFT_ZERO && got[i] === 0) return Infinity;
    return SOFT * (1 + depth[i]!) * exact[i]! + SUBNORMAL;
  });
  const sums = reference.perRow(shape, dim, (row) => row.reduce((a, b) => a + b, 0), got);
  const valid = reference.index(p, shape, dim);
  assertWithin(
    `${label}, row sums`,
    sums,
    sums.map((_, row) => (valid[row]! < 0 ? 0 : 1)),
    () => ROW_SUM,
  );
}

export function assertLogSoftmax(label: string, got: ArrayLike<number>, exact: ArrayLike<number>): void {
  assertWithin(label, got, exact, (i) => LOG_SOFTMAX * (1 + Math.abs(exact[i]!)) + SUBNORMAL);
}

/** got against an exact gradient for this cotangent. */
export function assertGradient(
  label: string,
  got: ArrayLike<number>,
  exact: ArrayLike<number>,
  cotangent: ArrayLike<number>,
  shape: readonly number[],
  dim: number,
  tau: number,
): void {
  const bound = reference.mapRows(shape, dim, (c) => c.fill((GRADIENT * largest(c)) / tau), cotangent);
  assertWithin(label, got, exact, (i) => bound[i]! + SUBNORMAL);
}

/** The same for log-softmax, whose gradient can be as many times the cotangent as there are classes. */
export function assertLogGradient(
  label: string,
  got: ArrayLike<number>,
  exact: ArrayLike<number>,
  cotangent: ArrayLike<number>,
  shape: readonly number[],
  dim: number,
  tau: number,
): void {
  const bound = reference.mapRows(shape, dim, (c) => c.fill((GRADIENT * largest(c)) / tau), cotangent);
  assertWithin(label, got, exact, (i) => bound[i]! + ROUNDING * Math.abs(exact[i]!) + SUBNORMAL);
}

/** Every element within its bound. Beyond the largest f32 there is only infinity, which then is the right answer. */
export function assertWithin(
  label: string,
  got: ArrayLike<number>,
  exact: ArrayLike<number>,
  bound: (i: number) => number,
): void {
  assert.equal(got.length, exact.length, `${label}: length`);
  for (let i = 0; i < exact.length; i++) {
    const [value, target] = [got[i]!, exact[i]!];
    if (value === target) continue;
    const allowed = bound(i);
    if (Math.abs(value - target) <= allowed) continue;
    const sign = Math.sign(value);
    if (Math.abs(value) === Infinity && target * sign + allowed > F32_MAX) continue;
    assert.fail(`${label}: element ${i}: got ${value}, expected ${target} within ${allowed}`);
  }
}

/** Equal numbers; NaN equals nothing, and the sign of a zero does not count. */
export function assertSame(label: string, got: ArrayLike<number>, expected: ArrayLike<number>): void {
  assertWithin(label, got, expected, () => 0);
}

/** The same bits. */
export function assertBits(label: string, got: Float32Array, expected: Float32Array): void {
  const [a, b] = [bitsOf(got), bitsOf(expected)];
  assert.equal(a.length, b.length, `${label}: length`);
  for (let i = 0; i < b.length; i++) {
    if (a[i] !== b[i]) assert.fail(`${label}: element ${i}: got ${got[i]}, expected the same bits as ${expected[i]}`);
  }
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function largest(values: Float64Array): number {
  return values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}
