// Workers that die, that never start, that start late, that take work and never do it: time is lost, no result, and no
// call hangs. Each in a program of its own with a time limit.

import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import test from "node:test";
import { file, program } from "./child.ts";
import type { Report } from "./kills.ts";

const LIMIT = 240_000;
/** Kills that strike in the middle of a task, at least: none where a worker has its turn on the caller's core, and ends its task. */
const STRUCK = availableParallelism() > 1 ? 5 : 0;

/** At least `count` kills or calls, and as many more as it takes until `enough` tasks have been struck. */
async function report(mode: string, count: number, enough: number): Promise<Report & { alive: number }> {
  const numbers = [String(count), String(enough)];
  const { code, stdout, stderr } = await file(new URL("./kills-node.ts", import.meta.url), LIMIT, mode, ...numbers);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, `${mode}: the program did not end well`);
  return JSON.parse(stdout) as Report & { alive: number };
}

test("200 workers killed before, around and in the middle of calls", async () => {
  const { kills, calls, struck, wrong, alive } = await report("kill", 200, STRUCK);
  assert.deepEqual({ calls, wrong, alive }, { calls: 2 * kills, wrong: [], alive: 0 });
  assert.ok(kills >= 200 && struck >= STRUCK, `${struck} of ${kills} kills struck in the middle of a task`);
});

test("workers that take a task and are stuck for good", async () => {
  const { struck, wrong, alive } = await report("holds", 120, 20);
  assert.deepEqual({ wrong, alive }, { wrong: [], alive: 0 });
  assert.ok(struck >= 20, `${struck} tasks were held`);
});

test("workers that come back after the caller has given them up, and write garbage", async () => {
  const { struck, wrong, alive } = await report("returns", 120, 5);
  assert.deepEqual({ wrong, alive }, { wrong: [], alive: 0 });
  assert.ok(struck >= 5, `${struck} tasks were still held when a call had ended`);
});

/** Bodies of a class that stands for Worker; `real` is the true one. What load and the instance then tell. */
const STARTS: readonly [what: string, worker: string, threads: number, reason: RegExp][] = [
  ["never starts", "on() {} unref() {} terminate() {}", 1, /^3 of 3 workers have not started/],
  ["throws", "constructor() { throw new Error('no more') }", 1, /could not be made: no more/],
  ["fails", "constructor(_, options) { return new real('throw new Error(\"on purpose\")', options) }", 1, /on purpose/],
  ["ends at once", "constructor(_, options) { return new real('process.exit(3)', options) }", 1, /ended/],
  [
    "fails, one of three",
    `constructor(source, options) {
      return new real(options.workerData.worker === 2 ? 'throw new Error("the second")' : source, options);
    }`,
    3,
    /the second/,
  ],
];

const PROGRAM = (worker: string, after: string): string => `
  const threads = process.getBuiltinModule("node:worker_threads");
  const real = threads.Worker;
  threads.Worker = class { ${worker} };
  const { load, loadSync } = await import("gumbel-softmax");
  const z = { data: new Float32Array(400_000).map((_, n) => Math.sin(n)), shape: [4000, 100] };
  const one = loadSync().gumbelSoftmax(z, { seed: 1 });
  const gs = await load({ threads: 4 });
  const wrong = () => {
    const y = gs.gumbelSoftmax(z, { seed: 1 });
    return y.data.findIndex((value, n) => value !== one.data[n]) + y.indices.findIndex((value, n) => value !== one.indices[n]);
  };
  const told = [gs.threads, gs.threadsUnavailable, wrong()];
  ${after}
  gs.close();
  console.log(JSON.stringify([...told, gs.threads]));
`;

test("workers that do not start: load returns, and says why there are fewer", async () => {
  const ended = STARTS.map(([, worker]) => program(PROGRAM(worker, ""), 120_000));
  for (const [n, [what, , threads, reason]] of STARTS.entries()) {
    const { code, stdout, stderr } = await ended[n]!;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, what);
    const told = JSON.parse(stdout) as unknown[];
    assert.equal(told[0], threads, what);
    assert.match(String(told[1]), reason, what);
    assert.deepEqual(told.slice(2), [-2, 1], `${what}: the result, and threads after close`);
  }
});

test("a worker that starts when load has given it up joins in", async () => {
  const late = `constructor(source, options) {
    const waits = options.workerData.worker === 1 ? 7000 : 0;
    return new real("setTimeout(() => { " + source + " }, " + waits + ")", options);
  }`;
  const after = `
    for (let turn = 0; turn < 6000 && gs.threads < 4; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
    told.push(gs.threads, gs.threadsUnavailable ?? "", wrong());
  `;
  const { code, stdout, stderr } = await program(PROGRAM(late, after), 120_000);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  const told = JSON.parse(stdout) as unknown[];
  assert.equal(told[0], 3);
  assert.match(String(told[1]), /^1 of 3 workers have not started/);
  assert.deepEqual(told.slice(2), [-2, 4, "", -2, 1], "all are there, with no reason for fewer");
});
