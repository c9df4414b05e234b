// Terminates workers before, around and in the middle of calls. Runs in Node and in a page.

import { uniform } from "../support/random.ts";
import { difference, type Places, type Problem, problem, randomCall, run } from "./calls.ts";

/** A worker that the library has made, and where the tasks lie that it works on. */
export interface Captured {
  terminate(): unknown;
  readonly memory: WebAssembly.Memory;
  readonly pool: number;
}

export interface Report {
  kills: number;
  calls: number;
  /** Tasks that were lost with their worker: how often a kill struck in the middle of one. */
  struck: number;
  wrong: string[];
}

type Library = Pick<typeof import("gumbel-softmax"), "load" | "loadSync">;

interface Call {
  readonly name: string;
  readonly problem: Problem;
  readonly places: Places;
}

const WORKERS = 3;

/** So many times the kills that were asked for, if few strike. */
const MOST = 10;

/**
 * Ends workers, those of one instance after the other, until there were `count` kills and `enough` of them have struck in the
 * middle of a task: up to MOST times as many where threads wait for a core. Every call is compared with one thread.
 */
export async function killWorkers(
  library: Library,
  captured: Captured[],
  count: number,
  enough: number,
): Promise<Report> {
  const report: Report = { kills: 0, calls: 0, struck: 0, wrong: [] };
  const one = library.loadSync();
  const next = uniform(count);
  const given = new Map<number, Problem>();
  while (report.kills < count || (report.struck < enough && report.kills < MOST * count)) {
    captured.length = 0;
    const gs = await library.load({ threads: 1 + WORKERS });
    const workers = captured.splice(0);
    for (const worker of workers) {
      const call = callAt(report.kills, given);
      report.kills++;
      const strike = striker(worker, next);
      const got = run(gs, call.name, call.problem, call.places, strike.watch);
      strike.now();
      // And one more, with what has been lost still there.
      const again = run(gs, call.name, call.problem, call.places);
      const expected = run(one, call.name, call.problem);
      for (const [n, result] of [got, again].entries()) {
        const wrong = difference(result, expected);
        const about = `kill ${report.kills}, call ${n}: ${call.name} [${call.problem.shape}] ${JSON.stringify(call.places)}`;
        if (wrong !== undefined) report.wrong.push(`${about}: ${wrong}`);
      }
      report.calls += 2;
    }
    // All are dead by then: what one still has it died with. One that was only slow has none.
    await Promise.all(workers.map((worker) => worker.terminate()));
    report.struck += lostTasks(workers[0]!);
    gs.close();
  }
  one.close();
  return report;
}

//  Three of four calls are those whose arrays are copied in pieces, so that the kill can come between two pieces.
function callAt(n: number, given: Map<number, Problem>): Call {
  if (n % 4 === 3) return randomCall(n);
  const shape = [
    [600, 700],
    [1, 300_000],
    [40, 9000],
    [70_000, 5],
  ][n % 4]!;
  if (!given.has(n % 4)) given.set(n % 4, problem(shape, -1, "masked", n));
  const name = ["soft", "sampleBackward", "hard", "categorical", "logSoftmaxBackward"][n % 5]!;
  const out = (["none", "array", "logits"] as const)[n % 3]!;
  return { name, problem: given.get(n % 4)!, places: { logits: "array", cotangent: "array", out } };
}

//  Ends a worker just before a call, or when the call has copied some pieces, after a random while.
function striker(worker: Captured, next: () => number): { watch: (data: Float32Array) => void; now: () => void } {
  let pieces = Math.floor(next() * 24) - 6;
  let struck = false;
  const now = (): void => {
    if (struck) return;
    struck = true;
    busy(next() * 0.1);
    worker.terminate();
    busy(next() * 0.1);
  };
  if (pieces < 0) now();
  const piece = (): void => {
    if (pieces-- === 0) now();
  };
  const watch = (data: Float32Array): void => {
    const { subarray, set } = Float32Array.prototype;
    Object.defineProperties(data, {
      subarray: {
        value(from: number, to: number) {
          piece();
          return subarray.call(data, from, to);
        },
      },
      set: {
        value(from: ArrayLike<number>, at: number) {
          piece();
          set.call(data, from, at);
        },
      },
    });
  };
  return { watch, now };
}

function busy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** Tasks that a worker still has: assembly/pool.ts. */
export function lostTasks({ memory, pool }: Captured): number {
  const words = new Int32Array(memory.buffer);
  let count = 0;
  for (let n = 0; n < 256; n++) if ((Atomics.load(words, (pool + 192 + 128 * n) / 4) & 7) === 5) count++;
  return count;
}
