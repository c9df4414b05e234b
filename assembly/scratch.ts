// The kernels' own memory, one per caller at an address the caller gives: nothing is allocated and nothing is shared.

import { TEMPER_BYTES } from "./exp";
import { SCHEDULE_BYTES } from "./philox";

/** Floats worked on at a time: 2 KB of noise stay in L1 from the words to the perturbed logits. */
export const CHUNK: i32 = 512;
const CHUNK_BYTES: usize = 2048 + 64; // whole counters and whole vectors may end up to 48 bytes behind

export const SCHEDULE: usize = 0;
export const TEMPER: usize = SCHEDULE + SCHEDULE_BYTES;
/** Of four rows, f64: their sums, then DOTS bytes on their <c, e>. */
export const SUMS: usize = TEMPER + TEMPER_BYTES;
export const DOTS: usize = 32;
export const SUMS_BYTES: usize = 64;
export const NOISE: usize = SUMS + SUMS_BYTES;
/** Short rows turned into columns: their logits, later their samples, and their cotangents. */
export const TILE: usize = NOISE + CHUNK_BYTES;
export const COTANGENT_TILE: usize = TILE + CHUNK_BYTES;

export const SCRATCH_BYTES: usize = COTANGENT_TILE + CHUNK_BYTES;
