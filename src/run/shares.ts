// Shares: what one thread gets of a call at a time, when it pays to share the call, and how large a share is.

import type { Axis } from "../arguments/shape.ts";
import { SUM_BLOCK } from "../kernels/abi.ts";
import type { PieceSize } from "../memory/copies.ts";
import { PIECE } from "../memory/work-area.ts";
import type { Pool } from "../threads/pool.ts";

/**
 * Elements from which sharing a call pays. Measured with two threads, the worker asleep before each call: at 8,192 elements 0.8
 * to 1.2 times as fast as one thread, at 16,384 1.2 to 1.4, at 131,072 1.7 and more.
 */
const WORTH_SHARING = 16384;
/** Without noise an element takes about a fourth of the time. */
const NOISE_TIMES = 4;

/** Fewest neighbouring rows of a strip: one cache line of them. */
export const STRIP_ROWS = 16;

/** Elements of a share: at least the work of some 10 microseconds, at most 128 KB an operand. */
const LEAST_SHARE = 2048;
const MOST_SHARE = 32768;
/** Shares of a call for each thread, more or less: one of so many parts of its time may be lost at the end. */
const SHARES_PER_THREAD = 16;

/** Whether a call is large enough for the pool. */
export function worthSharing(pool: Pool | undefined, axis: Axis, scale: number): pool is Pool {
  if (pool === undefined || pool.threads === 1) return false;
  return axis.rows * axis.classes >= WORTH_SHARING * (scale === 0 ? NOISE_TIMES : 1);
}

/** The size of the shares: whole slabs, or some neighbours of a slab, or some classes of a row. */
export function shareSize({ outer, classes, inner, rows }: Axis, threads: number): PieceSize {
  const wanted = Math.ceil((rows * classes) / (threads * SHARES_PER_THREAD));
  const count = Math.min(Math.max(wanted, LEAST_SHARE), MOST_SHARE);
  const slab = classes * inner;
  if (slab <= count) return { outer: Math.floor(count / slab), classes, inner };
  if (inner > 1 && classes * STRIP_ROWS <= PIECE) {
    const width = Math.max(STRIP_ROWS, Math.floor(count / classes / STRIP_ROWS) * STRIP_ROWS);
    return { outer: 1, classes, inner: Math.min(inner, width) };
  }
  const enough = outer >= 2 * threads || classes <= SUM_BLOCK;
  if (slab <= PIECE && enough) return { outer: 1, classes, inner };
  return { outer: 1, classes: SUM_BLOCK, inner: 1 };
}
