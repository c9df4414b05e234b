// The life of workers: a program ends without `close`, `close` ends them, instances do not touch, nothing leaks.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import test from "node:test";
import { load, loadSync } from "gumbel-softmax";
import { difference, problem, run } from "./calls.ts";
import { program } from "./child.ts";

const CLOSED = { name: "Error", message: "instance: expected an open one, got one that is closed" };
const LIMIT = 120_000;

/** What programs begin with: `exits` counts workers that have ended. */
const WATCHED = `
  const threads = process.getBuiltinModule("node:worker_threads");
  let [alive, exits] = [0, 0];
  threads.Worker = class extends threads.Worker {
    constructor(source, options) {
      super(source, options);
      alive++;
      this.on("exit", () => { alive--; exits++; });
    }
  };
  const { load, loadSync } = await import("gumbel-softmax");
  const z = { data: new Float32Array(400_000).map((_, n) => Math.sin(n)), shape: [4000, 100] };
  const turns = async (until) => {
    for (let turn = 0; turn < 6000 && !until(); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  };
`;

/** Programs that never close; each has to end by itself with this code. */
const UNCLOSED: readonly [what: string, code: number, text: string][] = [
  ["after work", 0, "const gs = await load({ threads: 4 }); gs.softmax(z); gs.gumbelSoftmax(z);"],
  ["right after load", 0, "await load({ threads: 4 });"],
  ["right after loadSync", 0, "loadSync({ threads: 4 });"],
  ["after loadSync and work", 0, "loadSync({ threads: 4 }).softmax(z);"],
  ["after several instances", 0, "for (let n = 0; n < 5; n++) (await load({ threads: 3 })).softmax(z);"],
  ["while it loads", 0, "load({ threads: 4 });"],
  ["after a rejection", 1, "await load({ threads: 4 }); Promise.reject(new Error('on purpose'));"],
  ["after an exception", 1, "const gs = await load({ threads: 4 }); gs.softmax(z); throw new Error('on purpose');"],
  ["by process.exit", 7, "const gs = await load({ threads: 4 }); gs.softmax(z); process.exit(7);"],
  ["by process.exit while it loads", 7, "loadSync({ threads: 4 }).softmax(z); process.exit(7);"],
  ["with an exit code", 5, "const gs = await load({ threads: 4 }); gs.softmax(z); process.exitCode = 5;"],
  ["half closed", 0, "const a = await load({ threads: 3 }); await load({ threads: 3 }); a.softmax(z); a.close();"],
];

test("a program ends by itself, with its own code", async () => {
  for (const [what, code, text] of UNCLOSED) {
    const ended = await program(WATCHED + text, LIMIT);
    assert.equal(ended.code, code, `${what}: ${ended.stderr}`);
    if (code !== 1) assert.equal(ended.stderr, "", what);
    else assert.match(ended.stderr, /on purpose/);
  }
});

test("close ends the workers", async () => {
  const { code, stdout, stderr } = await program(
    `${WATCHED}
    const told = [];
    const gs = await load({ threads: 4 });
    gs.softmax(z);
    gs.close();
    gs.close();
    await turns(() => alive === 0);
    told.push([alive, exits, gs.threads]);
    const early = loadSync({ threads: 4 });
    early.close();
    await turns(() => alive === 0);
    told.push([alive, exits, early.threads]);
    const disposed = await load({ threads: 3 });
    disposed.softmax(z);
    disposed[Symbol.dispose]();
    await turns(() => alive === 0);
    told.push([alive, exits, disposed.threads]);
    console.log(JSON.stringify(told));
  `,
    LIMIT,
  );
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.deepEqual(JSON.parse(stdout), [
    [0, 3, 1],
    [0, 6, 1],
    [0, 8, 1],
  ]);
});

