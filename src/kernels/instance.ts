// Instantiates the kernels once and types what they export. Addresses are bytes, counts elements.

import { expectedBut, isRangeError } from "../check.ts";

/** The exports of assembly/index.ts. */
export interface Kernels {
  scratchBytes(): number;
  fillNoiseTable(): void;
  sample(task: number, scratch: number): number;
  firstNotFinite(at: number, n: number): number;
}

/** Those of assembly/pool.ts too, which only the build for shared memory has. */
export interface PoolKernels extends Kernels {
  poolBytes(): number;
  post(pool: number, task: number): number;
  work(pool: number, scratch: number, worker: number): void;
  finish(pool: number, task: number, scratch: number, patience: number): number;
  abandon(task: number): number;
  isFree(task: number): number;
  closePool(pool: number): void;
}

const KERNELS: readonly (keyof Kernels)[] = ["scratchBytes", "fillNoiseTable", "sample", "firstNotFinite"];

/**
 * Pages of 64 KB at load: 7 MB for static data, scratch and the work area (memory/arena.ts), and 0.3 MB for small tensors. Pages
 * that nothing has touched cost nothing. An instance may take 8 MB at load, and 24 MB with all threads.
 */
const INITIAL_PAGES = 112;
const MAXIMUM_PAGES = 65536;

/** Hosts set the whole maximum of a shared memory aside at once; those that cannot are asked for less. */
const SHARED_MAXIMA: readonly number[] = [MAXIMUM_PAGES, MAXIMUM_PAGES / 4, MAXIMUM_PAGES / 16];

/** (module (func (result v128) (i8x16.popcnt (i8x16.splat (i32.const 0))))), one of the last instructions that SIMD got. */
const SIMD_MODULE = [
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
];

/** Throws an Error that names what of WebAssembly is missing here; `compiled` is a module that the host has compiled. */
export function checkPlatform(compiled: unknown): void {
  if (typeof WebAssembly !== "object") {
    const wanted =
      "a runtime that has it (Hermes has none, nor does V8 with --jitless or in a browser's lockdown mode)";
    throw expectedBut(Error, "WebAssembly", wanted, "none");
  }
  if (compiled === undefined && !WebAssembly.validate(Uint8Array.from(SIMD_MODULE))) {
    const wanted = "a runtime that has it (Safari from 16.4 on, x86 processors from SSE4.1 on)";
    throw expectedBut(Error, "WebAssembly SIMD", wanted, "WebAssembly without SIMD");
  }
}

/** Whether a module is the build for shared memory. */
export function isShared(module: WebAssembly.Module): boolean {
  return exportsAll(module, ["work"]);
}

/** The kernels in a memory of the kind that the module wants. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const wanted = "the kernels of this version (gumbel-softmax/kernels.wasm)";
  if (!exportsAll(module, KERNELS)) throw expectedBut(TypeError, "module", wanted, "another module");
  try {
    return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
  } catch (error) {
    if (!(error instanceof WebAssembly.LinkError)) throw error;
    throw expectedBut(TypeError, "module", wanted, `one that does not link: ${error.message}`);
  }
}

/** A memory of the module's own; a RangeError when there is none to be had. */
export function newMemory(shared: boolean): WebAssembly.Memory {
  for (const maximum of shared ? SHARED_MAXIMA : [MAXIMUM_PAGES]) {
    try {
      return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared });
    } catch (error) {
      // A RangeError is a lack of memory or of addresses: perhaps there are enough for a smaller one.
      if (!isRangeError(error)) throw error;
    }
  }
  const wanted = `room for a WebAssembly.Memory of ${INITIAL_PAGES * 65536} bytes and the addresses it may grow into`;
  throw expectedBut(RangeError, "memory", wanted, "no more to be had");
}

function exportsAll(module: WebAssembly.Module, names: readonly string[]): boolean {
  const exported = WebAssembly.Module.exports(module);
  return names.every((name) => exported.some((entry) => entry.name === name));
}
