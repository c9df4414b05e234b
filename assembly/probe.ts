// The lane functions by themselves, over buffers: for tests, not shipped. `n` is rounded up to whole vectors.

import { exp4, temper } from "./exp";
import { gumbelFromWords as fromWords } from "./gumbel";
import { exponential4, gumbel4 } from "./log";
import { bound4 } from "./winner";

/** Random words, u32, to Gumbel noise, f32, in place. */
export function gumbelFromWords(at: usize, n: i32): void {
  fromWords(at, at + (<usize>((n + 3) & ~3) << 2));
}

/** x -> -ln x, in place. */
export function gumbelOf(at: usize, n: i32): void {
  for (let i = 0; i < n; i += 4, at += 16) v128.store(at, gumbel4(v128.load(at)));
}

/** x -> e^((x - m)/tau), in place; `scratch` holds 48 bytes. */
export function expOf(at: usize, scratch: usize, n: i32, m: f32, tau: f64): void {
  temper(scratch, tau);
  for (let i = 0; i < n; i += 4, at += 16) v128.store(at, exp4(v128.load(at), f32x4.splat(m), scratch));
}

/** How many of `count` words from `first` on have noise above their bound; `count` is a multiple of 4. */
export function unbounded(first: u32, count: u32): i32 {
  let found = 0;
  for (let i: u32 = 0; i < count; i += 4) {
    const x = i32x4.add(i32x4.splat(first + i), i32x4(0, 1, 2, 3));
    const over = i32x4.bitmask(f32x4.gt(gumbel4(exponential4(x)), bound4(x)));
    if (over) found += popcnt(over);
  }
  return found;
}
