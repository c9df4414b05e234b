// Temperatures: whether f32 arithmetic can take one, and its inverse. A tau of 0 never reaches it: src/operations/ sees to that.

//  Outside these limits f32 cannot hold the scaled differences. (p - m)/tau is then formed in f64, rounded, and exponentiated
//  with a tau of 1.
const LEAST_TAU: f64 = 7.888609052210118e-31; // 2^-100
const GREATEST_TAU: f64 = 1152921504606846976.0; // 2^60
const GREATEST_RATE: f64 = 1e300;

/** Whether p - m has to be divided by tau in f64, before it is exponentiated with a tau of 1. */
export function tauOutsideF32(tau: f64): bool {
  return tau < LEAST_TAU || tau > GREATEST_TAU;
}

/** 1/tau, kept finite so that its product with 0 is 0. */
export function rateOf(tau: f64): f64 {
  return min(1.0 / tau, GREATEST_RATE);
}
