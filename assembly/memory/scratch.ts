// The kernels' own memory, one per caller at an address the caller gives: nothing is allocated and nothing is shared.

import { SUM_BLOCK, TASK_BYTES } from "../../src/kernels/abi";
import { TAU_BYTES } from "../lanes/exp";
import { SCHEDULE_BYTES } from "../lanes/philox-table";
import { POWERS_BYTES } from "../stages/sums-in-f64";

/** Floats worked on at a time: 2 KB of noise stay in L1 from the words to the perturbed logits. */
export const CHUNK: i32 = 512;
const CHUNK_BYTES: usize = 2048 + 64; // whole counters and whole vectors may end up to 48 bytes behind

export const SCHEDULE: usize = 0;
export const TAU: usize = SCHEDULE + SCHEDULE_BYTES;
/** Of four rows: their sums, f64, DOTS bytes on their <c, y>, f64, LARGEST_OF_FOUR bytes on their largest |c|, u32. */
export const SUMS: usize = TAU + TAU_BYTES;
export const DOTS: usize = 32;
export const LARGEST_OF_FOUR: usize = 64;
export const SUMS_BYTES: usize = 80;
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
/** A tile as a task. */
export const TILE_TASK: usize = COTANGENT_TILE + TILE_BYTES;

/** Groups of four rows of few classes: the maxima of all rows; what the last group writes, before it is cut to its rows. */
export const MOST_GROUPS: i32 = 16;
export const GROUP_MAXIMA: usize = TILE_TASK + <usize>TASK_BYTES;
export const LAST_GROUP: usize = GROUP_MAXIMA + (<usize>MOST_GROUPS << 4);
const LAST_GROUP_BYTES: usize = 256 + 64;

/** Exponentials of which only the sum is wanted, of one row or of four; the maxima of a row's chunks. */
export const SPARE: usize = LAST_GROUP + LAST_GROUP_BYTES;
export const SPARE_BYTES: usize = <usize>SUM_BLOCK << 4;

/** Where in the noise table a chunk's words find their pieces. */
export const PLACES: usize = SPARE + SPARE_BYTES;

export const SCRATCH_BYTES: usize = PLACES + CHUNK_BYTES;
