// Workers of an instance and the slots they work in. The life of a task is told in assembly/pool.ts.
//
// A worker runs the same kernels in the same memory. It claims tasks by itself, so that one that never starts, or dies,
// costs time and nothing else: the caller does anew, in other memory, whatever that worker had claimed.

import { NO_RESULT, TASK_COUNT } from "../kernels/abi.ts";
import type { PoolKernels } from "../kernels/instance.ts";
import type { Arena } from "../memory/arena.ts";
import type { PieceSize } from "../memory/copies.ts";
import { aligned, areaAt, areaBytes, type WorkArea } from "../memory/work-area.ts";
import type { Host, Worker } from "./workers.ts";

/** Most threads of an instance, fewer than TASK_COUNT - MOST_SLOTS. */
export const MOST_THREADS = 64;

/** Threads of "auto", however many processors there are: beyond it the caller's copying is what takes the time. */
export const AUTO_THREADS = 8;

/** Bytes for the slots of a call: those of a row of LONGEST_ROW classes fit. */
const CALL_BYTES = 7 * 2 ** 20;

/** Bytes for slots that workers have kept. */
const LOST_BYTES = 2 ** 20;

/** Most slots of a call: a row of LONGEST_ROW classes has this many shares. */
const MOST_SLOTS: number = TASK_COUNT / 2;

/** Time that `start` waits for workers; one that needs longer joins in when it has started. */
const START_MS = 5000;

/** Polls for each element of a task before the caller does it anew: about the time that the task takes. */
const PATIENCE = 1;
const LEAST_PATIENCE = 4000;

/** Memory that a worker may still write to, because it has kept the task. */
interface LostSlot {
  readonly task: number;
  readonly at: number;
  readonly end: number;
}

export class Pool {
  readonly kernels: PoolKernels;
  /** Address of the pool in the memory. */
  readonly at: number;
  /** Reason why a worker is not there. */
  failure: string | undefined;
  readonly #arena: Arena;
  readonly #workers: Map<number, Worker> = new Map();
  readonly #working: Set<number> = new Set();
  readonly #count: number;
  readonly #scratches: number;
  readonly #slotsAt: number;
  readonly #slotsEnd: number;
  /** Bytes of each slot of the present call. */
  #slotBytes = 0;
  #lost: LostSlot[] = [];
  #stopWaiting: () => void = () => {};

  /** Sets aside all memory that `count` workers will ever need. */
  constructor(kernels: PoolKernels, arena: Arena, count: number) {
    this.kernels = kernels;
    this.#arena = arena;
    this.at = arena.allocate(kernels.poolBytes());
    const words = kernels.poolBytes() / 4;
    this.#count = count;
    this.#scratches = arena.allocate(count * aligned(kernels.scratchBytes()));
    this.#slotsAt = arena.allocate(CALL_BYTES + LOST_BYTES);
    this.#slotsEnd = this.#slotsAt + CALL_BYTES + LOST_BYTES;
    arena.indices.fill(0, this.at / 4, this.at / 4 + words);
  }

  /** Number of the threads: the caller, and the workers that have started and live. */
  get threads(): number {
    return 1 + this.#working.size;
  }

  /** Starts workers; resolves when each of them has started or failed, or after START_MS. */
  start(host: Host, module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<void> {
    const count = this.#count;
    return new Promise((resolve) => {
      let pending = count;
      const timer = setTimeout(() => {
        this.failure ??= `${pending} of ${count} workers have not started in ${START_MS / 1000} seconds`;
        resolve();
      }, START_MS);
      this.#stopWaiting = () => {
        clearTimeout(timer);
        resolve();
      };
      const settle = () => {
        if (--pending === 0) this.#stopWaiting();
      };
      for (let worker = 1; worker <= count; worker++) {
        const scratch = this.#scratches + (worker - 1) * aligned(this.kernels.scratchBytes());
        const boot = { module, memory, pool: this.at, scratch, worker };
        let known = false;
        const know = () => {
          if (!known) settle();
          known = true;
        };
        const begun = () => {
          if (this.#workers.has(worker)) this.#working.add(worker);
          if (this.#working.size === count) this.failure = undefined;
          know();
        };
        const ended = (reason: string) => {
          if (this.#workers.delete(worker)) this.failure = reason;
          this.#working.delete(worker);
          know();
        };
        try {
          this.#workers.set(worker, host(boot, begun, ended));
        } catch (error) {
          this.failure = `a worker could not be made: ${(error as Error).message}`;
          know();
        }
      }
    });
  }

  /**
   * Slots for the tasks of a call, each with room for a piece of that size: memory that no worker holds on to, until the next
   * call. At most `count`; fewer, or none, if workers have kept too much.
   */
  slots({ outer, classes, inner }: PieceSize, count: number): WorkArea[] {
    this.#lost = this.#lost.filter(({ task }) => this.kernels.isFree(task) !== 1);
    const rows = outer * inner;
    const capacity = rows * classes;
    this.#slotBytes = areaBytes(capacity, rows);
    const most = Math.min(count, MOST_SLOTS, Math.max(1, Math.floor(CALL_BYTES / this.#slotBytes)));
    const slots: WorkArea[] = [];
    let at = this.#slotsAt;
    while (slots.length < most && at + this.#slotBytes <= this.#slotsEnd) {
      const end = at + this.#slotBytes;
      const lost = this.#lost.find((other) => other.at < end && at < other.end);
      if (lost === undefined) slots.push(areaAt(at, capacity, rows));
      at = lost === undefined ? end : lost.end;
    }
    return slots;
  }

  /** Posts a copy of a task and gives its address. */
  post(task: number): number {
    return this.kernels.post(this.at, task);
  }

  /** Result of a task of `elements`, done by whomever; NO_RESULT if a worker keeps it, and its slot. */
  finish(task: number, slot: WorkArea, elements: number): number {
    const patience = Math.max(LEAST_PATIENCE, elements * PATIENCE);
    const result = this.kernels.finish(this.at, task, this.#arena.scratch, patience);
    if (result === NO_RESULT) this.#lose(task, slot);
    return result;
  }

  /** Gives up a task whose result is not wanted any more. */
  abandon(task: number, slot: WorkArea): void {
    if (this.kernels.abandon(task) === 0) this.#lose(task, slot);
  }

  #lose(task: number, { out }: WorkArea): void {
    this.#lost.push({ task, at: out, end: out + this.#slotBytes });
  }

  /** Ends the workers. */
  close(): void {
    this.#stopWaiting();
    this.kernels.closePool(this.at);
    const workers = [...this.#workers.values()];
    this.#workers.clear();
    this.#working.clear();
    for (const worker of workers) worker.terminate();
  }
}
