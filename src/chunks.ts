// Chunks of a call, and their way through the pool: the caller brings a chunk's operands to a slot, posts it as a task, and
// takes the results out in the order of the chunks, so that whatever depends on an order - the first invalid row, the winner
// of a tie, a sum - is the same for every number of threads.

import { PIECE, type WorkArea } from "./arena.ts";
import { STRIP_ROWS, SUM_BLOCK } from "./job.ts";
import { type Piece, size } from "./pieces.ts";
import { NO_RESULT, type Pool } from "./pool.ts";
import type { Axis } from "./shape.ts";

/**
 * Elements from which sharing a call pays. Measured with two threads, the worker asleep before each call: at 8,192 elements 0.8
 * to 1.2 times as fast as one thread, at 16,384 1.2 to 1.4, at 131,072 1.7 and more.
 */
const WORTH_SHARING = 16384;
/** Without noise an element takes about a fourth of the time. */
const NOISE_TIMES = 4;

/** Elements of a chunk: at least the work of some 10 microseconds, at most 128 KB an operand. */
const LEAST_CHUNK = 2048;
const MOST_CHUNK = 32768;
/** Chunks a thread gets of a call, more or less: so much of its time may be lost at the end. */
const CHUNKS_PER_THREAD = 16;

/** One part of a call. While it is with the pool it has a slot and a task. */
export interface Chunk {
  readonly range: Piece;
  slot: WorkArea | undefined;
  task: number;
}

/** What is done with each chunk. */
export interface Steps {
  /** Brings its operands to a slot and posts it; gives the task. */
  post(slot: WorkArea, range: Piece): number;
  /** Throws what the task has found wrong. */
  check(result: number): void;
  /** Takes its results out of the slot. */
  take(slot: WorkArea, range: Piece): void;
  /** Does all of it on this thread, because the pool cannot. */
  redo(range: Piece): void;
  /** Throws what is wrong with any of them, where nothing may be taken before that is known. */
  prove?: (() => void) | undefined;
}

/** Whether a call is large enough for the pool. */
export function worthSharing(pool: Pool | undefined, axis: Axis, scale: number): pool is Pool {
  if (pool === undefined || pool.threads === 1) return false;
  return axis.rows * axis.classes >= WORTH_SHARING * (scale === 0 ? NOISE_TIMES : 1);
}

/** The size of chunks: `outer` slabs, or of one slab `inner` neighbours, or of one row `classes`. */
export interface Cut {
  readonly outer: number;
  readonly classes: number;
  readonly inner: number;
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

/**
 * All ranges by the pool. What has to be proved is, before anything is taken: by the tasks themselves if each range has a slot,
 * and otherwise by this thread, while the others work on as many ranges as have one.
 */
export function sweep(pool: Pool, cut: Cut, ranges: readonly Piece[], steps: Steps): void {
  const { prove } = steps;
  // With nothing to prove: for each thread a slot to work on and one to go on with, and some that wait to be emptied.
  const slots = pool.slots(cut, prove ? ranges.length : Math.min(ranges.length, 2 * pool.threads + 2));
  if (prove === undefined || slots.length < ranges.length) {
    sweepChunks(pool, slots, chunksFrom(ranges), steps);
    return;
  }
  const chunks = chunksFrom(ranges, slots);
  sweepChunks(pool, undefined, chunks, { ...steps, prove: undefined, take() {}, redo: prove });
  for (const { slot, range } of chunks) {
    if (slot) steps.take(slot, range);
    else steps.redo(range);
  }
}

export function chunksFrom(ranges: readonly Piece[], slots: readonly WorkArea[] = []): Chunk[] {
  return ranges.map((range, n) => ({ range, slot: slots[n], task: 0 }));
}

/**
 * Chunks by the pool, with the slots that are free, or without `slots` with those that they have and keep. A slot that a worker
 * does not give back is lost to either.
 */
export function sweepChunks(pool: Pool, slots: WorkArea[] | undefined, chunks: readonly Chunk[], steps: Steps): void {
  const waiting: Chunk[] = [];
  let { prove } = steps;
  const settle = () => {
    prove?.();
    prove = undefined;
    const chunk = waiting[0]!;
    const { range, slot, task } = chunk;
    const result = slot ? pool.finish(task, size(range)) : NO_RESULT;
    waiting.shift();
    if (slot === undefined || result === NO_RESULT) {
      chunk.slot = undefined;
      steps.redo(range);
      return;
    }
    steps.check(result);
    steps.take(slot, range);
    if (slots === undefined) return;
    slots.push(slot);
    chunk.slot = undefined;
  };
  try {
    for (const chunk of chunks) {
      while (slots?.length === 0 && waiting.length > 0) settle();
      chunk.slot ??= slots?.pop();
      if (chunk.slot) chunk.task = steps.post(chunk.slot, chunk.range);
      waiting.push(chunk);
    }
    while (waiting.length > 0) settle();
  } finally {
    for (const { slot, task } of waiting) if (slot) pool.abandon(task);
  }
}
