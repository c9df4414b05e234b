// The kernels' own memory, one per caller at an address the caller gives: nothing is allocated and nothing is shared.

import { POWERS_BYTES } from "./dot";
import { TEMPER_BYTES } from "./exp";
import { SCHEDULE_BYTES } from "./philox";
import { SUM_BLOCK } from "./softmax";

/** Floats worked on at a time: 2 KB of noise stay in L1 from the words to the perturbed logits. */
export const CHUNK: i32 = 512;
const CHUNK_BYTES: usize = 2048 + 64; // whole counters and whole vectors may end up to 48 bytes behind

export const SCHEDULE: usize = 0;
export const TEMPER: usize = SCHEDULE + SCHEDULE_BYTES;
/** Of four rows, f64: their sums, then DOTS bytes on their <c, e>. */
export const SUMS: usize = TEMPER + TEMPER_BYTES;
export const DOTS: usize = 32;
export const SUMS_BYTES: usize = 64;
/** A few vectors on their way: powers. */
export const STEP: usize = SUMS + SUMS_BYTES;
export const NOISE: usize = STEP + POWERS_BYTES;
/** Of the index alone: bounds; classes that may win, with their words and logits; blocks that may, and their logits. */
export const BOUNDS: usize = NOISE + CHUNK_BYTES;
export const PICKED: usize = BOUNDS + CHUNK_BYTES;
export const PICKED_BYTES: usize = CHUNK_BYTES;
export const LIST: usize = PICKED + 3 * PICKED_BYTES;
export const LISTED: usize = LIST + CHUNK;
/** Short rows turned into columns: their logits, later their samples, and their cotangents. */
export const TILE: usize = LISTED + CHUNK_BYTES;
export const TILE_FLOATS: i32 = 2048;
const TILE_BYTES: usize = (<usize>TILE_FLOATS << 2) + 64;
export const COTANGENT_TILE: usize = TILE + TILE_BYTES;

/** Exponentials of which only the sum is wanted, of one row or of four; the maxima of a row's chunks. */
export const SPARE: usize = COTANGENT_TILE + TILE_BYTES;
export const SPARE_BYTES: usize = <usize>SUM_BLOCK << 4;

export const SCRATCH_BYTES: usize = SPARE + SPARE_BYTES;
