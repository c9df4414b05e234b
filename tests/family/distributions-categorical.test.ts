// Categorical and OneHotCategorical: numbers against torch, masked classes and unimix, samples against their
// probabilities.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import { Categorical, OneHotCategorical } from "gumbel-softmax/distributions";
import { assertNear, assertValues, DENSITY, vectors } from "../distributions-vectors.ts";
import * as reference from "../reference.ts";
import { normals, repeatRow } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { countsTail, FAILURE } from "../support/statistics.ts";
import { assertGradient } from "../tolerance.ts";

const gs = loadSync();

test("probabilities, log-probability, entropy and KL are torch's, with unimix too", () => {
  for (const [i, { shape, unimix, logits, other, indices, ...exact }] of vectors.categorical.entries()) {
    const rows = [shape[0]!];
    const label = `case ${i}, unimix ${unimix}`;
    const oneHot = { data: reference.oneHot(indices, shape, 1), shape };
    for (const kind of [Categorical, OneHotCategorical]) {
      const distribution = new kind({ data: logits, shape }, { unimix });
      assertValues(`${label}, probs`, distribution.probs, exact.probs, shape);
      assertValues(`${label}, logits`, distribution.logits, exact.logProbs, shape);
      assertValues(`${label}, entropy`, distribution.entropy(), exact.entropy, rows);
      const kl = distribution.kl(new kind({ data: other, shape }, { unimix }));
      assertValues(`${label}, kl`, kl, exact.kl, rows);
    }
    const settings = { unimix };
    const byIndex = new Categorical({ data: logits, shape }, settings).logProb(Int32Array.from(indices));
    assertValues(`${label}, logProb`, byIndex, exact.logProb, rows);
    const byRow = new OneHotCategorical({ data: logits, shape }, settings).logProb(oneHot);
    assertValues(`${label}, logProb of one-hot`, byRow, exact.logProb, rows);
  }
});

test("masked classes: probability 0 whatever the share, 0 ln 0 = 0, Infinity where the other has none", () => {
  const masked = [1, -Infinity, 2, 0.5];
  for (const unimix of [0, 0.01, 1]) {
    const [a, b] = [new Categorical(masked, { unimix }), new Categorical([1, 2, 0.5], { unimix })];
    assert.equal(a.probs.data[1], 0);
    assert.deepEqual(
      [...a.probs.data].filter((_, k) => k !== 1),
      [...b.probs.data],
    );
    assert.deepEqual(a.entropy().data, b.entropy().data);
    assert.equal(a.logProb([1]).data[0], -Infinity);
    const all = new Categorical([1, 1, 2, 0.5], { unimix });
    assert.equal(all.kl(a).data[0], Infinity);
    assert.ok(a.kl(all).data[0]! > 0 && a.kl(all).data[0]! < 1);
    assert.equal(a.kl(a).data[0], 0);
  }
  const certain = new OneHotCategorical([-Infinity, 3]);
  assert.deepEqual([certain.entropy().data[0], certain.logProb([0, 1]).data[0]], [0, 0]);
  const [far, cut] = [new Categorical([0, -800]), new Categorical([0, -Infinity])];
  assert.equal(far.kl(cut).data[0], Infinity);
  assertNear("far apart", new Categorical([3e38, -3e38]).kl(new Categorical([-3e38, 3e38])).data[0]!, 6e38, DENSITY);
});

test("rows along any axis, and several draws of them", () => {
  const shape = [2, 3, 4];
  const data = normals(24, 1);
  for (const dim of [0, 1, -1]) {
    const at = dim < 0 ? dim + 3 : dim;
    const along = reference.layout(shape, dim);
    const classes = along.classes;
    const rest = shape.filter((_, i) => i !== at);
    const [indexed, hot] = [new Categorical({ data, shape }, { dim }), new OneHotCategorical({ data, shape }, { dim })];
    const exact = reference.logSoftmax(data, shape, dim, 1);
    const indices = Int32Array.from({ length: 2 * along.rows }, (_, i) => (i * 7) % classes);
    const expected = Array.from(indices, (c, i) => exact[reference.position(along, i % along.rows, c)]!);
    assertValues(`dim ${dim}`, indexed.logProb({ data: indices, shape: [2, ...rest] }), expected, [2, ...rest]);
    const rows = reference.oneHot(indices, [2, ...shape], at + 1);
    assertValues(`dim ${dim}, one-hot`, hot.logProb({ data: rows, shape: [2, ...shape] }), expected, [2, ...rest]);
    const entropy = reference.perRow(shape, dim, (row) => row.reduce((sum, l) => sum - Math.exp(l) * l, 0), exact);
    assertValues(`dim ${dim}, entropy`, indexed.entropy(), [...entropy], rest);
  }
  const one = new Categorical([1, 2, 3]);
  assertNear("a number", one.logProb(2).data[0]!, one.logits.data[2]!, DENSITY);
  assert.deepEqual([one.logProb(2).shape, one.logProb([0, 1, 2, 2]).shape], [[], [4]]);
});

