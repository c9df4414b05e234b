// Layout of the kernels' own memory, by distances in bytes. Each thread sets one scratch aside and passes its address: kernels
// allocate nothing, and two calls share nothing.

import { SUM_BLOCK, TASK_BYTES } from "../../src/kernels/abi";
import { TAU_BYTES } from "../lanes/exp";
import { SCHEDULE_BYTES } from "../lanes/philox-table";
import { POWERS_BYTES } from "../stages/sums-in-f64";

/** Floats worked on at a time: their 2 KB stay in L1 while random words become noise and then perturbed logits. */
export const CHUNK: i32 = 512;
const CHUNK_BYTES: usize = 2048 + 64; // whole counters and whole vectors may end up to 48 bytes behind the chunk

export const SCHEDULE: usize = 0;
export const TAU: usize = SCHEDULE + SCHEDULE_BYTES;
/** State of four rows: their sums, f64; at DOTS their <c, y> or <c, 1>, f64; at LARGEST_OF_FOUR their largest |c|, u32. */
export const SUMS: usize = TAU + TAU_BYTES;
export const DOTS: usize = 32;
export const LARGEST_OF_FOUR: usize = 64;
export const SUMS_BYTES: usize = 80;
/** A few vectors: powers in f64, the dots of some rows, or the maximum of one. */
export const STEP: usize = SUMS + SUMS_BYTES;
export const NOISE: usize = STEP + POWERS_BYTES;
/**
 * For the index alone: the bounds; the classes that may win, their words and logits; the blocks that may win and their logits.
 */
export const BOUNDS: usize = NOISE + CHUNK_BYTES;
export const PICKED: usize = BOUNDS + CHUNK_BYTES;
export const PICKED_BYTES: usize = CHUNK_BYTES;
export const LIST: usize = PICKED + 3 * PICKED_BYTES;
export const LISTED: usize = LIST + CHUNK;
/** Rows turned into columns, a tile or groups: their logits, which become their samples, and their cotangents. */
export const TILE: usize = LISTED + CHUNK_BYTES;
export const TILE_FLOATS: i32 = 2048;
const TILE_BYTES: usize = (<usize>TILE_FLOATS << 2) + 64;
export const COTANGENT_TILE: usize = TILE + TILE_BYTES;
/** The task of a tile. */
export const TILE_TASK: usize = COTANGENT_TILE + TILE_BYTES;

/** For groups of four rows of few classes: the maxima of all rows; the result of the last group, which may have fewer rows. */
export const MOST_GROUPS: i32 = 16;
export const GROUP_MAXIMA: usize = TILE_TASK + <usize>TASK_BYTES;
export const LAST_GROUP: usize = GROUP_MAXIMA + (<usize>MOST_GROUPS << 4);
const LAST_GROUP_BYTES: usize = 256 + 64;

/** Exponentials of one row or of four, of which only the sum is wanted; or the maxima of a row's chunks. */
export const SPARE: usize = LAST_GROUP + LAST_GROUP_BYTES;
export const SPARE_BYTES: usize = <usize>SUM_BLOCK << 4;

/** For each random word of a chunk, the address of its piece in the table of the noise. */
export const PLACES: usize = SPARE + SPARE_BYTES;

export const SCRATCH_BYTES: usize = PLACES + CHUNK_BYTES;
