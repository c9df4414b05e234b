// The kinds of result and the passes over a row, as numbers; what a temperature asks for.

/**
 * What is written: nothing but the index, one-hot rows, soft rows, log-softmax, the gradient of one of these two, or the
 * gradient of soft rows that are given in place of logits.
 */
export const INDEX: i32 = 0;
export const HARD: i32 = 1;
export const SOFT: i32 = 2;
export const LOG: i32 = 3;
export const GRADIENT: i32 = 4;
export const LOG_GRADIENT: i32 = 5;
export const SOFT_GRADIENT: i32 = 6;

export const PASS_ALL: i32 = 0;
export const PASS_MAX: i32 = 1;
export const PASS_SUM: i32 = 2;
export const PASS_DOT: i32 = 3;
export const PASS_WRITE: i32 = 4;
/** Beside a pass after PASS_MAX: `out` still holds what the pass before has left there. */
export const KEPT: i32 = 8;

/** Found in place of the first invalid row: a cotangent with a NaN or an Infinity. */
export const NOT_FINITE: i32 = -2;

//  Beyond these f32 cannot hold the scaled differences; they are scaled in f64 first, and tau is 1 from there on.
const LEAST_TAU: f64 = 7.888609052210118e-31; // 2^-100
const GREATEST_TAU: f64 = 1152921504606846976.0; // 2^60
const GREATEST_RATE: f64 = 1e300;

/** Whether the differences are scaled in f64 before the exponentials. */
export function tauOutsideF32(tau: f64): bool {
  return tau < LEAST_TAU || tau > GREATEST_TAU;
}

/** 1/tau, kept finite so that its product with 0 is 0. */
export function rateOf(tau: f64): f64 {
  return min(1.0 / tau, GREATEST_RATE);
}
