// The way of shares through the pool: this thread brings a share's operands to a slot, posts it as a task, and takes the results
// out in the order of the shares. Whatever depends on an order - the first invalid row, the winner of a tie, a sum - is then the
// same for every number of threads.

import { NO_RESULT } from "../kernels/abi.ts";
import { type Piece, type PieceSize, size } from "../memory/copies.ts";
import type { WorkArea } from "../memory/work-area.ts";
import type { Pool } from "../threads/pool.ts";

/** A share. While it is with the pool it has a slot, and the address of its task. */
export interface Share {
  readonly piece: Piece;
  slot: WorkArea | undefined;
  task: number;
}

/** Work that is done with each share. */
export interface Steps {
  /** Brings its operands to a slot and posts it; gives the address of the task. */
  post(slot: WorkArea, piece: Piece): number;
  /** Throws the error that a task's result stands for. */
  check(result: number): void;
  /** Takes its results out of the slot. */
  take(slot: WorkArea, piece: Piece): void;
  /** Does all of it on this thread, because the pool cannot. */
  redo(piece: Piece): void;
  /** Throws the error that any of them would, where nothing may be taken before there is known to be none. */
  prove?: (() => void) | undefined;
}

/**
 * Runs all pieces on the pool. With `prove`, nothing is taken before all input is known to be valid: if every piece has a slot,
 * the tasks find errors themselves; otherwise this thread proves it while workers compute.
 */
export function sweep(pool: Pool, pieceSize: PieceSize, pieces: readonly Piece[], steps: Steps): void {
  const { prove } = steps;
  // With nothing to prove: for each thread a slot to work on and one to go on with, and some that wait to be emptied.
  const slots = pool.slots(pieceSize, prove ? pieces.length : Math.min(pieces.length, 2 * pool.threads + 2));
  if (prove === undefined || slots.length < pieces.length) {
    sweepShares(pool, slots, sharesFrom(pieces), steps);
    return;
  }
  const shares = sharesFrom(pieces, slots);
  sweepShares(pool, undefined, shares, { ...steps, prove: undefined, take() {}, redo: prove });
  for (const { slot, piece } of shares) {
    if (slot) steps.take(slot, piece);
    else steps.redo(piece);
  }
}

export function sharesFrom(pieces: readonly Piece[], slots: readonly WorkArea[] = []): Share[] {
  return pieces.map((piece, n) => ({ piece, slot: slots[n], task: 0 }));
}

/**
 * Runs shares on the pool. With `slots`, each borrows a slot and returns it; without, it uses the slot it owns. A slot whose
 * worker does not return it is not used again.
 */
export function sweepShares(pool: Pool, slots: WorkArea[] | undefined, shares: readonly Share[], steps: Steps): void {
  const waiting: Share[] = [];
  let { prove } = steps;
  const settle = () => {
    prove?.();
    prove = undefined;
    const share = waiting[0]!;
    const { piece, slot, task } = share;
    const result = slot ? pool.finish(task, slot, size(piece)) : NO_RESULT;
    waiting.shift();
    if (slot === undefined || result === NO_RESULT) {
      share.slot = undefined;
      steps.redo(piece);
      return;
    }
    steps.check(result);
    steps.take(slot, piece);
    if (slots === undefined) return;
    slots.push(slot);
    share.slot = undefined;
  };
  try {
    for (const share of shares) {
      while (slots?.length === 0 && waiting.length > 0) settle();
      share.slot ??= slots?.pop();
      if (share.slot) share.task = steps.post(share.slot, share.piece);
      waiting.push(share);
    }
    while (waiting.length > 0) settle();
  } finally {
    for (const { slot, task } of waiting) if (slot) pool.abandon(task, slot);
  }
}
