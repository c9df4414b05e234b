// A call that threads share: by whole rows, or where rows are few and long, each row by pieces of its classes.

import { KEPT, PASS_ALL, PASS_MAX, PASS_WRITE, VALID } from "../kernels/abi.ts";
import { type Piece, type PieceSize, piecesOf } from "../memory/copies.ts";
import type { WorkArea } from "../memory/work-area.ts";
import type { Pool } from "../threads/pool.ts";
import type { Engine } from "./engine.ts";
import type { Job } from "./job.ts";
import { copyWinners, deliver, passesOf, postPass, runPass, runPiece } from "./piece.ts";
import { RowState } from "./row-state.ts";
import { shareSize } from "./shares.ts";
import { type Steps, sharesFrom, sweep, sweepShares } from "./sweep.ts";

/**
 * An invalid row, or a cotangent that is not finite, was found before anything of the caller's own was written. One thread
 * then finds out which is first.
 */
export class WrongInput {}

/** Carries out a job, or its slabs from `start` on, on all threads. `rehearse` throws the error that the job would, and writes nothing. */
export function share(
  engine: Engine,
  pool: Pool,
  job: Job,
  rehearse: (engine: Engine, job: Job) => void,
  start: number = 0,
): void {
  const { axis, guarded } = job;
  const outer = axis.outer - start;
  const pieceSize = shareSize({ ...axis, outer, rows: outer * axis.inner }, pool.threads);
  const pieces = piecesOf(axis, pieceSize, start);
  const perRow = Math.ceil(axis.classes / pieceSize.classes);
  if (perRow > 1) {
    // A row that is the only one is checked as a whole before anything of it is written.
    if (guarded && pieces.length > perRow) rehearse(engine, job);
    for (let at = 0; at < pieces.length; at += perRow) {
      shareRow(engine, pool, job, pieceSize, pieces.slice(at, at + perRow));
    }
    return;
  }
  const { arena } = engine;
  const first = (piece: Piece) => piece.o * axis.inner + piece.i;
  const steps: Steps = {
    // Without the pool, which is busy.
    prove: guarded ? () => rehearse({ ...engine, pool: undefined }, job) : undefined,
    post: (slot, piece) => postPass(arena, pool, slot, job, piece, PASS_ALL),
    check(result) {
      if (result < VALID || (result >= 0 && !job.mark)) throw new WrongInput();
    },
    take(slot, piece) {
      deliver(job, arena.floats, slot.out / 4, piece);
      copyWinners(arena, slot, job, first(piece), piece.outer * piece.inner);
    },
    redo: (piece) => runPiece(engine, job, piece),
  };
  sweep(pool, pieceSize, pieces, steps);
}

//  One row by pieces of its classes: maximum, sum, result, each over all of them.
function shareRow(engine: Engine, pool: Pool, job: Job, pieceSize: PieceSize, pieces: readonly Piece[]): void {
  const { arena } = engine;
  const { area } = arena;
  const { axis, kind } = job;
  const { o, i } = pieces[0]!;
  const slots = pool.slots(pieceSize, pieces.length);
  const kept = slots.length === pieces.length;
  const shares = sharesFrom(pieces, kept ? slots : []);
  const state = new RowState(arena);
  const all = passesOf(kind);
  for (const pass of all) {
    const again = kept && pass !== all[0];
    const take = (from: WorkArea, piece: Piece) => {
      if (pass === PASS_WRITE) deliver(job, arena.floats, from.out / 4, piece);
      else state.merge(from, pass);
    };
    sweepShares(pool, kept ? undefined : slots, shares, {
      post(slot, piece) {
        state.store(slot, pass);
        return postPass(arena, pool, slot, job, piece, again ? pass | KEPT : pass, !again);
      },
      check(result) {
        if (result < VALID) throw new WrongInput();
      },
      take,
      redo(piece) {
        state.store(area, pass);
        runPass(engine, job, piece, pass, area.out);
        take(area, piece);
      },
    });
    if (pass !== PASS_MAX) continue;
    if (state.index < 0 && !job.mark) throw new WrongInput();
    state.store(area, PASS_WRITE);
    copyWinners(arena, area, job, o * axis.inner + i, 1);
  }
}
