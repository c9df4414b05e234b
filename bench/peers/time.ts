// Timing of one call after the other, or of batches of calls where one is too short for the clock.

import type { Call, Values } from "./peer.ts";

/** A call shorter than this is timed together with others. */
const BATCH_NS = 50_000;
/** At least this long the calls before the timed ones take, so that the compiler has done with them. */
const WARM_NS = 10_000_000;
const MOST = 20;

export interface Plan {
  warmup: number;
  samples: number;
  ns: number;
}

export interface Timed {
  /** Nanoseconds a call. */
  samples: number[];
  last: Values;
}

export interface Flaws {
  nan: number;
  infinite: number;
}

export async function time(call: Call, plan: Plan): Promise<Timed> {
  let last: Values = new Float32Array(0);
  let sink = 0;
  const batchOf = async (calls: number): Promise<number> => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) {
      const values = call();
      // Awaited only if there is something to wait for: the detour through the queue is longer than a small call.
      last = values instanceof Promise ? await values : values;
      sink += last[0]!;
    }
    return (performance.now() - start) * 1e6;
  };

  let one = 0;
  for (let calls = 0, warm = 0; calls < plan.warmup || warm < Math.min(WARM_NS, plan.ns); calls++) {
    one = await batchOf(1);
    warm += one;
  }
  let batch = 1;
  if (one < BATCH_NS) while ((await batchOf(batch)) < BATCH_NS) batch *= 2;

  const samples: number[] = [];
  let spent = 0;
  while ((samples.length < plan.samples || spent < plan.ns) && spent < MOST * plan.ns) {
    const ns = await batchOf(batch);
    spent += ns;
    samples.push(ns / batch);
  }
  // A sum that is used: without one, a compiler could leave the calls out.
  if (sink === 44.44) console.error(sink);
  return { samples, last };
}

/** How many values are no numbers, and how many are infinite. */
export function flaws(values: Values): Flaws {
  let nan = 0;
  let infinite = 0;
  for (const value of values) {
    if (Number.isNaN(value)) nan++;
    else if (!Number.isFinite(value)) infinite++;
  }
  return { nan, infinite };
}
