// Many draws in one call: the bits of calls of their own, and the memory of one draw beside the result and the cotangent.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { load, loadSync } from "gumbel-softmax";
import { normals, size } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { assertBits } from "../tolerance.ts";

const gs = loadSync();

/** Sums over draws in their order, in f64, then rounded. */
function summed(each: Float32Array, count: number): Float32Array {
  const sums = new Float64Array(count);
  for (let n = 0; n < each.length; n++) sums[n % count]! += each[n]!;
  return new Float32Array(sums);
}

const SHAPES: [number[], number, number][] = [
  [[1], -1, 3],
  [[5], -1, 40_000],
  [[3, 7], -1, 9000],
  [[3, 7], 0, 9000],
  [[2, 5, 3], 1, 5000],
  [[1, 70_000], -1, 3],
  [[3, 30_000], -1, 4],
  [[40, 1700], 0, 3],
  [[2, 40_000, 3], 1, 2],
  [[1, 600_000], -1, 2],
  [[70_000, 2], 0, 2],
];

for (const threads of [1, 2]) {
  test(`draws are those of the logits repeated, on ${threads} threads`, async () => {
    const own = await load({ threads });
    for (const [shape, dim, numSamples] of SHAPES) {
      const count = size(shape);
      const z = normals(count, 51);
      if (count > 5) z[1] = Number.NEGATIVE_INFINITY;
      const whole = { data: new Float32Array(count * numSamples), shape: [numSamples, ...shape] };
      for (let n = 0; n < numSamples; n++) whole.data.set(z, n * count);
      const cotangent = { data: normals(count * numSamples, 52), shape: whole.shape };
      const tensor = own.empty(shape);
      tensor.data.set(z);
      const axis = dim < 0 ? dim : dim + 1;
      const options = { seed: 9, tau: 0.7, rowOffset: 3 };
      for (const logits of [{ data: z, shape }, tensor, { data: Float64Array.from(z), shape }]) {
        const label = `[${shape}] along ${dim}, ${numSamples} draws`;
        const many = { ...options, dim, numSamples };
        const one = { ...options, dim: axis };
        const drawn = own.categorical(logits, { seed: 9, rowOffset: 3, dim, numSamples, scores: true });
        const expected = own.categorical(whole, { seed: 9, rowOffset: 3, dim: axis, scores: true });
        assert.deepEqual(drawn.indices, expected.indices, label);
        assertBits(label, drawn.scores!, expected.scores!);
        const y = own.gumbelSoftmax(logits, many);
        const alone = own.gumbelSoftmax(whole, one);
        assertBits(label, y.data, alone.data);
        assert.deepEqual(y.indices, alone.indices, label);
        const gradient = summed(alone.backward(cotangent).data, count);
        assertBits(`${label}, backward`, y.backward(cotangent).data, gradient);
        const kept = own.gumbelSoftmax(logits, { ...many, hard: true, keep: true });
        assertBits(`${label}, kept`, kept.backward(cotangent).data, gradient);
        if (count > 100_000 || logits !== tensor) continue;
        const out = own.empty(whole.shape);
        assertBits(`${label}, out`, own.gumbelSoftmax(tensor, { ...many, out }).data, alone.data);
        const dz = own.gumbelSoftmaxBackward(cotangent, tensor, { ...many, out: tensor });
        assertBits(`${label}, gradient over the logits`, dz.data, gradient);
        tensor.data.set(z);
        out.free();
      }
      tensor.free();
    }
    own.close();
  });
}

test("estimators sum over draws in their order", () => {
  const shape = [3, 7];
  const numSamples = 5000;
  const z = normals(21, 53);
  const cotangent = { data: normals(21 * numSamples, 54), shape: [numSamples, ...shape] };
  for (const estimator of ["straight-through", "reinmax", "gumbel-rao"] as const) {
    const options = { estimator, tau: 0.6, seed: 4, ...(estimator === "gumbel-rao" ? { conditionalSamples: 2 } : {}) };
    const y = gs.gumbelSoftmax({ data: z, shape }, { ...options, numSamples });
    const each = new Float32Array(21 * numSamples);
    for (let n = 0; n < numSamples; n++) {
      const one = gs.gumbelSoftmax({ data: z, shape }, { ...options, rowOffset: 3 * n });
      assertBits(`${estimator}, draw ${n}`, y.data.subarray(21 * n, 21 * n + 21), one.data);
      each.set(one.backward({ data: cotangent.data.subarray(21 * n, 21 * n + 21), shape }).data, 21 * n);
    }
    const got = y.backward(cotangent).data;
    const sums = summed(each, 21);
    // Each draw is rounded to f32 here, and not there: 5,000 half units in the last place of numbers below 32.
    for (const [e, value] of got.entries()) {
      assert.ok(Math.abs(value - sums[e]!) < 5000 * 2 ** -20 + 1e-5 * Math.abs(value), estimator);
    }
  }
});

