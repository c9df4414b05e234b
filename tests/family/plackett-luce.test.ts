// Plackett-Luce: log-probabilities against the definition, their sum over all rankings, and topK's own samples.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import { topK, topKLogProb, topKMode } from "gumbel-softmax/sampling";
import { assertNear } from "../distributions-vectors.ts";
import { normals } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";

const gs = loadSync();

/** All ordered choices of k of n classes. */
function rankings(n: number, k: number): number[][] {
  if (k === 0) return [[]];
  return rankings(n, k - 1).flatMap((first) =>
    Array.from({ length: n }, (_, c) => c)
      .filter((c) => !first.includes(c))
      .map((c) => [...first, c]),
  );
}

/** ln of the product of w over the sum of those left, as the definition has it. */
function defined(z: readonly number[], ranking: readonly number[]): number {
  return ranking.reduce((sum, c, i) => {
    const left = z.reduce((total, value, j) => total + (ranking.slice(0, i).includes(j) ? 0 : Math.exp(value)), 0);
    return sum + z[c]! - Math.log(left);
  }, 0);
}

test("log-probabilities are the definition's, and those of all rankings sum to 1", () => {
  for (const [z, k, noiseScale] of [
    [[0.5, -1, 2, 0], 2, 1],
    [[0.5, -1, 2, 0], 4, 3],
    [[3, 3, 3], 3, 0.5],
    [[1, -Infinity, 0, -2, 0.5], 3, 1],
    [[7], 1, 1],
  ] as const) {
    const all = rankings(z.length, k);
    const scaled = z.map((value) => value / noiseScale);
    const logits = [...z];
    const { data, shape } = topKLogProb(logits, all, { noiseScale });
    assert.deepEqual(shape, [all.length]);
    for (const [i, ranking] of all.entries()) {
      assertNear(`[${z}], [${ranking}]`, data[i]!, defined(scaled, ranking), 1e-12, 1);
    }
    assertNear(
      `[${z}], sum`,
      data.reduce((sum, l) => sum + Math.exp(l), 0),
      1,
      1e-12,
    );
    const { indices } = topKMode(logits, k);
    const best = data.indexOf(Math.max(...data));
    assert.deepEqual([...indices], all[best], `[${z}], mode`);
  }
});

test("at any offset, and in far clusters: (z - max) - ln(sum) in every step", () => {
  for (const offset of [0, 1e15, -1e16, 1e30, 3e38]) {
    const z = [offset, offset, offset];
    assertNear(`${offset}`, topKLogProb(z, [2, 0, 1]).data[0]!, -Math.log(6), 1e-12);
  }
  //  After the first, the two others are far below it, and alike.
  assertNear("clusters", topKLogProb([0, -1e20, -1e20], [0, 1, 2]).data[0]!, -Math.LN2, 1e-12);
  assertNear("near certain", topKLogProb([0, -60], [0, 1]).data[0]!, -Math.exp(-60), 1e-12);
});

test("takes what topK gives: along any axis, several draws, seeds, marked rows", () => {
  const shape = [2, 5, 3];
  const logits = { data: normals(30, 1), shape };
  for (const dim of [0, 1, -1]) {
    const k = 2;
    const sample = topK(gs, logits, k, { dim, seed: 5, numSamples: 4 });
    const { data, shape: rows } = topKLogProb(logits, sample, { dim });
    assert.deepEqual(rows, sample.shape.slice(0, -1));
    assert.deepEqual(data, topKLogProb(logits, { data: sample.indices, shape: sample.shape }, { dim }).data);
    const wide = BigInt64Array.from(sample.indices, BigInt);
    assert.deepEqual(data, topKLogProb(logits, { data: wide, shape: sample.shape }, { dim }).data);
    assert.ok(data.every((l) => l < 0 && l > -20));
    const first = topKLogProb(
      logits,
      { data: sample.indices.filter((_, i) => i % k === 0), shape: [...rows, 1] },
      { dim },
    );
    for (const [i, l] of data.entries()) assert.ok(l <= first.data[i]!);
    const plain = topK(gs, logits, k, { dim, noiseScale: 0 });
    const mode = topKMode(logits, k, { dim });
    assert.deepEqual([mode.indices, mode.shape], [plain.indices, plain.shape]);
  }
  const z = [
    [1, -Infinity, 0],
    [0, 0, 0],
  ];
  const marked = topK(gs, z, 3, { seed: 1, invalid: "mark" });
  assert.equal(marked.indices[2], -1);
  assertNear("marked", topKLogProb(z, marked).data[1]!, -Math.log(6), 1e-12);
  assert.ok(topKLogProb(z, marked).data[0]! < 0);
  assert.equal(topKLogProb([0, -Infinity], [1]).data[0], -Infinity);
});

test("bad input is named", () => {
  const z = [0, 1, 2];
  for (const bad of [[0, 0], [3], [-1], [0.5], [Number.NaN]]) {
    refuses("RangeError", "sample", () => topKLogProb(z, bad), /at position/);
  }
  refuses("RangeError", "sample", () => topKLogProb(z, [0, 1, 2, 0]));
  refuses("RangeError", "sample", () => topKLogProb([z, z], [[0]]));
  refuses("TypeError", "sample", () => topKLogProb(z, undefined as never));
  refuses("RangeError", "noiseScale", () => topKLogProb(z, [0], { noiseScale: 0 }));
  refuses("RangeError", "logits", () => topKLogProb([0, Number.NaN], [0]), /in row 0 at class 1/);
  refuses("RangeError", "logits", () => topKLogProb([0, -1e300], [0]), /got -1e\+300 in row 0 at class 1/);
  refuses("RangeError", "logits", () => topKMode([0, -Infinity], 2), /got 1 in row 0/);
  refuses("RangeError", "k", () => topKMode(z, 4));
  refuses("TypeError", "k", () => topKMode(z, "1" as never));
  refuses("TypeError", "scale", () => topKLogProb(z, [0], { scale: 1 } as object));
});
