// The kernels a caller sees: scalar arguments, outputs first. Addresses are bytes into the imported memory, counts are
// elements, data is C-order [outer, classes, inner]. Row r of a call has the number row + r, its first class the number
// 4*block + lead, 0 <= lead <= 3; `row` and `seed` come as two halves. Up to 256 bytes behind an input and 124 behind
// an output are read, nothing behind an output is written.

import * as noise from "./noise/gumbel";
import * as driver from "./gumbel-softmax";
import * as table from "./noise/noise-table";
import * as perturb from "./stages/perturb";
import { SCRATCH_BYTES } from "./stages/scratch";

/** Bytes to set aside for the `scratch` of the other kernels, at a multiple of 16. */
export function scratchBytes(): i32 {
  return <i32>SCRATCH_BYTES;
}

/**
 * Fills the table that noise is made from, inside the kernels' own static data. Whoever makes the memory calls it, once, before
 * any other kernel runs and before another instance of the kernels shares the memory.
 */
export function fillNoiseTable(): void {
  table.fillNoiseTable();
}

/**
 * Everything along the classes of perturbed logits: kind 0 index, 1 one-hot, 2 soft, 3 log-softmax, 4 gradient of soft, 5 of
 * log-softmax, 6 of soft from the soft rows, which then stand in the place of the logits. scale = 0 is no noise. Gives the first
 * invalid row or -1; writes max and index of every row, but for kind 6, and `out` for kinds from 1 on. `out` may be `logits`,
 * but not `cotangent`. For pass and sums, see gumbel-softmax.ts.
 */
export function sample(
  kind: i32,
  pass: i32,
  out: usize,
  max: usize,
  index: usize,
  sums: usize,
  logits: usize,
  cotangent: usize,
  scratch: usize,
  outer: i32,
  classes: i32,
  inner: i32,
  from: i32,
  rowLo: u32,
  rowHi: u32,
  block: i32,
  lead: i32,
  seedLo: i32,
  seedHi: i32,
  scale: f64,
  tau: f64,
): i32 {
  const row = (<u64>rowHi << 32) | <u64>rowLo;
  return driver.sample(
    kind, pass, out, max, index, sums, logits, cotangent, scratch, outer, classes, inner, from, row, block, lead,
    seedLo, seedHi, scale, tau,
  );
}

/** loc + scale*g, g Gumbel noise; that of stream 0 is what `sample` adds. */
export function gumbel(
  out: usize,
  scratch: usize,
  outer: i32,
  classes: i32,
  inner: i32,
  rowLo: u32,
  rowHi: u32,
  block: i32,
  lead: i32,
  seedLo: i32,
  seedHi: i32,
  stream: i32,
  loc: f64,
  scale: f64,
): void {
  const row = (<u64>rowHi << 32) | <u64>rowLo;
  noise.gumbel(out, scratch, outer, classes, inner, row, block, lead, seedLo, seedHi, stream, loc, scale);
}

/** Position of the first NaN or Infinity of either sign among `n` values, or -1. */
export function firstNotFinite(at: usize, n: i32): i32 {
  return perturb.firstNotFinite(at, n);
}
