// Perturbed logits given the index, the maximum, or both: their laws, and who is the largest.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import { type Condition, conditionalNoise } from "../../src/sampling/conditional.ts";
import { integers, normals, repeatRow } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { FAILURE, kolmogorovDistance, kolmogorovTail } from "../support/statistics.ts";
import { assertSame } from "../tolerance.ts";

const gs = loadSync();
const CONDITIONAL = 4;

function sample(data: Float32Array, classes: number, given: Condition, seed = 1): Float32Array {
  const rows = data.length / classes;
  const axis = { dim: 1, outer: rows, classes, inner: 1, rows };
  return conditionalNoise(gs, data, axis, gs.gumbel([rows, classes], { seed, stream: CONDITIONAL }).data, given);
}

function column(p: Float32Array, classes: number, c: number): Float32Array {
  return Float32Array.from({ length: p.length / classes }, (_, r) => p[r * classes + c]!);
}

const gumbelCdf = (location: number) => (x: number) => Math.exp(-Math.exp(location - x));

function assertGumbel(label: string, draws: Float32Array, location: number): void {
  const tail = kolmogorovTail(kolmogorovDistance(draws, gumbelCdf(location)), draws.length);
  assert.ok(tail > FAILURE, `${label}: ${tail}`);
}

const ROW = [1.5, 0, -1, 0.3];
const ROWS = 50_000;
const LOG_SUM = Math.log(ROW.reduce((sum, z) => sum + Math.exp(z), 0));

test("with an index drawn first, every class is Gumbel(z_j) again, and the largest Gumbel(logsumexp z); fails once in 1e7", () => {
  const data = repeatRow(ROW, ROWS);
  const { indices } = gs.categorical({ data, shape: [ROWS, 4] }, { seed: 3 });
  const p = sample(data, 4, { index: indices });
  ROW.forEach((z, c) => {
    assertGumbel(`class ${c}`, column(p, 4, c), z);
  });
  const tops = Float32Array.from(indices, (i, r) => p[r * 4 + i]!);
  assertGumbel("largest", tops, LOG_SUM);
});

test("with a maximum drawn first, alone or beside an index: the same; fails once in 1e7", () => {
  const data = repeatRow(ROW, ROWS);
  const { indices } = gs.categorical({ data, shape: [ROWS, 4] }, { seed: 3 });
  const maximum = gs.gumbel([ROWS], { loc: LOG_SUM, seed: 5, dim: 0 }).data;
  for (const index of [undefined, indices]) {
    const p = sample(data, 4, { index, maximum });
    ROW.forEach((z, c) => {
      assertGumbel(`class ${c}`, column(p, 4, c), z);
    });
    assertSame("the largest", winners(p, 4).values, maximum);
    if (index) assertSame("its class", winners(p, 4).indices, index);
  }
});

//  The largest of each row and its class, the lowest on a tie.
function winners(p: Float32Array, classes: number): { values: Float32Array; indices: Int32Array } {
  const rows = p.length / classes;
  const indices = gs.argmax({ data: p, shape: [rows, classes] }).indices;
  return { indices, values: Float32Array.from(indices, (i, r) => p[r * classes + i]!) };
}

test("whatever the logits, the index wins, the maximum is met, and nothing is NaN", () => {
  const between = integers(77);
  const [rows, classes] = [4000, 6];
  const values = [0, 0, 1, -1, 1e4, -1e4, 1e30, -1e30, 3e38, -3e38, 1e-40, 104, -Infinity, -Infinity];
  const data = Float32Array.from({ length: rows * classes }, () => values[between(0, values.length - 1)]!);
  for (let r = 0; r < rows; r++) data[r * classes + (r % classes)] = r % 3 ? 0 : 1e30;
  const index = Int32Array.from({ length: rows }, (_, r) => {
    for (;;) {
      const i = between(0, classes - 1);
      if (data[r * classes + i]! > -Infinity) return i;
    }
  });
  const maximum = Float32Array.from(
    { length: rows },
    (_, r) => [0, 1, -1, 1e-45, -1e-45, 1e4, -1e30, 3e38, -3e38][r % 9]!,
  );
  for (const given of [{ index }, { index, maximum }, { maximum }]) {
    const p = sample(data, classes, given, 9);
    const found = winners(p, classes);
    if ("index" in given) assertSame("index", found.indices, index);
    if ("maximum" in given) assertSame("maximum", found.values, maximum);
    for (let e = 0; e < p.length; e++) {
      assert.ok(p[e]! < Infinity, `element ${e}`);
      if (data[e] === -Infinity) assert.equal(p[e], -Infinity);
    }
  }
});

test("given the maximum alone, the index is that of the noise", () => {
  const data = normals(4000, 3, 2);
  const maximum = normals(400, 4, 5);
  const noise = gs.gumbel([400, 10], { seed: 6, stream: CONDITIONAL }).data;
  const before = winners(
    data.map((z, e) => z + noise[e]!),
    10,
  );
  assertSame("index", winners(sample(data, 10, { maximum }, 6), 10).indices, before.indices);
  // With its own maximum nothing moves: by the rounding of a formula with three logarithms.
  const same = sample(data, 10, { maximum: before.values }, 6);
  same.forEach((value, e) => {
    assert.ok(Math.abs(value - (data[e]! + noise[e]!)) <= UNMOVED * Math.max(1, Math.abs(value)), `element ${e}`);
  });
});

/** A few roundings to f32. */
const UNMOVED = 1e-6;

test("along columns, one class, and rows without an index", () => {
  const [outer, classes, inner] = [3, 5, 4];
  const data = normals(60, 8);
  const index = Int32Array.from({ length: 12 }, (_, r) => (r === 7 ? -1 : r % 5));
  const g = gs.gumbel([outer, classes, inner], { dim: 1, seed: 2, stream: CONDITIONAL }).data;
  const p = conditionalNoise(gs, data, { dim: 1, outer, classes, inner, rows: 12 }, g, { index });
  for (let r = 0; r < 12; r++) {
    const at = Array.from(
      { length: classes },
      (_, c) => Math.floor(r / inner) * classes * inner + c * inner + (r % inner),
    );
    const row = (values: Float32Array) => Float32Array.from(at, (e) => values[e]!);
    const axis = { dim: 0, outer: 1, classes, inner: 1, rows: 1 };
    const alone = conditionalNoise(gs, row(data), axis, row(g), { index: index.slice(r, r + 1) });
    assertSame(`row ${r}`, row(p), alone);
    if (r === 7) assertSame("no index", row(p), new Float32Array(5));
  }
  const one = conditionalNoise(
    gs,
    Float32Array.of(1e4),
    { dim: 0, outer: 1, classes: 1, inner: 1, rows: 1 },
    Float32Array.of(0.5),
    {
      index: Int32Array.of(0),
    },
  );
  assertSame("one class", one, [10_000.5]);
});

test("an index that cannot be", () => {
  const data = Float32Array.of(1, -Infinity, 2);
  for (const i of [1, 3, -2]) refuses("RangeError", "index", () => sample(data, 3, { index: Int32Array.of(i) }));
});
