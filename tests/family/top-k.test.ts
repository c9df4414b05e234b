// Samples without replacement: against a sort, against exact probabilities, and slice by slice.

import assert from "node:assert/strict";
import test from "node:test";
import { load, loadSync } from "gumbel-softmax";
import { topK } from "gumbel-softmax/sampling";
import * as reference from "../reference.ts";
import { integers, normals, repeatRow, size } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { countsTail, FAILURE } from "../support/statistics.ts";
import { assertBits, assertSame } from "../tolerance.ts";

const gs = loadSync();

/** The k largest of every row by a plain sort, with their classes; -1 and -Infinity for what is masked. */
function sorted(p: ArrayLike<number>, shape: readonly number[], dim: number, k: number) {
  const l = reference.layout(shape, dim);
  const indices: number[] = [];
  const scores: number[] = [];
  for (let row = 0; row < l.rows; row++) {
    const value = (c: number): number => p[reference.position(l, row, c)]!;
    const order = Array.from({ length: l.classes }, (_, c) => c).sort((a, b) => {
      return value(a) === value(b) ? a - b : value(b) - value(a);
    });
    for (const c of order.slice(0, k)) {
      indices.push(value(c) === -Infinity ? -1 : c);
      scores.push(value(c));
    }
  }
  return { indices, scores };
}

test("equals a sort of the perturbed logits, for any shape, dim, k and scale", () => {
  const cases: { shape: number[]; dim: number; k: number; noiseScale?: number }[] = [
    { shape: [7], dim: 0, k: 3 },
    { shape: [1, 1], dim: -1, k: 1 },
    { shape: [50, 10], dim: -1, k: 10 },
    { shape: [10, 50], dim: 0, k: 4, noiseScale: 0.5 },
    { shape: [3, 17, 5], dim: 1, k: 17 },
    { shape: [3, 4, 33], dim: -1, k: 2, noiseScale: 0 },
    { shape: [600, 64], dim: -1, k: 5 },
    { shape: [2, 40_000], dim: -1, k: 100 },
    { shape: [40_000, 2], dim: 0, k: 40, noiseScale: 3 },
    { shape: [20_000], dim: 0, k: 20_000 },
  ];
  for (const [i, { shape, dim, k, noiseScale = 1 }] of cases.entries()) {
    const at = { seed: BigInt(900 + i), rowOffset: 2n ** 33n + 5n, classOffset: 6 };
    const data = normals(size(shape), i);
    // Ties, and classes that cannot be drawn.
    for (let n = 0; n < data.length; n++) data[n] = n % 5 === 1 && k < 9 ? -Infinity : Math.round(data[n]! * 4) / 4;
    const p = reference.perturb(data, gs.gumbel(shape, { ...at, dim }).data, noiseScale);
    const exact = sorted(p, shape, dim, k);
    const got = topK(gs, { data, shape }, k, { ...at, dim, noiseScale, scores: true, invalid: "mark" });
    const rows = shape.filter((_, axis) => axis !== (dim + shape.length) % shape.length);
    assert.deepEqual(got.shape, [...rows, k]);
    assertSame(`[${shape}], indices`, got.indices, exact.indices);
    assertSame(`[${shape}], scores`, got.scores!, exact.scores);
    assert.equal(got.seed, at.seed);
  }
});

test("the first one is categorical's, bit for bit", () => {
  for (const [shape, dim, noiseScale] of [
    [[300, 10], -1, 1],
    [[10, 300], 0, 0],
    [[4, 9, 5], 1, 2.5],
    [[2, 70_000], -1, 1],
  ] as const) {
    const data = normals(size(shape), 4);
    data[3] = -0;
    const options = { dim, noiseScale, seed: 5, rowOffset: 77, scores: true };
    const one = topK(gs, { data, shape }, 1, options);
    const { indices, scores } = gs.categorical({ data, shape }, options);
    assertSame(`[${shape}]`, one.indices, indices);
    assertBits(`[${shape}]`, one.scores!, scores!);
  }
});

test("threads change nothing", async (t) => {
  const threaded = await load({ threads: 2 });
  t.after(() => threaded.close());
  const z = { data: normals(3 * 50_000, 8), shape: [3, 50_000] };
  const [a, b] = [gs, threaded].map((one) => topK(one, z, 64, { seed: 9, scores: true }));
  assertSame("indices", b!.indices, a!.indices);
  assertBits("scores", b!.scores!, a!.scores!);
});

