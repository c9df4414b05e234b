// The Worker: `export default { fetch }` is also what `deno serve` and `bun run` take.

import { loadSync } from "gumbel-softmax";
import { createHandler } from "./handler.js";

// Once per isolate, before its first request. Random bits, which Workers have only within a request, are taken at the first
// sample without a seed.
const gs = loadSync();

export default { fetch: createHandler(gs) };
