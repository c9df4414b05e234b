// The entry for every host that compiles WebAssembly from bytes: Node, Deno, Bun, browsers.

import base64 from "../build/kernels.wasm";
import { checkOptions, expected } from "./check.ts";
import { GumbelSoftmax } from "./gumbel-softmax.ts";
import { decode, instantiate } from "./instance.ts";

export type { Tensor } from "./empty.ts";
export type { GumbelSoftmax } from "./gumbel-softmax.ts";
export type {
  ArgmaxOptions,
  AxisOptions,
  CategoricalOptions,
  GumbelOptions,
  GumbelSoftmaxBackwardOptions,
  GumbelSoftmaxOptions,
  IndexOut,
  NoiseOptions,
  OneHotOptions,
  Out,
  OutOptions,
  SoftmaxOptions,
  StreamOptions,
  TemperatureOptions,
} from "./options.ts";
export type {
  CategoricalSample,
  Differentiable,
  GumbelSample,
  Indices,
  Sample,
  Values,
} from "./results.ts";
export { fold, Generator, type GeneratorState, type Seed, split } from "./seed.ts";
export type { Nested, NumericArray, Shaped, TensorLike } from "./tensor.ts";

export interface LoadOptions {
  /** How many threads work on a call, or "auto". Default 1. Where they cannot be had, `threadsUnavailable` says why. */
  threads?: number | "auto" | undefined;
}

export interface LoadSyncOptions extends LoadOptions {
  /** The compiled kernels, for hosts that hand over a module and refuse to compile bytes. */
  module?: WebAssembly.Module | undefined;
}

const LOAD_OPTIONS: ReadonlySet<string> = new Set(["threads"]);
const LOAD_SYNC_OPTIONS: ReadonlySet<string> = new Set(["threads", "module"]);

/**
 * Compiles the kernels without blocking and gives an instance with a memory of its own.
 *
 * @param options `threads` 1
 * @throws TypeError or RangeError that names the option
 * @example
 * const gs = await load({ threads: 1 });
 * gs.threads; // => 1
 */
export async function load(options: LoadOptions = {}): Promise<GumbelSoftmax> {
  checkOptions(options, LOAD_OPTIONS);
  const unavailable = threadsUnavailable(options.threads);
  return new GumbelSoftmax(instantiate(await WebAssembly.compile(decode(base64))), unavailable);
}

/**
 * The same at once, as hosts allow it for a small module; or from a module that the host has compiled.
 *
 * @param options `threads` 1, `module` the inlined one
 * @throws TypeError or RangeError that names the option
 * @example
 * const gs = loadSync();
 * gs.threads; // => 1
 */
export function loadSync(options: LoadSyncOptions = {}): GumbelSoftmax {
  checkOptions(options, LOAD_SYNC_OPTIONS);
  const unavailable = threadsUnavailable(options.threads);
  const { module = new WebAssembly.Module(decode(base64)) } = options;
  // By its tag, because a host may hand over a module of another realm.
  if (Object.prototype.toString.call(module) !== "[object WebAssembly.Module]")
    throw expected(TypeError, "module", "a WebAssembly.Module", module);
  return new GumbelSoftmax(instantiate(module), unavailable);
}

//  Every instance runs on the calling thread.
function threadsUnavailable(threads: unknown = 1): string | undefined {
  if (threads === "auto" || threads === 1) return undefined;
  if (typeof threads !== "number") throw expected(TypeError, "threads", 'a positive integer or "auto"', threads);
  if (!Number.isInteger(threads) || threads < 1) {
    throw expected(RangeError, "threads", 'a positive integer or "auto"', threads);
  }
  return "this version works on the calling thread alone";
}
