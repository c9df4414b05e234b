// A call shared among threads: cut into chunks of whole rows, or each row into ranges of classes. The caller brings a chunk's
// operands to a slot, posts it as a task, and takes the results out in the order of the chunks, so that whatever depends on
// an order - the first invalid row, the winner of a tie, a sum - is the same for every number of threads.

import { type Arena, PIECE, type WorkArea } from "./arena.ts";
import {
  call,
  copyWinners,
  counter,
  type Engine,
  INDEX,
  invalidRow,
  type Job,
  notFinite,
  operand,
  PASS_ALL,
  PASS_MAX,
  PASS_SUM,
  PASS_WRITE,
  piece,
  SOFT,
  STRIP_ROWS,
  SUM_BLOCK,
} from "./job.ts";
import { copyOut, type Piece, position, size } from "./pieces.ts";
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

/** Beside a pass: `out` of the slot still holds what the pass before has left there. */
const KEPT = 4;

/** One part of a call. While it is with the pool it has a slot and a task. */
interface Chunk {
  readonly range: Piece;
  slot: WorkArea | undefined;
  task: number;
}

/** What is done with each chunk. */
interface Steps {
  /** Brings its operands to a slot and posts it; gives the task. */
  post(slot: WorkArea, range: Piece): number;
  /** Throws what the task has found wrong. */
  check(range: Piece, result: number): void;
  /** Takes its results out of the slot. */
  take(slot: WorkArea, range: Piece): void;
  /** Does all of it on this thread, because the pool cannot. */
  redo(range: Piece): void;
}

/** Whether a call is large enough for the pool. */
export function worthSharing(pool: Pool | undefined, axis: Axis, scale: number): pool is Pool {
  if (pool === undefined || pool.threads === 1) return false;
  return axis.rows * axis.classes >= WORTH_SHARING * (scale === 0 ? NOISE_TIMES : 1);
}

/** `run` of work.ts by all threads; `rehearse` throws what the job would, and writes nothing. */
export function share(engine: Engine, pool: Pool, job: Job, rehearse: () => void): void {
  const { kernels, arena } = engine;
  const { axis } = job;
  const cut = cutOf(axis, pool.threads);
  const chunks = chunksOf(axis, cut);
  if (cut.classes < axis.classes) {
    // One group of rows is checked as a whole before anything of it is written.
    if (job.guarded && axis.outer * Math.ceil(axis.inner / cut.inner) > 1) rehearse();
    shareRows(engine, pool, job, cut, chunks);
    return;
  }
  const count = Math.ceil(axis.outer / cut.outer) * Math.ceil(axis.inner / cut.inner);
  const slots = slotsOf(pool, cut, job.guarded ? count : slotCount(pool));
  const late = job.guarded && slots.length >= count;
  if (job.guarded && !late) rehearse();
  const first = (range: Piece) => range.o * axis.inner + range.i;
  const steps: Steps = {
    post: (slot, range) => postSample(arena, pool, slot, job, range, PASS_ALL),
    check(range, result) {
      if (result < -1) throw notFinite(job, position(axis, range, -2 - result));
      if (result >= 0 && !job.mark) throw invalidRow(job, first(range) + result);
    },
    take(slot, range) {
      if (job.out) copyOut(job.out, arena.floats, slot.out / 4, axis, range);
      copyWinners(arena, slot, job, first(range), range.outer * range.inner);
    },
    redo: (range) => piece(kernels, arena, arena.area(0), job, range),
  };
  sweep(pool, slots, chunks, steps, late ? rehearse : undefined);
}

/** Neighbouring rows, or one, whose classes are shared: maximum, sum, result, each over all ranges of classes. */
function shareRows(engine: Engine, pool: Pool, job: Job, cut: Cut, ranges: Iterable<Piece>): void {
  const count = Math.ceil(job.axis.classes / cut.classes);
  let chunks: Chunk[] = [];
  for (const range of ranges) {
    chunks.push({ range, slot: undefined, task: 0 });
    if (chunks.length < count) continue;
    // Anew for each row, because a worker may have kept a slot of the one before.
    const slots = slotsOf(pool, cut, count);
    const kept = slots.length === count;
    if (kept) for (const [n, slot] of slots.entries()) chunks[n]!.slot = slot;
    shareRow(engine, pool, job, kept ? undefined : slots, chunks);
    chunks = [];
  }
}

function shareRow(
  { kernels, arena }: Engine,
  pool: Pool,
  job: Job,
  slots: WorkArea[] | undefined,
  chunks: readonly Chunk[],
): void {
  const { axis, kind } = job;
  const { o, i, inner } = chunks[0]!.range;
  const state = new RowState(arena, inner);
  const keep = slots ? 0 : KEPT;
  for (const pass of [PASS_MAX, PASS_SUM, PASS_WRITE]) {
    if ((pass === PASS_SUM && kind < SOFT) || (pass === PASS_WRITE && kind === INDEX)) continue;
    const collect = (area: WorkArea, range: Piece) => {
      if (pass === PASS_WRITE) copyOut(job.out!, arena.floats, area.out / 4, axis, range);
      else state.merge(area, pass);
    };
    sweepChunks(pool, slots, chunks, {
      post(slot, range) {
        state.store(slot, pass);
        return postSample(arena, pool, slot, job, range, pass === PASS_MAX ? pass : pass | keep);
      },
      check(range, result) {
        if (result < -1) throw notFinite(job, position(axis, range, -2 - result));
      },
      take: collect,
      redo(range) {
        const area = arena.area(0);
        state.store(area, pass);
        call(kernels, arena, area, job, range, pass, area.out);
        collect(area, range);
      },
    });
    if (pass !== PASS_MAX) continue;
    const invalid = state.index.findIndex((winner) => winner < 0);
    const first = o * axis.inner + i;
    if (invalid >= 0 && !job.mark) throw invalidRow(job, first + invalid);
    const area = arena.area(0);
    state.store(area, PASS_WRITE);
    copyWinners(arena, area, job, first, inner);
  }
}

