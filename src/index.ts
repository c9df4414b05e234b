// The entry for every host that compiles WebAssembly from bytes: Node, Deno, Bun, browsers.

import base64 from "../build/kernels.wasm?base64";
import type { GumbelSoftmax } from "./gumbel-softmax.ts";
import { decode } from "./instance.ts";
import { checkLoad, type LoadOptions, open } from "./load.ts";

export * from "./public.ts";

/**
 * Compiles the kernels without blocking and gives an instance with a memory of its own.
 *
 * @param options `threads` 1, `module` the one that the package brings
 * @throws TypeError or RangeError that names the option
 * @example
 * const gs = await load({ threads: 1 });
 * gs.threads; // => 1
 */
export async function load(options: LoadOptions = {}): Promise<GumbelSoftmax> {
  const module = checkLoad(options) ?? (await WebAssembly.compile(decode(base64)));
  return open(module, options);
}

/**
 * The same at once, as hosts allow it for a small module.
 *
 * @param options `threads` 1, `module` the one that the package brings
 * @throws TypeError or RangeError that names the option
 * @example
 * const gs = loadSync();
 * gs.threads; // => 1
 */
export function loadSync(options: LoadOptions = {}): GumbelSoftmax {
  return open(checkLoad(options) ?? new WebAssembly.Module(decode(base64)), options);
}
