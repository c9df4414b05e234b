// Carries out a call piece by piece, so that memory does not grow with the input. There are three ways, by the size of a slab,
// the classes * inner elements that belong together:
//
//   slabs   as many whole slabs at a time as a piece holds
//   strips  of a slab too large for that, all classes of a few neighbouring rows at a time
//   passes  of rows too long even for that, some classes of one row at a time, several times over
//
// With workers, shared.ts carries out the larger calls.

import type { NumericArray } from "../arguments/tensor-like.ts";
import { expectedBut } from "../check.ts";
import { INDEX, PASS_MAX, PASS_WRITE, SUMS } from "../kernels/abi.ts";
import type { Arena, Place } from "../memory/arena.ts";
import { copy } from "../memory/copies.ts";
import { LONGEST_ROW, PIECE } from "../memory/work-area.ts";
import { NO_STREAM } from "../stream.ts";
import type { Pool } from "../threads/pool.ts";
import { type Engine, exclusively } from "./engine.ts";
import type { Call, Job } from "./job.ts";
import { copyWinners, deliver, invalidLogits, limitOf, passesOf, runPass, runPiece, wrongCotangent } from "./piece.ts";
import { share, WrongInput } from "./shared.ts";
import { STRIP_ROWS, worthSharing } from "./shares.ts";

/** Carries out a call. Throws a RangeError for an invalid row, unless those are to be marked. */
export function run(engine: Engine, call: Call): Job {
  const { kind, axis, logits, draws, cotangent, out, sums, index, scores, scale, tau, taus, mark } = call;
  const { arena } = engine;
  const count = axis.rows * axis.classes;
  const guarded = out?.buffer !== undefined;
  const inPlace = guarded && liesOn(arena, out, logits, "logits");
  const onCotangent = guarded && cotangent !== undefined && liesOn(arena, out, cotangent, "cotangent");
  // A result that fits a piece is copied out when the call has succeeded, and so needs no rehearsal.
  const outAt = out === undefined || onCotangent || count <= PIECE ? -1 : out.at;
  // Without noise seeds are of no use, and rows need not be done one by one.
  const stream = scale === 0 ? NO_STREAM : call.stream;
  // All fields, always in this order: JavaScript engines then read a job of any operation the same way.
  const job: Job = {
    kind,
    axis,
    logits,
    draws,
    cotangent,
    out,
    sums,
    index,
    scores,
    stream,
    scale,
    tau,
    taus,
    mark,
    outAt,
    guarded,
    inPlace,
    onCotangent,
  };
  // Arrays can shrink after their check: code of the user has run since, or time has passed since the forward call.
  if (logits.data.length * draws !== count) throw shrunk("logits", count / draws, logits.data);
  if (cotangent && cotangent.data.length !== count) throw shrunk("cotangent", count, cotangent.data);
  if (out && out.data.length !== count) throw shrunk("out", count, out.data);
  if (count > 0) exclusively(engine, () => carryOut(engine, job));
  return job;
}

/** Whether an output lies just on an input; it may not overlap it otherwise. */
export function liesOn(arena: Arena, out: Place, input: Place, name: string): boolean {
  if (!arena.overlaps(out, input)) return false;
  const { data: a } = out;
  const { data: b } = input;
  if (a.byteOffset === b.byteOffset && a.byteLength === b.byteLength) return true;
  throw expectedBut(RangeError, "out", `memory apart from ${name}, or just that of ${name}`, "an overlap");
}

function shrunk(name: string, count: number, { length }: NumericArray): Error {
  return expectedBut(Error, name, `${count} elements as before`, `${length}`);
}

function carryOut(engine: Engine, job: Job): void {
  const { pool } = engine;
  const { outer, classes, inner } = job.axis;
  // With a seed or a temperature of its own, each row is a piece of its own.
  const hasRowSeeds = job.stream.seeds !== undefined || job.taus !== undefined;
  if (!hasRowSeeds && worthSharing(pool, job.axis, job.scale)) {
    try {
      shareDraws(engine, pool, job);
      return;
    } catch (error) {
      if (!(error instanceof WrongInput)) throw error;
      job.sums?.fill(0);
    }
  }
  const slab = classes * inner;
  const { logits, cotangent, out } = job;
  // Kernels need no copy of any operand.
  const resident =
    !job.onCotangent &&
    job.sums === undefined &&
    logits.at >= 0 &&
    (cotangent === undefined || cotangent.at >= 0) &&
    (out === undefined || out.at >= 0);
  const slabs =
    (!hasRowSeeds || inner === 1) &&
    (slab <= PIECE || (inner === 1 && classes <= LONGEST_ROW) || (resident && inner <= PIECE));
  const strips = !slabs && classes * STRIP_ROWS <= LONGEST_ROW;
  // A piece has whole draws, whose logits are staged once for all of them, or lies in one draw.
  const ofDraw = outer / job.draws;
  const together = Math.floor(PIECE / slab / ofDraw) * ofDraw;
  const staged = !hasRowSeeds && job.draws > 1 && (together > 0 || ofDraw === 1);
  const step = hasRowSeeds ? 1 : staged ? Math.max(1, together) : Math.max(1, Math.floor(PIECE / slab));
  // A single piece is written when it has succeeded, unless the kernel writes it in place.
  const once = slabs && outer <= step && job.outAt < 0;
  if (job.guarded && !once) rehearse(engine, job);
  if (slabs) {
    for (let o = 0, n: number; o < outer; o += n) {
      n = Math.min(step, staged ? outer - o : ofDraw - (o % ofDraw));
      runPiece(engine, job, { o, outer: n, c: 0, classes, i: 0, inner }, !staged || o === 0);
    }
    return;
  }
  const width =
    strips && !hasRowSeeds ? Math.max(STRIP_ROWS, Math.floor(PIECE / classes / STRIP_ROWS) * STRIP_ROWS) : 1;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i += width) {
      const neighbours = Math.min(width, inner - i);
      if (strips) runPiece(engine, job, { o, outer: 1, c: 0, classes, i, inner: neighbours });
      else runRow(engine, job, o, i);
    }
  }
}