/** What is known of some neighbouring rows so far: their maxima, the classes of these, their sums. */
class RowState {
  readonly index: Int32Array;
  readonly #max: Float32Array;
  readonly #sums: Float64Array = new Float64Array(32);
  readonly #arena: Arena;

  constructor(arena: Arena, rows: number) {
    this.#arena = arena;
    this.#max = new Float32Array(rows).fill(Number.NEGATIVE_INFINITY);
    this.index = new Int32Array(rows).fill(-1);
  }

  /** Before a pass: what it starts from, or has to know. */
  store({ max, index, sums }: WorkArea, pass: number): void {
    const { floats, indices } = this.#arena;
    const rows = this.index.length;
    if (pass === PASS_MAX) {
      floats.fill(Number.NEGATIVE_INFINITY, max / 4, max / 4 + rows);
      indices.fill(-1, index / 4, index / 4 + rows);
    } else {
      floats.set(this.#max, max / 4);
      indices.set(this.index, index / 4);
      const to = new Float64Array(floats.buffer, sums, 32);
      if (pass === PASS_SUM) to.fill(0);
      else to.set(this.#sums);
    }
  }

  /** After a range of classes, in their order: a later equal maximum does not win, and sums are added in turn. */
  merge({ max, index, sums }: WorkArea, pass: number): void {
    const { floats, indices } = this.#arena;
    if (pass === PASS_SUM) {
      const from = new Float64Array(floats.buffer, sums, 32);
      for (let n = 0; n < 32; n++) this.#sums[n]! += from[n]!;
      return;
    }
    for (let r = 0; r < this.index.length; r++) {
      if (!(floats[max / 4 + r]! > this.#max[r]!)) continue;
      this.#max[r] = floats[max / 4 + r]!;
      this.index[r] = indices[index / 4 + r]!;
    }
  }
}

/** The size of chunks: `outer` slabs, or of one slab `inner` neighbours, or of one slab and some neighbours `classes`. */
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
  return { outer: 1, classes: SUM_BLOCK, inner: Math.min(inner, STRIP_ROWS) };
}

export function* chunksOf({ outer, classes, inner }: Axis, cut: Cut): Generator<Piece> {
  for (let o = 0; o < outer; o += cut.outer) {
    for (let i = 0; i < inner; i += cut.inner) {
      for (let c = 0; c < classes; c += cut.classes) {
        yield {
          o,
          outer: Math.min(cut.outer, outer - o),
          c,
          classes: Math.min(cut.classes, classes - c),
          i,
          inner: Math.min(cut.inner, inner - i),
        };
      }
    }
  }
}

/** Slots of a call that goes on and on: one for each thread to work on, one to go on with. */
export function slotCount(pool: Pool): number {
  return 2 * pool.threads + 2;
}

export function slotsOf(pool: Pool, { outer, classes, inner }: Cut, count: number): WorkArea[] {
  return pool.slots(outer * classes * inner, outer * inner, count);
}

/**
 * All chunks by the pool, as many at a time as there are slots; results are taken in the order of the chunks. With `rehearse`
 * there is a slot for each chunk, and nothing is taken before all is known to be well.
 */
export function sweep(
  pool: Pool,
  slots: WorkArea[],
  ranges: Iterable<Piece>,
  steps: Steps,
  rehearse?: () => void,
): void {
  if (rehearse === undefined) {
    sweepChunks(pool, slots, chunksFrom(ranges), steps);
    return;
  }
  const chunks = [...chunksFrom(ranges)];
  for (const [n, chunk] of chunks.entries()) chunk.slot = slots[n];
  sweepChunks(pool, undefined, chunks, { ...steps, take() {}, redo() {} });
  if (chunks.some(({ slot }) => slot === undefined)) rehearse();
  for (const { slot, range } of chunks) {
    if (slot) steps.take(slot, range);
    else steps.redo(range);
  }
}

function* chunksFrom(ranges: Iterable<Piece>): Generator<Chunk> {
  for (const range of ranges) yield { range, slot: undefined, task: 0 };
}

//  Without `slots` the chunks have slots of their own, which they keep. A slot that a worker keeps is taken from either.
function sweepChunks(pool: Pool, slots: WorkArea[] | undefined, chunks: Iterable<Chunk>, steps: Steps): void {
  const waiting: Chunk[] = [];
  const settle = () => {
    const chunk = waiting[0]!;
    const { range, slot, task } = chunk;
    const result = slot ? pool.finish(task, size(range)) : NO_RESULT;
    waiting.shift();
    if (result === NO_RESULT) chunk.slot = undefined;
    if (!chunk.slot) {
      steps.redo(range);
      return;
    }
    steps.check(range, result);
    steps.take(chunk.slot, range);
    if (slots === undefined) return;
    slots.push(chunk.slot);
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

function postSample(arena: Arena, pool: Pool, slot: WorkArea, job: Job, range: Piece, pass: number): number {
  const { axis, stream } = job;
  const bring = (pass & KEPT) === 0;
  const logits = operand(arena, slot.logits, job, job.logits, range, bring);
  const cotangent = job.cotangent ? operand(arena, slot.cotangent, job, job.cotangent, range, bring) : 0;
  const [rowLo, rowHi, block, lead] = counter(stream, axis, range);
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
    stream.seed.lo,
    stream.seed.hi,
    job.scale,
    job.tau,
  );
}