test("samples are the kernels'; index and one-hot agree", () => {
  const [data, shape] = [normals(60, 3, 2), [4, 5, 3]];
  for (const [dim, unimix] of [
    [1, 0],
    [-1, 0.2],
    [0, 0.01],
  ] as const) {
    const options = { seed: 11n, rowOffset: 2 };
    const indices = new Categorical({ data, shape }, { dim, unimix }).sample(gs, options);
    const rows = new OneHotCategorical({ data, shape }, { dim, unimix }).sample(gs, options);
    assert.deepEqual(indices.indices, rows.indices);
    assert.deepEqual([indices.seed, rows.seed], [11n, 11n]);
    assert.deepEqual([...rows.data], [...reference.oneHot(rows.indices, shape, dim)]);
    if (unimix === 0) assert.deepEqual(indices.indices, gs.categorical({ data, shape }, { dim, ...options }).indices);
  }
});

test("the gradient of a one-hot sample is that of the probabilities", () => {
  const [data, shape] = [normals(24, 5, 2), [2, 4, 3]];
  data[3] = -Infinity;
  const cotangent = normals(24, 6);
  for (const [dim, unimix] of [
    [0, 0],
    [1, 0.01],
    [-1, 0.5],
  ] as const) {
    const y = new OneHotCategorical({ data, shape }, { dim, unimix }).sample(gs, { seed: 8 });
    const exact = reference.backward(cotangent, data, shape, dim, 1).map((d) => (1 - unimix) * d);
    const got = y.backward({ data: cotangent, shape });
    assertGradient(`dim ${dim}, unimix ${unimix}`, got.data, exact, cotangent, shape, dim, 1);
  }
});

test("several draws, and a seed a row", () => {
  const [data, shape] = [normals(15, 7), [5, 3]];
  for (const unimix of [0, 0.3]) {
    const [indexed, hot] = [
      new Categorical({ data, shape }, { unimix }),
      new OneHotCategorical({ data, shape }, { unimix }),
    ];
    const indices = indexed.sample(gs, { seed: 4, numSamples: 6 });
    const rows = hot.sample(gs, { seed: 4, numSamples: 6 });
    assert.deepEqual([indices.shape, rows.shape, indices.seed], [[6, 5], [6, 5, 3], 4n]);
    assert.deepEqual(indices.indices, rows.indices);
    assert.deepEqual(indexed.logProb(indices), hot.logProb(rows));
    assert.deepEqual(indices.indices.slice(0, 5), indexed.sample(gs, { seed: 4 }).indices);

    const seeds = BigUint64Array.from([9n, 1n, 2n, 3n, 2n ** 64n - 1n]);
    const own = indexed.sample(gs, { seeds });
    assert.deepEqual([own.seeds, own.seed, own.indices], [seeds, undefined, hot.sample(gs, { seeds }).indices]);
    const third = new Categorical(data.slice(6, 9), { unimix }).sample(gs, { seed: 2 });
    assert.equal(own.indices[2], third.indices[0]);
  }
});

test("samples follow the probabilities: chi-square", () => {
  const draws = 200_000;
  for (const [i, [row, unimix]] of (
    [
      [[1, 0, -2, 0.5], 0],
      [[6, -6, -Infinity, 0], 0.1],
      [[3, 0, 0], 1],
    ] as const
  ).entries()) {
    const tensor = { data: repeatRow(row, draws), shape: [draws, row.length] };
    const expected = new Categorical([...row], { unimix }).probs.data;
    for (const kind of [Categorical, OneHotCategorical]) {
      const counts = new Float64Array(row.length);
      for (const k of new kind(tensor, { unimix }).sample(gs, { seed: 30 + i }).indices) counts[k]! += 1;
      assert.ok(countsTail(counts, expected) > FAILURE, `${kind.name}, unimix ${unimix}: ${counts}`);
      for (const [k, p] of expected.entries()) if (p === 0) assert.equal(counts[k], 0);
    }
  }
});

test("bad input is named", () => {
  for (const unimix of [-0.1, 1.1, Number.NaN]) refuses("RangeError", "unimix", () => new Categorical([1], { unimix }));
  refuses("TypeError", "share", () => new Categorical([1], { share: 0.1 } as object));
  refuses("RangeError", "dim", () => new Categorical([1, 2], { dim: 1 }));
  refuses("RangeError", "logits", () => new OneHotCategorical([1, Infinity]), /row 0 at class 1/);
  refuses(
    "RangeError",
    "logits",
    () =>
      new Categorical([
        [1, 2],
        [-Infinity, -Infinity],
      ]),
    /row 1/,
  );
  const [indexed, hot] = [new Categorical([[1, 2]]), new OneHotCategorical([[1, 2]])];
  for (const index of [-1, 2, 0.5, Number.NaN]) refuses("RangeError", "indices", () => indexed.logProb([index]));
  refuses("RangeError", "indices", () => indexed.logProb([0, 1]));
  for (const row of [
    [0, 0],
    [1, 1],
    [0.5, 0.5],
    [2, 0],
    [Number.NaN, 1],
  ])
    refuses("RangeError", "value", () => hot.logProb([row]), /row 0/);
  refuses("RangeError", "other", () => indexed.kl(new Categorical([1, 2])));
  refuses("TypeError", "other", () => indexed.kl({} as Categorical));
  for (const name of ["dim", "unimix", "tau", "estimator", "noiseScale"]) {
    refuses("TypeError", name, () => indexed.sample(gs, { [name]: 0 }));
    refuses("TypeError", name, () => hot.sample(gs, { [name]: 0 }));
  }
  refuses("TypeError", "gs", () => indexed.sample(undefined as unknown as typeof gs));
});