/** Elements of the draws that threads share at a time, so that a list of their pieces does not grow with the draws. */
const SHARED_DRAWS = 4194304;

//  Shares a job with threads, some of its draws at a time.
function shareDraws(engine: Engine, pool: Pool, job: Job): void {
  const { axis, draws } = job;
  const ofDraw = axis.outer / draws;
  const step = Math.max(1, Math.floor(SHARED_DRAWS / (ofDraw * axis.classes * axis.inner))) * ofDraw;
  if (draws === 1 || step >= axis.outer) {
    share(engine, pool, job, rehearse);
    return;
  }
  if (job.guarded) rehearse(engine, job);
  for (let o = 0; o < axis.outer; o += step) {
    const outer = Math.min(o + step, axis.outer);
    const part = { ...axis, outer, rows: outer * axis.inner };
    share(engine, pool, { ...job, axis: part, guarded: false }, rehearse, o);
  }
}

/** Throws the error that the call would, for an invalid row or a cotangent that is not finite, and writes nothing. */
export function prove(engine: Engine, call: Call): void {
  const job = { ...call, outAt: -1, guarded: false, inPlace: false, onCotangent: false };
  if (call.axis.rows > 0) exclusively(engine, () => rehearse(engine, job));
}

//  Finds every error that the job would, and writes nothing.
function rehearse(engine: Engine, job: Job): void {
  const { cotangent, logits } = job;
  if (cotangent && !allFinite(engine, cotangent)) throw wrongCotangent(job);
  // Where all logits are finite, all rows are valid; else each row is looked at.
  if (job.mark || allFinite(engine, logits)) return;
  const nothing = {
    cotangent: undefined,
    out: undefined,
    sums: undefined,
    index: undefined,
    scores: undefined,
    outAt: -1,
  };
  const plain = { stream: NO_STREAM, scale: 0, tau: 1, taus: undefined, guarded: false, onCotangent: false };
  const outer = job.axis.outer / job.draws;
  const axis = { ...job.axis, outer, rows: outer * job.axis.inner };
  carryOut(engine, { ...job, ...nothing, ...plain, axis, draws: 1, kind: INDEX });
}

function allFinite({ kernels, arena }: Engine, { data, at }: Place): boolean {
  if (at >= 0) return kernels.firstNotFinite(at, data.length) < 0;
  const staged = arena.area.logits;
  for (let start = 0; start < data.length; start += PIECE) {
    const n = Math.min(PIECE, data.length - start);
    copy(arena.floats, staged / 4, data, start, n);
    if (kernels.firstNotFinite(staged, n) >= 0) return false;
  }
  return true;
}

//  One row too long for the work area: maximum, sum, result, each over all its pieces.
function runRow(engine: Engine, job: Job, o: number, i: number): void {
  const { arena } = engine;
  const { area } = arena;
  const { classes } = job.axis;
  const row = o * job.axis.inner + i;
  arena.floats.fill(0, area.sums / 4, area.sums / 4 + 2 * SUMS);
  const kind = job.taus ? limitOf(job.kind, job.taus[row % job.taus.length]!) : job.kind;
  for (const pass of passesOf(kind)) {
    for (let c = 0; c < classes; c += PIECE) {
      const piece = { o, outer: 1, c, classes: Math.min(PIECE, classes - c), i, inner: 1 };
      runPass(engine, job, piece, pass, area.out);
      if (pass === PASS_WRITE) deliver(job, arena.floats, area.out / 4, piece);
    }
    if (pass !== PASS_MAX) continue;
    if (arena.indices[area.index / 4]! < 0 && !job.mark) throw invalidLogits(job, row);
    copyWinners(arena, area, job, row, 1);
  }
}