test("follows the exact Plackett-Luce probabilities of every ordered sample: three chi-square tests", () => {
  const cases: [string, number[], number, number, number][] = [
    ["2 of 4", [0, 1, -0.5, 0.25], 2, 1, 200_000],
    ["3 of 5, one masked", [0.5, -1, -Infinity, 1, 0], 3, 1, 200_000],
    ["a ranking of 4 at scale 2", [2, 0, -2, 1], 4, 2, 200_000],
  ];
  for (const [i, [name, row, k, noiseScale, draws]] of cases.entries()) {
    const n = row.length;
    const tensor = { data: repeatRow(row, draws), shape: [draws, n] };
    const { indices } = topK(gs, tensor, k, { seed: 400 + i, noiseScale });
    const counts = new Float64Array(n ** k);
    for (let d = 0; d < draws; d++) {
      counts[indices.subarray(d * k, (d + 1) * k).reduce((code, c) => code * n + c, 0)]!++;
    }
    const weights = row.map((z) => Math.exp(z / noiseScale));
    const probabilities = new Float64Array(n ** k);
    const visit = (code: number, left: number, taken: ReadonlySet<number>, probability: number): void => {
      if (left === 0) {
        probabilities[code] = probability;
        return;
      }
      const total = weights.reduce((sum, w, c) => sum + (taken.has(c) ? 0 : w), 0);
      for (let c = 0; c < n; c++) {
        if (!taken.has(c)) visit(code * n + c, left - 1, new Set([...taken, c]), (probability * weights[c]!) / total);
      }
    };
    visit(0, k, new Set(), 1);
    const tail = countsTail(counts, probabilities);
    assert.ok(tail > FAILURE, `${name}: chi-square tail ${tail}`);
    for (const [code, probability] of probabilities.entries())
      if (probability === 0) assert.equal(counts[code], 0, name);
  }
});

test("any slice of rows is that slice of the whole, and fewer are the beginning of more", () => {
  const [rows, classes, k] = [500, 40, 6];
  const data = normals(rows * classes, 12);
  const whole = topK(gs, { data, shape: [rows, classes] }, k, { seed: 3, rowOffset: 10 });
  const between = integers(5);
  for (let i = 0; i < 10; i++) {
    const start = between(0, rows - 1);
    const end = between(start + 1, rows);
    const slice = { data: data.subarray(start * classes, end * classes), shape: [end - start, classes] };
    const fewer = between(1, k);
    const part = topK(gs, slice, fewer, { seed: 3, rowOffset: 10 + start });
    for (let n = 0; n < part.indices.length; n++) {
      const row = start + Math.floor(n / fewer);
      assert.equal(part.indices[n], whole.indices[row * k + (n % fewer)]);
    }
  }
});

test("with seeds, a row's sample does not depend on the batch", () => {
  const [rows, classes, k] = [20, 30, 4];
  const data = normals(rows * classes, 13);
  const seeds = BigUint64Array.from({ length: rows }, (_, r) => BigInt(r * r) + 2n ** 60n);
  const { indices, seeds: used, seed } = topK(gs, { data, shape: [rows, classes] }, k, { seeds, rowOffset: 9 });
  assert.deepEqual(used, seeds);
  assert.equal(seed, undefined);
  for (let r = 0; r < rows; r++) {
    const row = data.subarray(r * classes, (r + 1) * classes);
    const alone = topK(gs, row, k, { seed: seeds[r]!, rowOffset: 9 });
    assertSame(`row ${r}`, indices.subarray(r * k, (r + 1) * k), alone.indices);
  }
});

test("numSamples: n draws of every row, as the same logits n times over give them", () => {
  for (const [shape, dim, n] of [
    [[7, 5], -1, 3],
    [[5, 7], 0, 4],
    [[3, 6, 4], 1, 50],
    [[2, 20_000], 1, 2],
    [[9], 0, 2000],
  ] as const) {
    const rows = size(shape) / shape.at(dim)!;
    const data = normals(size(shape), 14);
    const tiled = { data: new Float32Array(n * data.length), shape: [n, ...shape] };
    for (let d = 0; d < n; d++) tiled.data.set(data, d * data.length);
    const along = dim < 0 ? dim : dim + 1;
    const at = { seed: 15, rowOffset: 2n ** 32n - 3n, classOffset: 2, scores: true };
    const got = topK(gs, { data, shape }, 4, { ...at, dim, numSamples: n });
    const expected = topK(gs, tiled, 4, { ...at, dim: along });
    assert.deepEqual(got.shape, expected.shape);
    assertSame(`[${shape}]`, got.indices, expected.indices);
    assertBits(`[${shape}]`, got.scores!, expected.scores!);
    const one = { seed: 15, dim, numSamples: n };
    assertSame("categorical", topK(gs, { data, shape }, 1, one).indices, gs.categorical({ data, shape }, one).indices);

    const seeds = BigUint64Array.from({ length: rows }, (_, r) => BigInt(r * 7));
    const own = topK(gs, { data, shape }, 4, { dim, seeds, rowOffset: 30, numSamples: n });
    for (let d = 0; d < n; d++) {
      const { indices } = topK(gs, { data, shape }, 4, { dim, seeds, rowOffset: 30 + d });
      assertSame(`[${shape}], draw ${d}`, own.indices.subarray(d * rows * 4, (d + 1) * rows * 4), indices);
    }
  }
  const bad = [
    [0, 1],
    [NaN, 0],
  ];
  refuses("RangeError", "logits", () => topK(gs, bad, 1, { numSamples: 3 }), /in row 1 at class 0$/);
  assert.deepEqual([...topK(gs, bad, 1, { numSamples: 2, noiseScale: 0, invalid: "mark" }).indices], [1, -1, 1, -1]);
  const nothing = topK(gs, { data: new Float32Array(0), shape: [0, 3] }, 2, { numSamples: 5 });
  assert.deepEqual([nothing.shape, nothing.indices.length], [[5, 0, 2], 0]);
  for (const numSamples of [0, 1.5, -1, NaN])
    refuses("RangeError", "numSamples", () => topK(gs, bad, 1, { numSamples }));
  refuses("TypeError", "numSamples", () => topK(gs, bad, 1, { numSamples: "2" as never }));
  refuses("RangeError", "memory", () => topK(gs, [[0, 1]], 1, { numSamples: 2 ** 50 }));
  const last = { rowOffset: 2n ** 64n - 2n, numSamples: 3, seed: 1 };
  refuses("RangeError", "rowOffset", () => topK(gs, [0, 1], 1, last));
});