test("a closed instance refuses everything, and its results stay", async () => {
  const given = problem([400, 300], -1, "plain", 1);
  const z = { data: given.logits, shape: given.shape };
  const gs = await load({ threads: 3 });
  const y = gs.gumbelSoftmax(z, { seed: 1 });
  const tensor = gs.empty([3]);
  gs.close();
  for (const call of [
    () => gs.gumbelSoftmax(z),
    () => gs.softmax(z),
    () => gs.argmax(z),
    () => gs.gumbel([400, 300]),
    () => gs.empty([3]),
    () => y.backward(z),
  ]) {
    assert.throws(call, CLOSED);
  }
  assert.equal(difference([y.data], [loadSync().gumbelSoftmax(z, { seed: 1 }).data]), undefined);
  tensor.free();
  gs.close();
});

test("two instances side by side do not touch", async () => {
  const [a, b] = await Promise.all([load({ threads: 3 }), load({ threads: 2 })]);
  const one = loadSync();
  const given = [problem([700, 200], -1, "plain", 1), problem([2, 60_000], -1, "plain", 2)] as const;
  const expected = given.map((each) => run(one, "soft", each));
  const samples = [5, 6].map((seed) => one.gumbelSoftmax({ data: given[0].logits, shape: [700, 200] }, { seed }).data);
  const [inA, inB] = [a.empty([700, 200]), b.empty([700, 200])];
  inA.data.set(given[0].logits);
  for (let round = 0; round < 20; round++) {
    assert.equal(difference(run(a, "soft", given[round % 2]!), expected[round % 2]!), undefined);
    assert.equal(difference(run(b, "soft", given[(round + 1) % 2]!), expected[(round + 1) % 2]!), undefined);
    const ours = a.gumbelSoftmax(inA, { seed: 5 });
    const theirs = b.gumbelSoftmax({ data: inA.data, shape: [700, 200] }, { seed: 6, out: inB });
    assert.equal(difference([ours.data, theirs.data], samples), undefined);
  }
  a.close();
  for (let round = 0; round < 5; round++) {
    assert.equal(difference(run(b, "soft", given[round % 2]!), expected[round % 2]!), undefined, "the other goes on");
  }
  assert.deepEqual([a.threads, b.threads], [1, 2]);
  b.close();
});

test("loading and closing 500 times leaks neither threads nor memory", async () => {
  const { code, stdout, stderr } = await program(
    `${WATCHED}
    import { existsSync, readdirSync } from "node:fs";
    const tasks = () => (existsSync("/proc/self/task") ? readdirSync("/proc/self/task").length : 0);
    const small = { data: z.data.subarray(0, 40_000), shape: [400, 100] };
    const reading = async () => {
      await turns(() => alive === 0);
      for (let n = 0; n < 4; n++) { gc(); await new Promise((resolve) => setTimeout(resolve, 20)); }
      const { rss, external, heapUsed, arrayBuffers } = process.memoryUsage();
      return { alive, exits, tasks: tasks(), rss, external, heapUsed, arrayBuffers };
    };
    const readings = [];
    for (let round = 1; round <= 500; round++) {
      const gs = round % 5 ? await load({ threads: 2 }) : loadSync({ threads: 2 });
      gs.gumbelSoftmax(small, { seed: 1 });
      gs.close();
      if (round === 100 || round === 500) readings.push(await reading());
    }
    console.log(JSON.stringify(readings));
  `,
    240_000,
    ["--expose-gc"],
  );
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  const [early, late] = JSON.parse(stdout) as Record<string, number>[];
  assert.deepEqual([early!.alive, early!.exits, late!.alive, late!.exits], [0, 100, 0, 500]);
  assert.equal(late!.tasks, early!.tasks, "threads of the process");
  if (existsSync("/proc/self/task")) assert.ok(late!.tasks! > 0 && late!.tasks! < 40, `${late!.tasks} threads`);
  // 400 instances hold 800 MB and more.
  for (const kind of ["rss", "external", "heapUsed", "arrayBuffers"]) {
    const growth = late![kind]! - early![kind]!;
    assert.ok(growth < 40e6, `${kind} has grown by ${growth} bytes`);
  }
});
