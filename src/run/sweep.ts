// The way of chunks through the pool: the caller brings a chunk's operands to a slot, posts it as a task, and
// takes the results out in the order of the chunks, so that whatever depends on an order - the first invalid row, the winner
// of a tie, a sum - is the same for every number of threads.

import { NO_RESULT } from "../kernels/abi.ts";
import { type Cut, type Piece, size } from "../memory/copies.ts";
import type { WorkArea } from "../memory/work-area.ts";
import type { Pool } from "../threads/pool.ts";

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
