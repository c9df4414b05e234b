// The entry for the Vercel edge runtime, which compiles no bytes: its bundler hands over the module.

import type { GumbelSoftmax } from "./gumbel-softmax.ts";
import kernels from "./kernels.wasm?module";
import { type LoadOptions, loadSyncWith, loadWith } from "./load.ts";

export * from "./public.ts";

/** As in index.ts. */
export async function load(options: LoadOptions = {}): Promise<GumbelSoftmax> {
  return loadWith(options, kernels);
}

/** As in index.ts. */
export function loadSync(options: LoadOptions = {}): GumbelSoftmax {
  return loadSyncWith(options, kernels);
}
