// The memory that threads share, when it grows: tensors and their views stay good, and overlaps are still found.

import assert from "node:assert/strict";
import test from "node:test";
import { load, loadSync } from "gumbel-softmax";
import { refuses } from "../support/refuses.ts";
import { difference, problem, run } from "./calls.ts";

const shape = [500, 200];
const given = problem(shape, -1, "plain", 1);
const z = { data: given.logits, shape };
const one = loadSync();

test("tensors from before and after a growth", async () => {
  const gs = await load({ threads: 3 });
  const options = { seed: 7, tau: 0.7 };
  const expected = one.gumbelSoftmax(z, options);
  const gradient = one.gumbelSoftmaxBackward(given.cotangent, z, options).data;
  const [early, out] = [gs.empty(shape), gs.empty(shape)];
  const view = early.data;
  view.set(given.logits);
  const before = gs.gumbelSoftmax(early, { ...options, out });
  const outView = out.data;

  const large = gs.empty([1 << 24]);
  const late = gs.empty(shape);
  late.data.set(given.logits);
  assert.notEqual(late.data.buffer, view.buffer, "the memory has grown");
  assert.equal(difference([view, early.data], [given.logits, given.logits]), undefined, "the views, old and new");
  assert.equal(difference([before.data, outView], [expected.data, expected.data]), undefined, "the result");
  assert.equal(difference([before.backward(given.cotangent).data], [gradient]), undefined, "its gradient");

  // A write through the old view is seen by the workers.
  view[777] = 9;
  const changed = given.logits.slice();
  changed[777] = 9;
  const now = one.gumbelSoftmax({ data: changed, shape }, options);
  for (const target of [early, out, late, view, outView]) {
    view.set(changed);
    const y = gs.gumbelSoftmax(early, { ...options, out: target });
    assert.equal(difference([y.data, y.indices], [now.data, now.indices]), undefined);
  }
  // In place, the same memory seen through both buffers.
  const anew = new Float32Array(late.data.buffer, view.byteOffset, view.length);
  for (const [input, target] of [
    [view, anew],
    [anew, view],
  ] as const) {
    view.set(changed);
    const y = gs.gumbelSoftmax({ data: input, shape }, { ...options, out: target });
    assert.equal(difference([y.data, view], [now.data, now.data]), undefined, "in place");
  }
  for (const tensor of [large, early, late, out]) tensor.free();
  gs.close();
});

test("an overlap is found through views of the memory before and after it grew", async () => {
  const gs = await load({ threads: 2 });
  const tensor = gs.empty([1000, 100]);
  const old = tensor.data.subarray(0, 90_000);
  const oldTail = tensor.data.subarray(100, 90_100);
  const large = gs.empty([1 << 24]);
  const anew = new Float32Array(large.data.buffer, old.byteOffset + 400, 90_000);
  assert.notEqual(anew.buffer, old.buffer);
  const rows = [900, 100];
  for (const [input, out] of [
    [old, anew],
    [anew, old],
    [old, oldTail],
  ] as const) {
    refuses("RangeError", "out", () => gs.softmax({ data: input, shape: rows }, { out }), /overlap/);
    refuses("RangeError", "out", () =>
      gs.softmaxBackward(input, { data: new Float32Array(90_000), shape: rows }, { out }),
    );
  }
  // Just on it is no overlap.
  old.set(problem(rows, -1, "plain", 3).logits);
  const expected = one.softmax({ data: oldTail.slice(), shape: rows }).data;
  const { data } = gs.softmax({ data: oldTail, shape: rows }, { out: anew });
  assert.equal(difference([data], [expected]), undefined);
  large.free();
  tensor.free();
  gs.close();
});

test("calls that make the memory grow find their tensors", async () => {
  for (const [n, wide] of [
    [1, 600_000],
    [3, 140_000],
    [20, 40_000],
  ].entries()) {
    const wideProblem = problem(wide, -1, "masked", n);
    for (const name of ["soft", "sampleBackward", "categorical", "gumbel"]) {
      const gs = await load({ threads: 2 });
      for (const out of ["tensor", "logits"] as const) {
        if (name === "gumbel" && out === "logits") continue;
        const places = { logits: "tensor", cotangent: "tensor", out } as const;
        const wrong = difference(run(gs, name, wideProblem, places), run(one, name, wideProblem));
        assert.ok(wrong === undefined, `${name}, [${wide}], out ${out}: ${wrong}`);
      }
      gs.close();
    }
  }
});

test("many tensors, freed in any order, while calls are shared", async () => {
  const gs = await load({ threads: 4 });
  const expected = run(one, "soft", given);
  const kept = gs.empty([1000]);
  kept.data.fill(5);
  for (let round = 0; round < 40; round++) {
    const tensors = [1, 2, 3].map((k) => gs.empty([k, 1 << (12 + (round % 6))]));
    const places = { logits: "tensor", cotangent: "array", out: "tensor" } as const;
    assert.equal(difference(run(gs, "soft", given, places), expected), undefined);
    for (const k of [1, 0, 2]) tensors[k]!.free();
  }
  assert.ok(kept.data.every((value) => value === 5));
  gs.close();
});
