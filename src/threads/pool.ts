// The workers of an instance and the tasks they are given: assembly/pool.ts has the tasks' life, this file the workers'.
//
// A worker runs the same kernels in the same memory. It claims tasks by itself, so that one that never starts, or dies,
// costs time and nothing else: what it had claimed is done anew by the caller, in other memory.

import { NO_RESULT } from "../kernels/abi.ts";
import type { PoolKernels } from "../kernels/instance.ts";
import type { Arena } from "../memory/arena.ts";
import type { Cut } from "../memory/copies.ts";
import { areaAt, areaBytes, type WorkArea } from "../memory/work-area.ts";
import type { Host, Worker } from "./workers.ts";

/** Most threads of an instance: with MOST_SLOTS fewer than the tasks of a pool (assembly/pool.ts). */
export const MOST_THREADS = 64;

/** Threads of "auto", however many processors there are: beyond it the caller's copying is what takes the time. */
export const AUTO_THREADS = 8;

/** Most bytes of the slots of a call: those of a row of LONGEST_ROW classes. */
const SLOTS_BYTES = 7 * 2 ** 20;

/** Most bytes of slots in all, with those that workers have kept. */
const AREAS_BYTES = 2 * SLOTS_BYTES;

/** Most slots of a call: a row of LONGEST_ROW classes has so many chunks. */
const MOST_SLOTS = 128;

/** How long `started` waits for workers; they join in later than that, too. */
const START_MS = 5000;

/** Polls per element of a task before the caller does it anew: about the time that the task takes. */
const PATIENCE = 1;
const LEAST_PATIENCE = 4000;

/** Memory for the slots of a call, and tasks of it that workers have kept. */
interface Area {
  readonly at: number;
  readonly bytes: number;
  readonly lost: number[];
}

export class Pool {
  readonly kernels: PoolKernels;
  /** The pool's own address. */
  readonly at: number;
  /** Why a worker is not there. */
  failure: string | undefined;
  readonly #arena: Arena;
  readonly #workers: Map<number, Worker> = new Map();
  readonly #working: Set<number> = new Set();
  #area: Area | undefined;
  #retired: Area[] = [];
  #stopWaiting: () => void = () => {};

  constructor(kernels: PoolKernels, arena: Arena) {
    this.kernels = kernels;
    this.#arena = arena;
    this.at = arena.allocate(kernels.poolBytes());
    const words = kernels.poolBytes() / 4;
    arena.indices.fill(0, this.at / 4, this.at / 4 + words);
  }

  /** The caller, and the workers that have started and live. */
  get threads(): number {
    return 1 + this.#working.size;
  }

  /** Starts workers; resolves when each of them has started or failed, or after START_MS. */
  start(host: Host, module: WebAssembly.Module, memory: WebAssembly.Memory, count: number): Promise<void> {
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
        const scratch = this.#arena.allocate(this.kernels.scratchBytes());
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
   * Work areas for the tasks of a call, each with room for a chunk, until the next call: memory that no worker holds on to. At
   * most `count` of them; none, if workers have kept too much, or there is no more memory.
   */
  slots({ outer, classes, inner }: Cut, count: number): WorkArea[] {
    const rows = outer * inner;
    const capacity = rows * classes;
    const each = areaBytes(capacity, rows);
    const length = Math.min(count, MOST_SLOTS, Math.max(1, Math.floor(SLOTS_BYTES / each)));
    const area = this.#reserve(length * each);
    return area ? Array.from({ length }, (_, n) => areaAt(area.at + n * each, capacity, rows)) : [];
  }

  #reserve(bytes: number): Area | undefined {
    this.#retired = this.#retired.filter((area) => {
      if (!this.#isFree(area)) return true;
      this.#arena.free(area.at);
      return false;
    });
    if (this.#area && !this.#isFree(this.#area)) {
      this.#retired.push(this.#area);
      this.#area = undefined;
    }
    if (this.#area && this.#area.bytes < bytes) {
      this.#arena.free(this.#area.at);
      this.#area = undefined;
    }
    if (this.#area) {
      this.#area.lost.length = 0;
      return this.#area;
    }
    const kept = this.#retired.reduce((sum, area) => sum + area.bytes, 0);
    if (kept + bytes > AREAS_BYTES) return undefined;
    try {
      this.#area = { at: this.#arena.allocate(bytes), bytes, lost: [] };
    } catch {
      return undefined; // this thread needs none of it
    }
    return this.#area;
  }

  #isFree({ lost }: Area): boolean {
    return lost.every((task) => this.kernels.isFree(task) === 1);
  }

  /** What a task of `elements` found, done by whomever; NO_RESULT if a worker keeps it, and its slot. */
  finish(task: number, elements: number): number {
    const patience = Math.max(LEAST_PATIENCE, elements * PATIENCE);
    const result = this.kernels.finish(this.at, task, this.#arena.scratch, patience);
    if (result === NO_RESULT) this.#area!.lost.push(task);
    return result;
  }

  /** Gives up a task whose result is not wanted any more. */
  abandon(task: number): void {
    if (this.kernels.abandon(task) === 0) this.#area!.lost.push(task);
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
