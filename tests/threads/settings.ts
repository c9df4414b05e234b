// The options of load: how many threads, which module, and where threads cannot be had.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type GumbelSoftmax, load, loadSync } from "gumbel-softmax";
import { refuses } from "../support/refuses.ts";
import { difference, problem, run } from "./calls.ts";
import { program } from "./child.ts";

const given = problem([400, 300], -1, "masked", 1);
const expected = run(loadSync(), "soft", given);

function works(gs: GumbelSoftmax): void {
  assert.equal(difference(run(gs, "soft", given), expected), undefined);
}

function compiled(name: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(`dist/${name}`));
}

async function eventually(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 6000 && !holds(); turn++) await sleep(10);
  assert.ok(holds(), what);
}

test("a number of threads that cannot be", () => {
  for (const threads of [0, -1, 1.5, Number.NaN, Infinity, 65, 2 ** 32]) {
    refuses(
      "RangeError",
      "threads",
      () => loadSync({ threads }),
      /^threads: expected an integer from 1 to 64 or "auto", /,
    );
  }
  for (const threads of ["4", "many", {}, [2], true, 2n]) {
    refuses("TypeError", "threads", () => loadSync({ threads: threads as never }), /^threads: expected an integer /);
  }
});

test('"auto" is one thread for each processor, at most 8; undefined and null are one', async () => {
  const auto = await load({ threads: "auto" });
  assert.equal(auto.threads, Math.min(8, availableParallelism()));
  works(auto);
  auto.close();
  assert.equal(loadSync({ threads: undefined }).threads, 1);
  assert.equal(loadSync({ threads: null }).threads, 1);
});

test("most threads", async () => {
  const gs = await load({ threads: 64 });
  assert.deepEqual([gs.threads, gs.threadsUnavailable], [64, undefined]);
  for (let round = 0; round < 10; round++) works(gs);
  gs.close();
});

test("loadSync works at once, and its workers join in", async () => {
  const gs = loadSync({ threads: 2 });
  assert.deepEqual([gs.threads, gs.threadsUnavailable], [1, undefined]);
  works(gs);
  await eventually(() => gs.threads === 2, "2 threads");
  works(gs);
  assert.equal(gs.threadsUnavailable, undefined);
  gs.close();
});

test("a module from the caller: that for shared memory has threads, the other says why not", async () => {
  const shared = compiled("kernels.shared.wasm");
  const two = await load({ threads: 2, module: shared });
  assert.deepEqual([two.threads, two.threadsUnavailable], [2, undefined]);
  const alone = await load({ module: shared });
  assert.deepEqual([alone.threads, alone.threadsUnavailable], [1, undefined]);
  const plain = await load({ threads: 2, module: compiled("kernels.wasm") });
  assert.equal(plain.threads, 1);
  assert.match(plain.threadsUnavailable!, /kernels\.shared\.wasm/);
  const later = loadSync({ threads: 2, module: shared });
  await eventually(() => later.threads === 2, "2 threads by loadSync");
  for (const gs of [two, alone, plain, later]) {
    works(gs);
    gs.close();
  }
});

test("where threads cannot be had: an instance with one that says why, and auto is one", async () => {
  const without = {
    SharedArrayBuffer: "delete globalThis.SharedArrayBuffer;",
    isolat: "globalThis.crossOriginIsolated = false;",
    workers: "process.getBuiltinModule = undefined; delete globalThis.Worker;",
  };
  for (const [reason, setup] of Object.entries(without)) {
    const { code, stdout, stderr } = await program(`
      ${setup}
      const { load, loadSync } = await import("gumbel-softmax");
      const asked = [await load({ threads: 4 }), loadSync({ threads: 4 }), await load({ threads: "auto" }), await load()];
      const told = asked.map((gs) => [gs.threads, gs.threadsUnavailable ?? "", gs.softmax(new Float32Array(100_000)).data[7]]);
      console.log(JSON.stringify(told));
    `);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const told = JSON.parse(stdout) as [number, string, number][];
    assert.deepEqual(
      told.map(([threads, , value]) => [threads, value]),
      told.map(() => [1, Math.fround(1e-5)]),
    );
    for (const [, text] of told.slice(0, 2)) assert.match(text, new RegExp(reason));
    assert.equal(told[3]![1], "", "nothing was asked for");
  }
});
