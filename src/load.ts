// The common part of `load` and `loadSync` of every entry: their options, and the way from a module to an instance.

import { expected, isRangeError, ownOptions } from "./check.ts";
import { GumbelSoftmax } from "./gumbel-softmax.ts";
import { checkPlatform, instantiate, isShared, newMemory, type PoolKernels } from "./kernels/instance.ts";
import { Arena } from "./memory/arena.ts";
import { AUTO_THREADS, MOST_THREADS, Pool } from "./threads/pool.ts";
import { findHost, type Host, processors } from "./threads/workers.ts";

/** A WebAssembly.Module, also in the eyes of programs whose types do not know of WebAssembly. */
type Module = typeof globalThis extends { WebAssembly: { Module: { prototype: infer M } } } ? M : object;

/** Options of `load` and `loadSync`. */
export interface LoadOptions {
  /**
   * Number of threads that work on a call, the caller's included, from 1 to 64. "auto" is one for each processor, at most 8, or 1
   * where threads cannot be had. With fewer than asked for, the instance works all the same: its `threads` says how many there
   * are, its `threadsUnavailable` why. Default 1.
   */
  threads?: number | "auto" | null | undefined;
  /**
   * Compiled kernels, for hosts that hand over a module: gumbel-softmax/kernels.wasm, or with threads
   * gumbel-softmax/kernels.shared.wasm. Default: those that the package brings.
   */
  module?: Module | null | undefined;
}

/** A load whose options are checked and whose host has been asked. */
interface LoadPlan {
  /** The module, if it need not be compiled. */
  readonly module: WebAssembly.Module | undefined;
  readonly shared: boolean;
  readonly memory: WebAssembly.Memory;
  readonly workers: number;
  readonly host: Host | undefined;
  /** Reason why there will be no workers. */
  readonly unavailable: string | undefined;
}

/** `load` of every entry, with what it brings: a module, or a way to compile one for shared memory or for plain. @internal */
export async function loadWith(
  options: LoadOptions,
  brought: WebAssembly.Module | ((shared: boolean) => Promise<WebAssembly.Module>),
): Promise<GumbelSoftmax> {
  const plan = planOf(options, typeof brought === "function" ? undefined : brought);
  const module = plan.module ?? (await (brought as (shared: boolean) => Promise<WebAssembly.Module>)(plan.shared));
  const { instance, started } = open(module, plan);
  await started;
  return instance;
}

/** `loadSync` of every entry. @internal */
export function loadSyncWith(
  options: LoadOptions,
  brought: WebAssembly.Module | ((shared: boolean) => WebAssembly.Module),
): GumbelSoftmax {
  const plan = planOf(options, typeof brought === "function" ? undefined : brought);
  const module = plan.module ?? (brought as (shared: boolean) => WebAssembly.Module)(plan.shared);
  return open(module, plan).instance;
}

function planOf(options: LoadOptions, brought: WebAssembly.Module | undefined): LoadPlan {
  const { threads = 1, module = brought } = ownOptions(options, new Set(["threads", "module"]));
  checkPlatform(module);
  // By its tag, because a host may hand over a module of another realm.
  if (module !== undefined && Object.prototype.toString.call(module) !== "[object WebAssembly.Module]") {
    throw expected(TypeError, "module", "a WebAssembly.Module", module);
  }
  const wanted = `an integer from 1 to ${MOST_THREADS} or "auto"`;
  if (threads !== "auto" && typeof threads !== "number") throw expected(TypeError, "threads", wanted, threads);
  if (threads !== "auto" && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    throw expected(RangeError, "threads", wanted, threads);
  }
  const workers = (threads === "auto" ? Math.min(processors(), AUTO_THREADS) : threads) - 1;
  const host = workers > 0 ? findHost() : undefined;
  const alone = (unavailable: string | undefined): LoadPlan => {
    const shared = module !== undefined && isShared(module);
    const memory = newMemory(shared);
    return { module, shared, memory, workers: 0, host: undefined, unavailable };
  };
  if (host === undefined || typeof host === "string") return alone(host);
  if (module && !isShared(module)) {
    // Entries for hosts without workers bring the plain module.
    return alone(
      module === brought ? "this runtime has no workers" : "threads need the module gumbel-softmax/kernels.shared.wasm",
    );
  }
  try {
    return { module, shared: true, memory: newMemory(true), workers, host, unavailable: undefined };
  } catch (error) {
    return alone((error as Error).message);
  }
}

//  The instance, and a promise that its workers have started.
function open(module: WebAssembly.Module, { memory, workers, host, unavailable }: LoadPlan): Opened {
  const kernels = instantiate(module, memory);
  kernels.fillNoiseTable();
  const arena = new Arena(kernels, memory);
  const alone = (reason: string | undefined): Opened => {
    return { instance: new GumbelSoftmax({ kernels, arena, busy: false }, reason), started: undefined };
  };
  if (host === undefined) return alone(unavailable);
  let pool: Pool;
  try {
    pool = new Pool(kernels as PoolKernels, arena, workers);
  } catch (error) {
    if (!isRangeError(error)) throw error;
    return alone((error as Error).message); // no memory for the slots
  }
  const instance = new GumbelSoftmax({ kernels, arena, pool, busy: false }, unavailable);
  return { instance, started: pool.start(host, module, memory) };
}

interface Opened {
  readonly instance: GumbelSoftmax;
  readonly started: Promise<void> | undefined;
}
