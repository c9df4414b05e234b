// What `load` and `loadSync` of every entry have in common: their options, and an instance from a compiled module.

import { checkOptions, expected } from "./check.ts";
import { GumbelSoftmax } from "./gumbel-softmax.ts";
import { instantiate } from "./instance.ts";

export interface LoadOptions {
  /** How many threads work on a call, or "auto". Default 1. Where they cannot be had, `threadsUnavailable` says why. */
  threads?: number | "auto" | undefined;
  /** The compiled kernels, for hosts that hand over a module. Default: those that the package brings. */
  module?: WebAssembly.Module | undefined;
}

/** Checks the options of a load; gives the module that they hand over. */
export function checkLoad(options: LoadOptions): WebAssembly.Module | undefined {
  checkOptions(options, new Set(["threads", "module"]));
  const { module } = options;
  // By its tag, because a host may hand over a module of another realm.
  if (module !== undefined && Object.prototype.toString.call(module) !== "[object WebAssembly.Module]") {
    throw expected(TypeError, "module", "a WebAssembly.Module", module);
  }
  return module;
}

/** An instance of compiled kernels. */
export function open(module: WebAssembly.Module, { threads }: LoadOptions): GumbelSoftmax {
  return new GumbelSoftmax(instantiate(module), threadsUnavailable(threads));
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
