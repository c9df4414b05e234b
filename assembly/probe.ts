// Single lane functions over buffers, for the tests; not shipped. `n` is rounded up to whole vectors.

import { exp4, tauConstants } from "./lanes/exp";
import { bound4 } from "./noise/noise-bound";
import { fillNoiseTable as fill, noiseFromWords } from "./noise/noise-table";

/** Fills the table of the noise, as every host does at load. */
export function fillNoiseTable(): void {
  fill();
}

/** Turns `n` random words, u32, into Gumbel noise, f32, in place; `scratch` has room for as many bytes. */
export function gumbelFromWords(at: usize, scratch: usize, n: i32): void {
  noiseFromWords(at, at + (<usize>((n + 3) & ~3) << 2), scratch);
}

/** Turns `n` values x into e^((x - m)/tau), in place; `scratch` has room for TAU_BYTES. */
export function expOf(at: usize, scratch: usize, n: i32, m: f32, tau: f64): void {
  tauConstants(scratch, tau);
  for (let i = 0; i < n; i += 4, at += 16) v128.store(at, exp4(v128.load(at), f32x4.splat(m), scratch));
}

/**
 * The smallest difference between the bound of a word and its noise, among the `count` words from `first` on; `count` is a
 * multiple of 1024. `scratch` has room for 8 kB.
 */
export function slack(scratch: usize, first: u32, count: u32): f32 {
  const words = scratch;
  let least = f32x4.splat(Infinity);
  for (let done: u32 = 0; done < count; done += 1024) {
    for (let i: u32 = 0; i < 1024; i += 4) {
      v128.store(words + (<usize>i << 2), i32x4.add(i32x4.splat(first + done + i), i32x4(0, 1, 2, 3)));
    }
    noiseFromWords(words, words + 4096, words + 4096);
    for (let i: u32 = 0; i < 1024; i += 4) {
      const x = i32x4.add(i32x4.splat(first + done + i), i32x4(0, 1, 2, 3));
      least = f32x4.min(least, f32x4.sub(bound4(x), v128.load(words + (<usize>i << 2))));
    }
  }
  return min(
    min(f32x4.extract_lane(least, 0), f32x4.extract_lane(least, 1)),
    min(f32x4.extract_lane(least, 2), f32x4.extract_lane(least, 3)),
  );
}
