// What the page runs whose workers are killed, by itself or from outside.

import type * as Library from "gumbel-softmax";
import { difference, problem, type Result, run } from "./calls.ts";
import { type Captured, killWorkers, lostTasks, type Report } from "./kills.ts";

const captured: Captured[] = [];
const Real = globalThis.Worker;
globalThis.Worker = class extends Real {
  override postMessage(boot: { memory: WebAssembly.Memory; pool: number }): void {
    captured.push({ terminate: () => this.terminate(), memory: boot.memory, pool: boot.pool });
    super.postMessage(boot);
  }
};

const CALLS = [
  { name: "soft", given: problem([600, 700], -1, "masked", 1) },
  { name: "sampleBackward", given: problem([1, 300_000], -1, "masked", 2) },
  { name: "categorical", given: problem([70_000, 5], -1, "masked", 3) },
];
let expected: Result[] = [];
let library: typeof Library;

/** Takes the built package into use; gives what a page must have for this. */
export async function begin(url: string): Promise<{ isolated: boolean; threads: number }> {
  library = (await import(url)) as typeof Library;
  const [one, gs] = [library.loadSync(), await library.load({ threads: 4 })];
  expected = CALLS.map(({ name, given }) => run(one, name, given));
  const { threads } = gs;
  gs.close();
  return { isolated: globalThis.crossOriginIsolated, threads };
}

/** Ends workers by `terminate`. */
export function terminateWorkers(count: number): Promise<Report> {
  return killWorkers(library, captured, count, 0);
}

/** Calls on a new instance for some time, from when the console says that it is loaded. */
export async function callWhileKilled(workers: number, milliseconds: number): Promise<Report> {
  captured.length = 0;
  const gs = await library.load({ threads: 1 + workers });
  const report: Report = { kills: 0, calls: 0, struck: 0, wrong: [] };
  console.log("loaded");
  const until = performance.now() + milliseconds;
  while (performance.now() < until) {
    const n = report.calls++;
    const { name, given } = CALLS[n % CALLS.length]!;
    const out = (["none", "array", "logits"] as const)[n % 4 === 3 ? 0 : n % 4]!;
    const wrong = difference(
      run(gs, name, given, { logits: "array", cotangent: "array", out }),
      expected[n % CALLS.length]!,
    );
    if (wrong !== undefined) report.wrong.push(`${name} [${given.shape}] into ${out}: ${wrong}`);
    // The message that it is loaded has to get out.
    if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  // What a worker that lives has not finished yet, it will have by then.
  await new Promise((resolve) => setTimeout(resolve, 50));
  report.struck = lostTasks(captured[0]!);
  gs.close();
  return report;
}
