// Temperatures: which of them f32 can work with, and their inverse.

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
