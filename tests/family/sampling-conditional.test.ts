// Perturbed logits given their outcome: exact in what is given, and over all outcomes noise again.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import { conditionalGumbel } from "gumbel-softmax/sampling";
import { normals, repeatRow } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { FAILURE, kolmogorovDistance, kolmogorovTail } from "../support/statistics.ts";
import { assertBits, assertSame } from "../tolerance.ts";

const gs = loadSync();

test("the largest is where it is said to be, and as large", () => {
  const shape = [4, 6, 5];
  const z = { data: normals(120, 1, 3).map((value, i) => (i % 7 === 3 ? -Infinity : value)), shape };
  const index = gs.categorical(z, { dim: 1, seed: 2 });
  const maximum = normals(20, 4, 5);
  for (const given of [{ index }, { maximum }, { index, maximum }]) {
    const p = conditionalGumbel(gs, z, { ...given, dim: 1, seed: 2 });
    assert.deepEqual([p.shape, p.seed], [shape, 2n]);
    const found = gs.categorical(p, { dim: 1, noiseScale: 0, scores: true });
    if ("index" in given) assertSame("indices", found.indices, index.indices);
    if ("maximum" in given) assertBits("largest", found.scores!, maximum);
    for (const [i, value] of z.data.entries()) assert.equal(p.data[i] === -Infinity, value === -Infinity);
  }
  assert.deepEqual([...conditionalGumbel(gs, [[1, 2]], { index: [-1], seed: 1 }).data], [0, 0]);
});

test("over the outcomes of a draw it is noise again: Kolmogorov-Smirnov, each class and condition", () => {
  const draws = 20_000;
  const row = [1, 0, -2];
  const z = { data: repeatRow(row, draws), shape: [draws, 3] };
  const { indices, scores } = gs.categorical(z, { seed: 8, scores: true });
  for (const given of [{ index: indices }, { maximum: scores! }, { index: indices, maximum: scores! }]) {
    const { data } = conditionalGumbel(gs, z, { ...given, seed: 8 });
    for (const [k, logit] of row.entries()) {
      const noise = data.filter((_, i) => i % 3 === k).map((p) => p - logit);
      const tail = kolmogorovTail(
        kolmogorovDistance(noise, (x) => Math.exp(-Math.exp(-x))),
        draws,
      );
      assert.ok(tail > FAILURE, `${Object.keys(given)}, class ${k}: tail ${tail}`);
    }
  }
});

test("refuses what it cannot be given", () => {
  const z = [
    [1, 2, 3],
    [0, -Infinity, 0],
  ];
  const call = (options: object, logits = z) => {
    return () => conditionalGumbel(gs, logits, { seed: 1, ...options });
  };
  refuses("TypeError", "index", call({}));
  refuses("TypeError", "index", () => conditionalGumbel(gs, z, undefined as never));
  refuses("RangeError", "index", call({ index: [0] }), /2, one per row/);
  for (const index of [3, -2, 0.5, NaN]) refuses("RangeError", "index", call({ index: [0, index] }), /in row 1$/);
  refuses("RangeError", "index", call({ index: [0, 1] }), /1 in row 1$/);
  refuses("TypeError", "index", call({ index: "01" }));
  for (const top of [NaN, Infinity, 1e39]) refuses("RangeError", "maximum", call({ maximum: [1, top] }), /in row 1$/);
  refuses("RangeError", "maximum", call({ maximum: [1, 2, 3] }));
  refuses("RangeError", "dim", call({ index: [0, 0], dim: 2 }));
  refuses("TypeError", "stream", call({ index: [0, 0], stream: 0 }));
  refuses("RangeError", "seed", call({ index: [0, 0], seed: -1 }));
  refuses("RangeError", "logits", call({ index: [0] }, [[NaN, 1, 1]]), /row 0/);
  const none = { data: new Float32Array(0), shape: [0, 3] };
  assert.equal(conditionalGumbel(gs, none, { index: new Int32Array(0) }).data.length, 0);
});
