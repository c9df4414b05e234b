// The entry for the Vercel edge runtime, which compiles no bytes: its bundler hands over the module.

import type { GumbelSoftmax } from "./gumbel-softmax.ts";
import kernels from "./kernels.wasm?module";
import { checkLoad, type LoadOptions, open } from "./load.ts";

export * from "./public.ts";

/** As in index.ts. */
export async function load(options: LoadOptions = {}): Promise<GumbelSoftmax> {
  return loadSync(options);
}

/** As in index.ts. */
export function loadSync(options: LoadOptions = {}): GumbelSoftmax {
  return open(checkLoad(options) ?? kernels, options);
}
