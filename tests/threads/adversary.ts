// A pool without workers, in their place an adversary that takes tasks from the caller as a slow worker would: it keeps them,
// scribbles over the memory that they name once the caller has given them up, and frees them when it likes.

import { readFileSync } from "node:fs";
import type { GumbelSoftmax as Built } from "gumbel-softmax";
import { GumbelSoftmax } from "../../src/gumbel-softmax.ts";
import {
  CLASSES_FIELD,
  INDEX,
  INDEX_FIELD,
  INNER_FIELD,
  KIND_FIELD,
  MAX_FIELD,
  ONE_WORKER,
  OUT_FIELD,
  OUTER_FIELD,
  PASS_FIELD,
  PASS_SUM,
  SUMS_FIELD,
  TASK_DONE,
  TASK_FREE,
  TASK_READY,
  TASK_TAKEN,
} from "../../src/kernels/abi.ts";
import { instantiate, newMemory, type PoolKernels } from "../../src/kernels/instance.ts";
import { Arena } from "../../src/memory/arena.ts";
import type { Engine } from "../../src/run/engine.ts";
import { Pool } from "../../src/threads/pool.ts";
import { integers, uniform } from "../support/random.ts";

const module = new WebAssembly.Module(readFileSync(new URL("../../dist/kernels.shared.wasm", import.meta.url)));

/** An instance of the same sources without threads. */
export function single(): Built {
  const memory = newMemory(true);
  const kernels = instantiate(module, memory);
  return open({ kernels, arena: new Arena(kernels, memory), busy: false });
}

interface Held {
  readonly task: number;
  readonly worker: number;
}

export interface Rig {
  readonly gs: Built;
  /** How many tasks were kept until the caller gave them up. */
  lost: number;
  /** How many were done after all. */
  done: number;
}

/** How likely a task is kept, and between any two steps of the caller done, or, once it is given up, let go of. */
export interface Temper {
  readonly keeps: number;
  readonly does: number;
  readonly frees: number;
}

/** An instance that cuts calls as for `threads` threads, with an adversary of this temper. */
export function rig(threads: number, { keeps, does, frees }: Temper, seed: number): Rig {
  const memory = newMemory(true);
  const kernels = instantiate(module, memory) as PoolKernels;
  const next = uniform(seed);
  const between = integers(seed + 1);
  const idle = Array.from({ length: threads - 1 }, (_, n) => n + 1);
  let held: Held[] = [];
  const words = (): Int32Array => new Int32Array(memory.buffer);

  // What a worker may do at any time; the caller, who runs on, sees it happen between two of its own steps.
  const tick = (): void => {
    held = held.filter((each) => {
      const state = Atomics.load(words(), each.task / 4);
      const mine = each.worker * ONE_WORKER;
      if (state === TASK_TAKEN + mine) {
        if (next() >= does) return true;
        kernels.sample(each.task, scratch);
        Atomics.store(words(), each.task / 4, TASK_DONE);
        counts.done++;
      } else {
        scribble(each.task);
        if (next() >= frees) return true;
        counts.lost++;
        Atomics.store(words(), each.task / 4, TASK_FREE);
      }
      idle.push(each.worker);
      return false;
    });
  };
  const scribble = (task: number): void => {
    const field = (at: number): number => words()[(task + at) / 4]!;
    const spoil = (at: number, count: number): void => {
      if (at === 0) return;
      const target = new Int32Array(memory.buffer, at, count);
      for (let n = 0; n < 8; n++) target[between(0, count - 1)] = between(0, 0x3fffffff);
    };
    const rows = field(OUTER_FIELD) * field(INNER_FIELD);
    if (field(KIND_FIELD) > INDEX) spoil(field(OUT_FIELD), rows * field(CLASSES_FIELD));
    spoil(field(MAX_FIELD), rows);
    spoil(field(INDEX_FIELD), rows);
    if (field(PASS_FIELD) === PASS_SUM) spoil(field(SUMS_FIELD), 64);
  };

  const watched: PoolKernels = {
    ...kernels,
    post(...args) {
      tick();
      const task = kernels.post(...args);
      if (next() >= keeps || idle.length === 0) return task;
      const worker = idle.splice(between(0, idle.length - 1), 1)[0]!;
      Atomics.compareExchange(words(), task / 4, TASK_READY, TASK_TAKEN + worker * ONE_WORKER);
      held.push({ task, worker });
      return task;
    },
    finish(at, task, own) {
      tick();
      const result = kernels.finish(at, task, own, 0);
      tick();
      return result;
    },
    abandon(task) {
      tick();
      return kernels.abandon(task);
    },
    isFree(task) {
      tick();
      return kernels.isFree(task);
    },
    sample(...args) {
      tick();
      const result = kernels.sample(...args);
      tick();
      return result;
    },
  };
  const arena = new Arena(watched, memory);
  const scratch = arena.allocate(kernels.scratchBytes());
  const pool = new Pool(watched, arena, 0);
  Object.defineProperty(pool, "threads", { value: threads });
  const counts: Rig = { gs: open({ kernels: watched, arena, pool, busy: false }), lost: 0, done: 0 };
  return counts;
}

//  The class of the sources is not that of the build, but has the same face.
function open(engine: Engine): Built {
  return new GumbelSoftmax(engine, undefined) as unknown as Built;
}