test("errors name the first row of the first draw, and nothing is written", () => {
  const z = normals(12, 55);
  z[9] = Number.NaN;
  const logits = { data: z, shape: [3, 4] };
  for (const numSamples of [1, 2, 9000]) {
    const out = new Float32Array(12 * numSamples).fill(5);
    const index = new Int32Array(3 * numSamples).fill(5);
    for (const call of [
      () => gs.gumbelSoftmax(logits, { seed: 1, numSamples, out }),
      () => gs.categorical(logits, { seed: 1, numSamples, out: index }),
    ]) {
      assert.throws(call, { name: "RangeError", row: 2, class: 1 });
    }
    assert.ok(out.every((value) => value === 5) && index.every((value) => value === 5));
    const marked = gs.categorical(logits, { seed: 1, numSamples, out: index, invalid: "mark" });
    assert.equal(marked.data, index);
    assert.ok(index.every((i, r) => (r % 3 === 2 ? i === -1 : i >= 0)));
    const cotangent = { data: new Float32Array(12 * numSamples), shape: [numSamples, 3, 4] };
    cotangent.data[12 * numSamples - 2] = Infinity;
    for (const estimator of ["gumbel-softmax", "reinmax"] as const) {
      const good = { data: normals(12, 56), shape: [3, 4] };
      const y = gs.gumbelSoftmax(good, { seed: 1, numSamples, estimator });
      const wrong = { name: "RangeError", message: /^cotangent: /, row: 3 * numSamples - 1, class: 2 };
      assert.throws(() => y.backward(cotangent), wrong);
    }
  }
});

test("results written over the logits, and logits that change later", () => {
  const z = normals(6, 57);
  const memory = new Float32Array(60);
  memory.set(z, 3);
  const logits = { data: memory.subarray(3, 9), shape: [2, 3] };
  const expected = gs.gumbelSoftmax({ data: z, shape: [2, 3] }, { seed: 2, numSamples: 10 });
  const y = gs.gumbelSoftmax(logits, { seed: 2, numSamples: 10, out: memory });
  assertBits("overlapping", y.data, expected.data);
  const c = { data: normals(60, 58), shape: [10, 2, 3] };
  assertBits("its gradient", y.backward(c).data, expected.backward(c).data);
  refuses("RangeError", "numSamples", () => gs.categorical(logits, { numSamples: 0 }));
});

test("5,000 draws of 32,000 classes take the memory of one", () => {
  // In a process of its own, whose memory nothing else moves. Before, the copies took 640 MB.
  const script = `
    import { loadSync } from "gumbel-softmax";
    const gs = loadSync();
    const logits = Float32Array.from({ length: 32000 }, (_, i) => Math.sin(i));
    gs.categorical(logits, { seed: 1, numSamples: 3 });
    const before = process.resourceUsage().maxRSS;
    const { shape } = gs.categorical(logits, { seed: 1, numSamples: 5000 });
    const cotangent = { data: new Float32Array(300 * 32000), shape: [300, 32000] };
    const after = process.resourceUsage().maxRSS;
    for (const estimator of ["gumbel-softmax", "straight-through", "reinmax"]) {
      gs.gumbelSoftmaxBackward(cotangent, logits, { seed: 1, numSamples: 300, estimator });
    }
    console.log(JSON.stringify([shape, after - before, process.resourceUsage().maxRSS - after]));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  const [shape, forward, backward] = JSON.parse(stdout || `"${stderr}"`) as [number[], number, number];
  assert.deepEqual(shape, [5000]);
  // The cotangent, never written, costs at most its 38 MB when it is read; a collector may let small arrays stand for a while.
  assert.ok(forward < 30_000, `${forward} kB`);
  assert.ok(backward < 38_000 + 40_000, `${backward} kB`);
});