test("marks rows that have too few classes or a bad logit, and names the first of them otherwise", () => {
  const z = [
    [1, 2, 3],
    [-Infinity, 0, -Infinity],
    [0, NaN, 1],
    [Infinity, 0, 0],
    [-Infinity, -Infinity, -Infinity],
    [3, -Infinity, 1],
  ];
  const { indices, scores } = topK(gs, z, 2, { seed: 1, noiseScale: 0, invalid: "mark", scores: true });
  assert.deepEqual([...indices], [2, 1, 1, -1, -1, -1, -1, -1, -1, -1, 0, 2]);
  const none = -Infinity;
  assert.deepEqual([...scores!], [3, 2, 0, none, none, none, none, none, none, none, 3, 1]);
  refuses("RangeError", "logits", () => topK(gs, z, 2, { seed: 1 }), /at least k = 2 .* got 1 in row 1$/);
  refuses("RangeError", "logits", () => topK(gs, z, 1, { seed: 1 }), /got NaN in row 2 at class 1$/);
  refuses("RangeError", "logits", () => topK(gs, z.slice(3), 1), /got Infinity in row 0 at class 0$/);
  refuses("RangeError", "logits", () => topK(gs, z.slice(4), 1), /got 0 in row 0$/);
  const long = new Float32Array(50_000).fill(-Infinity);
  long[49_999] = NaN;
  assert.deepEqual([...topK(gs, long, 2, { invalid: "mark" }).indices], [-1, -1]);
  long[49_999] = 1;
  long[3] = 0;
  assert.deepEqual([...topK(gs, long, 2, { noiseScale: 0 }).indices], [49_999, 3]);
});

test("takes logits of any kind, and refuses what is none", () => {
  const z = [[1, 3, 2]];
  for (const logits of [z, { data: Float64Array.of(1, 3, 2), dims: [1, 3] }, Int8Array.of(1, 3, 2), gs.argmax]) {
    if (typeof logits === "function") refuses("TypeError", "logits", () => topK(gs, logits as never, 1));
    else assert.deepEqual([...topK(gs, logits, 3, { noiseScale: 0 }).indices], [1, 2, 0]);
  }
  const inside = gs.empty([2, 3]);
  inside.data.set([1, 2, 3, 3, 2, 1]);
  assert.deepEqual([...topK(gs, inside, 2, { noiseScale: 0 }).indices], [2, 1, 0, 1]);
  inside.free();
  const nothing = topK(gs, { data: new Float32Array(0), shape: [0, 3] }, 2, { scores: true });
  assert.deepEqual([nothing.shape, nothing.indices.length, nothing.scores!.length], [[0, 2], 0, 0]);

  refuses("RangeError", "k", () => topK(gs, z, 4), /1 to 3/);
  for (const k of [0, -1, 1.5, NaN, Infinity]) refuses("RangeError", "k", () => topK(gs, z, k));
  for (const k of ["1", undefined, 1n]) refuses("TypeError", "k", () => topK(gs, z, k as never));
  refuses("TypeError", "tau", () => topK(gs, z, 1, { tau: 1 } as never));
  refuses("RangeError", "dim", () => topK(gs, z, 1, { dim: 2 }));
  refuses("RangeError", "noiseScale", () => topK(gs, z, 1, { noiseScale: -1 }));
  refuses("RangeError", "seed", () => topK(gs, z, 1, { seed: -1 }));
  refuses("RangeError", "rowOffset", () => topK(gs, [z[0]!, z[0]!], 1, { rowOffset: 2n ** 64n - 1n }));
  refuses("RangeError", "classOffset", () => topK(gs, z, 1, { classOffset: 2 ** 34 - 2 }));
  refuses("RangeError", "invalid", () => topK(gs, z, 1, { invalid: "skip" as never }));
  refuses("TypeError", "scores", () => topK(gs, z, 1, { scores: 1 as never }));
  refuses("RangeError", "seeds", () => topK(gs, z, 1, { seeds: new BigUint64Array(2) }));
  refuses("TypeError", "seeds", () => topK(gs, z, 1, { seeds: [1n] as never }));
  refuses("TypeError", "seeds", () => topK(gs, z, 1, { seed: 1, seeds: new BigUint64Array(1) }));

  const closed = loadSync();
  closed.close();
  for (const noiseScale of [1, 0]) refuses("Error", "instance", () => topK(closed, z, 1, { noiseScale, seed: 1 }));
});
