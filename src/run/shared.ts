// A call shared among threads: chunks of whole rows, or where rows are few and long, each row by ranges of its classes.

import { KEPT, PASS_ALL, PASS_MAX, PASS_WRITE } from "../kernels/abi.ts";
import type { Arena } from "../memory/arena.ts";
import { type Cut, copyOut, type Piece } from "../memory/copies.ts";
import type { WorkArea } from "../memory/work-area.ts";
import { counter } from "../stream.ts";
import type { Pool } from "../threads/pool.ts";
import type { Engine } from "./engine.ts";
import type { Job } from "./job.ts";
import { call, copyWinners, operand, passesOf, piece } from "./piece.ts";
import { RowState } from "./row-state.ts";
import { chunksOf, cutOf } from "./shares.ts";
import { chunksFrom, type Steps, sweep, sweepChunks } from "./sweep.ts";

/**
 * An invalid row, or a cotangent that is not finite, was found before anything of the caller's own was written. One thread
 * tells which is first.
 */
export class WrongInput {}

/** `run` of run.ts by all threads; `rehearse` throws what the job would, and writes nothing. */
export function share(engine: Engine, pool: Pool, job: Job, rehearse: (engine: Engine, job: Job) => void): void {
  const { axis, guarded } = job;
  const cut = cutOf(axis, pool.threads);
  const ranges = chunksOf(axis, cut);
  const perRow = Math.ceil(axis.classes / cut.classes);
  if (perRow > 1) {
    // A row that is the only one is checked as a whole before anything of it is written.
    if (guarded && ranges.length > perRow) rehearse(engine, job);
    for (let at = 0; at < ranges.length; at += perRow) {
      shareRow(engine, pool, job, cut, ranges.slice(at, at + perRow));
    }
    return;
  }
  const { kernels, arena } = engine;
  const first = (range: Piece) => range.o * axis.inner + range.i;
  const steps: Steps = {
    // Without the pool, which is busy.
    prove: guarded ? () => rehearse({ ...engine, pool: undefined }, job) : undefined,
    post: (slot, range) => post(arena, pool, slot, job, range, PASS_ALL),
    check(result) {
      if (result < -1 || (result >= 0 && !job.mark)) throw new WrongInput();
    },
    take(slot, range) {
      if (job.out) copyOut(job.out, arena.floats, slot.out / 4, axis, range);
      copyWinners(arena, slot, job, first(range), range.outer * range.inner);
    },
    redo: (range) => piece(kernels, arena, arena.area(0), job, range),
  };
  sweep(pool, cut, ranges, steps);
}

//  One row by ranges of its classes: maximum, sum, result, each over all ranges.
function shareRow({ kernels, arena }: Engine, pool: Pool, job: Job, cut: Cut, ranges: readonly Piece[]): void {
  const { axis, kind } = job;
  const { o, i } = ranges[0]!;
  const slots = pool.slots(cut, ranges.length);
  const kept = slots.length === ranges.length;
  const chunks = chunksFrom(ranges, kept ? slots : []);
  const state = new RowState(arena);
  const all = passesOf(kind);
  for (const pass of all) {
    const take = (area: WorkArea, range: Piece) => {
      if (pass === PASS_WRITE) copyOut(job.out!, arena.floats, area.out / 4, axis, range);
      else state.merge(area, pass);
    };
    sweepChunks(pool, kept ? undefined : slots, chunks, {
      post(slot, range) {
        state.store(slot, pass);
        return post(arena, pool, slot, job, range, kept && pass !== all[0] ? pass | KEPT : pass);
      },
      check(result) {
        if (result < -1) throw new WrongInput();
      },
      take,
      redo(range) {
        const area = arena.area(0);
        state.store(area, pass);
        call(kernels, arena, area, job, range, pass, area.out);
        take(area, range);
      },
    });
    if (pass !== PASS_MAX) continue;
    if (state.index < 0 && !job.mark) throw new WrongInput();
    const area = arena.area(0);
    state.store(area, PASS_WRITE);
    copyWinners(arena, area, job, o * axis.inner + i, 1);
  }
}

//  Brings a range to a slot, if it is not there still, and posts it.
function post(arena: Arena, pool: Pool, slot: WorkArea, job: Job, range: Piece, pass: number): number {
  const { axis, stream } = job;
  const bring = (pass & KEPT) === 0;
  const logits = operand(arena, slot.logits, job, job.logits, job.logitsAt, range, bring);
  const cotangent = job.cotangent
    ? operand(arena, slot.cotangent, job, job.cotangent, job.cotangentAt, range, bring)
    : 0;
  const { rowLo, rowHi, block, lead, seedLo, seedHi } = counter(stream, axis, range);
  return pool.kernels.post(
    pool.at,
    job.kind,
    pass,
    slot.out,
    slot.max,
    slot.index,
    slot.sums,
    logits,
    cotangent,
    range.outer,
    range.classes,
    range.inner,
    range.c,
    rowLo,
    rowHi,
    block,
    lead,
    seedLo,
    seedHi,
    job.scale,
    job.tau,
  );
}
