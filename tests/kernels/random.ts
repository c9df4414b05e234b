// Seeded inputs: the same on every run.

import { setFloat } from "./memory";

let state: u32 = 1;

export function seed(n: u32): void {
  state = n;
}

/** 32 random bits, mulberry32; good enough to make inputs, nothing statistical is measured on it. */
export function randomWord(): u32 {
  state += 0x6d2b79f5;
  let x = (state ^ (state >>> 15)) * (state | 1);
  x ^= x + (x ^ (x >>> 7)) * (x | 61);
  return x ^ (x >>> 14);
}

/** Uniform in [low, high). */
export function uniform(low: f64, high: f64): f64 {
  return low + ((high - low) * <f64>randomWord()) / 4294967296.0;
}

export function fill(at: usize, n: i32, low: f64, high: f64): void {
  for (let i = 0; i < n; i++) setFloat(at, i, <f32>uniform(low, high));
}
