// Chunks of a call: when it pays to share it, and what size they have.

import type { Axis } from "../arguments/shape.ts";
import { SUM_BLOCK } from "../kernels/abi.ts";
import type { Cut, Piece } from "../memory/copies.ts";
import { PIECE } from "../memory/work-area.ts";
import type { Pool } from "../threads/pool.ts";

/**
 * Elements from which sharing a call pays. Measured with two threads, the worker asleep before each call: at 8,192 elements 0.8
 * to 1.2 times as fast as one thread, at 16,384 1.2 to 1.4, at 131,072 1.7 and more.
 */
const WORTH_SHARING = 16384;
/** Without noise an element takes about a fourth of the time. */
const NOISE_TIMES = 4;

/** Neighbouring rows of a strip at the least, one cache line of them. */
export const STRIP_ROWS = 16;

/** Elements of a chunk: at least the work of some 10 microseconds, at most 128 KB an operand. */
const LEAST_CHUNK = 2048;
const MOST_CHUNK = 32768;
/** Chunks a thread gets of a call, more or less: so much of its time may be lost at the end. */
const CHUNKS_PER_THREAD = 16;

/** Whether a call is large enough for the pool. */
export function worthSharing(pool: Pool | undefined, axis: Axis, scale: number): pool is Pool {
  if (pool === undefined || pool.threads === 1) return false;
  return axis.rows * axis.classes >= WORTH_SHARING * (scale === 0 ? NOISE_TIMES : 1);
}

export function cutOf({ outer, classes, inner, rows }: Axis, threads: number): Cut {
  const share = Math.ceil((rows * classes) / (threads * CHUNKS_PER_THREAD));
  const chunk = Math.min(Math.max(share, LEAST_CHUNK), MOST_CHUNK);
  const slab = classes * inner;
  if (slab <= chunk) return { outer: Math.floor(chunk / slab), classes, inner };
  if (inner > 1 && classes * STRIP_ROWS <= PIECE) {
    const width = Math.max(STRIP_ROWS, Math.floor(chunk / classes / STRIP_ROWS) * STRIP_ROWS);
    return { outer: 1, classes, inner: Math.min(inner, width) };
  }
  const enough = outer >= 2 * threads || classes <= SUM_BLOCK;
  if (slab <= PIECE && enough) return { outer: 1, classes, inner };
  return { outer: 1, classes: SUM_BLOCK, inner: 1 };
}

export function chunksOf({ outer, classes, inner }: Axis, cut: Cut): Piece[] {
  const chunks: Piece[] = [];
  for (let o = 0; o < outer; o += cut.outer) {
    for (let i = 0; i < inner; i += cut.inner) {
      for (let c = 0; c < classes; c += cut.classes) {
        chunks.push({
          o,
          outer: Math.min(cut.outer, outer - o),
          c,
          classes: Math.min(cut.classes, classes - c),
          i,
          inner: Math.min(cut.inner, inner - i),
        });
      }
    }
  }
  return chunks;
}
