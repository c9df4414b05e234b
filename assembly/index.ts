// The kernels that a caller sees. Addresses are bytes into the imported memory, counts are elements, data is C-order
// [outer, classes, inner]. Kernels read up to SLACK_BYTES behind an input and fewer behind an output; they write nothing behind
// an output.

import * as driver from "./gumbel-softmax";
import { SCRATCH_BYTES } from "./memory/scratch";
import { Task } from "./memory/task";
import * as table from "./noise/noise-table";
import * as perturb from "./stages/perturb";

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
 * Carries out the task at an address, a multiple of 8. Gives VALID, the first invalid row, or NOT_FINITE for a cotangent with a
 * NaN or an Infinity. Writes the max and index of every row, except for SOFT_GRADIENT and NOISE, and `out` for all kinds from
 * HARD on. `out` may be `logits`, but not `cotangent`.
 */
export function sample(task: usize, scratch: usize): i32 {
  return driver.perform(changetype<Task>(task), scratch);
}

/** Position of the first NaN or Infinity of either sign among `n` values, or -1. */
export function firstNotFinite(at: usize, n: i32): i32 {
  return perturb.firstNotFinite(at, n);
}
