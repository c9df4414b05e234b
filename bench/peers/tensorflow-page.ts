// On a page: what tensorflow-chromium.ts has bundled and calls.

import type { Operation, Shape } from "../cases.ts";
import type { Work } from "./peer.ts";
import { type Backend, type Core, prepare, start } from "./tensorflow-work.ts";
import { type Flaws, flaws, type Plan, time } from "./time.ts";

export interface Page {
  open(folder: string, threads: number): Promise<string | undefined>;
  prepare(operation: Operation, shape: Shape, tau: number): Promise<void>;
  measure(plan: Plan): Promise<Flaws & { samples: number[] }>;
}

/** Set by the bundle, whose entry imports the packages. */
export function install(tf: Core, backend: Backend): void {
  let work: Work | undefined;
  const read = async (name: string): Promise<Float32Array> => {
    return new Float32Array(await (await fetch(`/inputs/${name}`, { cache: "no-store" })).arrayBuffer());
  };
  const page: Page = {
    open(folder, threads) {
      // It never takes more threads than half of the processors that it is told of.
      Object.defineProperty(navigator, "hardwareConcurrency", { value: 2 * threads });
      return start(tf, backend, folder, threads);
    },
    async prepare(operation, shape, tau) {
      work?.close?.();
      const [logits, cotangent] = await Promise.all([read("logits"), read("cotangent")]);
      work = prepare(tf, operation, { ...shape, tau, logits, cotangent });
    },
    async measure(plan) {
      const { samples, last } = await time(work!.call, plan);
      return { samples, ...flaws(last) };
    },
  };
  Object.assign(globalThis, { page });
}
