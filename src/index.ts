// The entry for every host that compiles WebAssembly from bytes: Node, Deno, Bun, browsers.

import text from "../build/kernels.shared.wasm?text";
import type { GumbelSoftmax } from "./gumbel-softmax.ts";
import { decode } from "./kernels/inlined.ts";
import { type LoadOptions, loadSyncWith, loadWith } from "./load.ts";

export * from "./public.ts";

/**
 * Compiles the kernels without blocking and gives an instance with a memory of its own, and with its workers, when these have
 * started.
 *
 * @param options `threads` 1, `module` the one that the package brings
 * @throws TypeError or RangeError that names the option
 * @example
 * const gs = await load({ threads: 1 });
 * gs.threads; // => 1
 */
export async function load(options: LoadOptions = {}): Promise<GumbelSoftmax> {
  return loadWith(options, (shared) => WebAssembly.compile(decode(text, shared)));
}

/**
 * The same at once, as hosts allow it for a small module. Workers join in when they have started, which in a browser they do
 * not before the calling code gives way.
 *
 * @param options `threads` 1, `module` the one that the package brings
 * @throws TypeError or RangeError that names the option
 * @example
 * const gs = loadSync();
 * gs.threads; // => 1
 */
export function loadSync(options: LoadOptions = {}): GumbelSoftmax {
  return loadSyncWith(options, (shared) => new WebAssembly.Module(decode(text, shared)));
}
