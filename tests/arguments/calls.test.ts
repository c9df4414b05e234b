// The calls that users of other libraries arrive with.

import assert from "node:assert/strict";
import test from "node:test";
import { load } from "gumbel-softmax";
import * as reference from "../reference.ts";
import { normals } from "../support/random.ts";
import { assertBits, assertGradient, assertSame, assertSoft } from "../tolerance.ts";

const gs = await load();

test("zeta: gumbelmax on [[0.1, 0.5, 0.4]]", () => {
  const x = [[0.1, 0.5, 0.4]];
  const p = reference.perturb(Float32Array.from(x[0]!), gs.gumbel([1, 3], { seed: 1 }).data);
  const index = reference.index(p, [1, 3], 1);

  const plain = gs.gumbelMax(x, { seed: 1 });
  assert.deepEqual(plain.shape, [1, 3]);
  assertSoft("default", plain.data, p, [1, 3], 1, 1);

  const hard = gs.gumbelMax(x, { temp: 0.5, hard: true, seed: 1 });
  assert.deepEqual([...hard.data], [...reference.oneHot(index, [1, 3], 1)]);

  for (const temp of [5, 0.1]) assertSoft(`temp ${temp}`, gs.gumbelMax(x, { temp, seed: 1 }).data, p, [1, 3], 1, temp);
  assert.equal(gs.gumbelMax(x).data.length, 3);
});

test("one row of logits [2.0, 0.5, -1.0] at tau 0.5, hard, with its gradient", () => {
  const logits = [2.0, 0.5, -1.0];
  const y = gs.gumbelSoftmax(logits, { tau: 0.5, hard: true, seed: 44 });
  const p = reference.perturb(logits, gs.gumbel([3], { seed: 44 }).data);
  assert.deepEqual(y.shape, [3]);
  assert.equal(y.seed, 44n);
  assert.deepEqual([...y.data], [...reference.hard(p, [3], 0)]);
  assert.deepEqual([...y.indices], [...reference.index(p, [3], 0)]);

  const cotangent = Float32Array.of(1, 0, -2);
  const dz = y.backward(cotangent);
  assert.deepEqual(dz.shape, [3]);
  assertGradient("gradient", dz.data, reference.backward(cotangent, p, [3], 0, 0.5), cotangent, [3], 0, 0.5);
  assertBits("numbers as cotangent", y.backward([1, 0, -2]).data, dz.data);
});

test("8 x 4 x 4 categorical groups, batch x groups x classes, hard in one call", () => {
  const shape = [8, 4, 4];
  const data = normals(128, 3);
  const y = gs.gumbelSoftmax({ data, shape }, { hard: true, dim: -1, seed: 12 });
  const p = reference.perturb(data, gs.gumbel(shape, { seed: 12 }).data);
  assert.deepEqual(y.shape, shape);
  assert.equal(y.indices.length, 32);
  assertSame("groups", y.data, reference.hard(p, shape, 2));
  const nested = Array.from({ length: 8 }, (_, b) =>
    Array.from({ length: 4 }, (_, g) => Array.from(data.subarray((b * 4 + g) * 4, (b * 4 + g + 1) * 4))),
  );
  const same = gs.gumbelSoftmax(nested, { hard: true, seed: 12 });
  assert.deepEqual(same.shape, shape);
  assertBits("nested arrays", same.data, y.data);
});

test("TensorFlow: RelaxedOneHotCategorical(temperature=0.5, logits=[[1, 2, 3]])", () => {
  const y = gs.gumbelSoftmax([[1, 2, 3]], { temperature: 0.5, seed: 5 });
  const p = reference.perturb([1, 2, 3], gs.gumbel([1, 3], { seed: 5 }).data);
  assert.deepEqual(y.shape, [1, 3]);
  assertSoft("relaxed", y.data, p, [1, 3], 1, 0.5);
});

test("tau, temperature and temp are one option; the default is 1", () => {
  const logits = normals(20, 4);
  const expected = gs.gumbelSoftmax(logits, { tau: 0.3, seed: 1 }).data;
  assertBits("temperature", gs.gumbelSoftmax(logits, { temperature: 0.3, seed: 1 }).data, expected);
  assertBits("temp", gs.gumbelSoftmax(logits, { temp: 0.3, seed: 1 }).data, expected);
  const plain = gs.gumbelSoftmax(logits, { tau: 1, seed: 1 }).data;
  assertBits("default", gs.gumbelSoftmax(logits, { seed: 1 }).data, plain);
  assertBits(
    "defaults in full",
    gs.gumbelMax(logits, { tau: 1, hard: false, dim: -1, seed: 1n, noiseScale: 1 }).data,
    plain,
  );
});

test("every form of logits is the same input", () => {
  const data = normals(12, 6);
  const options = { tau: 0.4, seed: 2 };
  const expected = gs.gumbelSoftmax({ data, shape: [3, 4] }, options).data;
  const nested = [0, 1, 2].map((row) => Array.from(data.subarray(row * 4, row * 4 + 4)));
  assertBits("dims", gs.gumbelSoftmax({ data, dims: [3, 4] }, options).data, expected);
  assertBits("f64", gs.gumbelSoftmax({ data: Float64Array.from(data), shape: [3, 4] }, options).data, expected);
  assertBits("numbers", gs.gumbelSoftmax({ data: Array.from(data), shape: [3, 4] }, options).data, expected);
  assertBits("nested", gs.gumbelSoftmax(nested, options).data, expected);
  const first = gs.gumbelSoftmax(data.subarray(0, 4), options).data;
  assertBits("one row", first, expected.subarray(0, 4));
  const whole = { data: Int32Array.of(1, -2, 3, 0), shape: [4] };
  assertBits("integers", gs.softmax(whole).data, gs.softmax([1, -2, 3, 0]).data);
});

test("results are the caller's own and the seed they carry brings them back", () => {
  const logits = normals(30, 5);
  const before = logits.slice();
  const y = gs.gumbelSoftmax({ data: logits, shape: [3, 10] });
  const kept = y.data.slice();
  assert.equal(typeof y.seed, "bigint");
  const other = gs.gumbelSoftmax({ data: logits, shape: [3, 10] });
  assert.notEqual(other.seed, y.seed);
  assertBits("kept", y.data, kept);
  assertBits("again", gs.gumbelSoftmax({ data: logits, shape: [3, 10] }, { seed: y.seed }).data, kept);
  assertBits("logits untouched", logits, before);
});
