// The engine of an instance: one call at a time uses it.

import { expectedBut } from "../check.ts";
import type { Kernels } from "../kernels/instance.ts";
import type { Arena } from "../memory/arena.ts";
import type { Pool } from "../threads/pool.ts";

/** Kernels, the memory they work in, and the workers if there are any. */
export interface Engine {
  /** Whether a call is under way. */
  busy: boolean;
  readonly kernels: Kernels;
  readonly arena: Arena;
  readonly pool?: Pool | undefined;
}

/** Runs `work` as the only call. A call can run code of the user, such as a species constructor, which may not begin another. */
export function exclusively<T>(engine: Engine, work: () => T): T {
  if (engine.busy) throw expectedBut(Error, "instance", "one call at a time", "a call from inside another");
  engine.busy = true;
  try {
    return work();
  } finally {
    engine.busy = false;
  }
}
