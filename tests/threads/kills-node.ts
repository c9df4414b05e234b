// A program of its own, because a call that hangs can only be ended from outside: `kill` terminates workers, `holds` and
// `returns` put zombies in their place. Prints a report.

import type { Worker as NodeWorker, WorkerOptions } from "node:worker_threads";
import { difference, randomCall, run } from "./calls.ts";
import { type Captured, killWorkers, lostTasks, type Report } from "./kills.ts";
import { type Habit, ZOMBIE } from "./zombie.ts";

const threads = process.getBuiltinModule("node:worker_threads");
const captured: Captured[] = [];
let habitOf: (worker: number) => Habit | undefined = () => undefined;
let alive = 0;

class Watched extends threads.Worker {
  constructor(source: string, options: WorkerOptions) {
    const boot = options.workerData as { memory: WebAssembly.Memory; pool: number; worker: number };
    const habit = habitOf(boot.worker);
    super(habit ? ZOMBIE : source, habit ? { ...options, workerData: { ...boot, habit } } : options);
    alive++;
    this.on("exit", () => alive--);
    captured.push({ terminate: () => this.terminate(), memory: boot.memory, pool: boot.pool });
  }
}
// The library asks for it when it loads.
(threads as { Worker: typeof NodeWorker }).Worker = Watched;
const library = await import("gumbel-softmax");

/** Calls on instances some of whose workers, or all, are zombies, until there were `count` and `enough` tasks were held. */
async function among(habit: Habit, count: number, enough: number): Promise<Report> {
  const report: Report = { kills: 0, calls: 0, struck: 0, wrong: [] };
  const one = library.loadSync();
  for (let instance = 0; report.calls < count || report.struck < enough; instance++) {
    habitOf = (worker) => (worker <= 1 + (instance % 3) ? habit : undefined);
    captured.length = 0;
    const gs = await library.load({ threads: 4 });
    for (let n = 0; n < 15; n++, report.calls++) {
      const { name, problem, places } = randomCall(report.calls);
      const wrong = difference(run(gs, name, problem, places), run(one, name, problem));
      if (wrong !== undefined) report.wrong.push(`${name} [${problem.shape}] ${JSON.stringify(places)}: ${wrong}`);
      report.struck += lostTasks(captured[0]!);
    }
    report.kills += captured.length;
    gs.close();
  }
  return report;
}

const mode = process.argv[2]!;
const [count, enough] = process.argv.slice(3).map(Number) as [number, number];
const report =
  mode === "kill" ? await killWorkers(library, captured, count, enough) : await among(mode as Habit, count, enough);
// The exits of workers that were ended come later.
for (let turn = 0; turn < 6000 && alive > 0; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
console.log(JSON.stringify({ ...report, alive }));
