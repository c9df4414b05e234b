// The engine of an instance, and its use by one call at a time.

import { expectedBut } from "../check.ts";
import type { Kernels } from "../kernels/instance.ts";
import type { Arena } from "../memory/arena.ts";
import type { Pool } from "../threads/pool.ts";

/** The kernels, the memory they work in, and the workers if there are any. */
export interface Engine {
  /** In the middle of a call. */
  busy: boolean;
  readonly kernels: Kernels;
  readonly arena: Arena;
  readonly pool?: Pool | undefined;
}

/** Carries out a call by itself: code of the user that a call may run into, such as a species constructor, cannot begin another. */
export function exclusively(engine: Engine, work: () => void): void {
  if (engine.busy) throw expectedBut(Error, "instance", "one call at a time", "a call from inside another");
  engine.busy = true;
  try {
    work();
  } finally {
    engine.busy = false;
  }
}
