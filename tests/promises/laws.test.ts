// What samples do in the mean: Gumbel-Max draws from softmax(logits), and the cases of PyTorch's own gumbel_softmax tests.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import * as reference from "../reference.ts";
import { integers, normals, repeatRow, size } from "../support/random.ts";
import { chiSquareTail, countsTail, FAILURE, kolmogorovTail, normalTails } from "../support/statistics.ts";
import { assertWithin, ROW_SUM } from "../tolerance.ts";

const gs = loadSync();

/** How often each class wins in a number of draws from one row of logits. */
function countHard(logits: ArrayLike<number>, draws: number, seed: bigint, noiseScale = 1): Float64Array {
  const classes = logits.length;
  const tensor = { data: repeatRow(logits, draws), shape: [draws, classes] };
  const { data } = gs.gumbelSoftmax(tensor, { hard: true, seed, noiseScale });
  const counts = new Float64Array(classes);
  for (const [i, value] of data.entries()) counts[i % classes]! += value;
  return counts;
}

test("the tails that the laws are judged by are right", () => {
  // From scipy.stats: chi2.sf(x, k), 2 * norm.sf(z), kstwobign.sf(x).
  for (const [got, expected] of [
    [chiSquareTail(3.84, 1), 0.05004352124870519],
    [chiSquareTail(60, 9), 1.340678e-9],
    [chiSquareTail(900, 1000), 0.9892828],
    [chiSquareTail(1300, 1000), 3.8897365e-10],
    [normalTails(5.33), 9.8212767e-8],
    [kolmogorovTail(1, 1), 0.26999967167735456],
    [kolmogorovTail(2.9, 1), 9.9128106e-8],
  ] as const) {
    assert.ok(Math.abs(got / expected - 1) < 1e-6, `got ${got}, expected ${expected}`);
  }
});

test("hard samples follow softmax(logits): ten chi-square tests", () => {
  const cases: [string, ArrayLike<number>, number][] = [
    ["two classes", [0, 1], 500_000],
    ["three equal", [0, 0, 0], 500_000],
    ["the log-probabilities 0.2, 0.8, 0.1", [0.2, 0.8, 0.1].map(Math.log), 500_000],
    ["a common shift of 1000", [1000, 1001, 999.5, 1000.25], 300_000],
    ["one class ten above", [0, 0, 10, 0, 0], 1_000_000],
    ["five, spread over 8", [-4, -2, 0, 2, 4], 500_000],
    ["seventeen random", normals(17, 1), 200_000],
    ["thirty-three random", normals(33, 2, 2), 100_000],
    ["masked among open", [0, -Infinity, 1, -Infinity, -1, 0.5, -Infinity], 300_000],
    ["a thousand random", normals(1000, 3), 20_000],
  ];
  for (const [i, [name, logits, draws]] of cases.entries()) {
    const counts = countHard(logits, draws, BigInt(100 + i));
    const p = reference.soft(Float32Array.from(logits), [logits.length], 0, 1);
    const tail = countsTail(counts, p);
    assert.ok(tail > FAILURE, `${name}: chi-square tail ${tail}`);
    for (const [k, probability] of p.entries()) if (probability === 0) assert.equal(counts[k], 0, name);
  }
});

test("noiseScale s samples softmax(logits / s)", () => {
  const logits = [0.5, -0.5, 1, 0];
  for (const scale of [0.5, 2]) {
    const counts = countHard(logits, 300_000, 55n, scale);
    const tail = countsTail(counts, reference.soft(logits, [4], 0, scale));
    assert.ok(tail > FAILURE, `noiseScale ${scale}: chi-square tail ${tail}`);
  }
});

test("draws across rows are independent: pairs of neighbours fill the square", () => {
  const logits = [0.3, -0.4, 0];
  const draws = 400_000;
  const { data } = gs.categorical({ data: repeatRow(logits, draws), shape: [draws, 3] }, { seed: 77n });
  const pairs = new Float64Array(9);
  for (let i = 0; i < draws; i += 2) pairs[3 * data[i]! + data[i + 1]!]! += 1;
  const p = reference.soft(Float32Array.from(logits), [3], 0, 1);
  const expected = Float64Array.from({ length: 9 }, (_, i) => p[Math.floor(i / 3)]! * p[i % 3]!);
  const tail = countsTail(pairs, expected);
  assert.ok(tail > FAILURE, `chi-square tail ${tail}`);
});

test("a soft sample with two classes is a logistic through a sigmoid", () => {
  // The difference of two Gumbel variables is logistic, so ln(y0 / y1) * tau - (z0 - z1) is too: mean 0, variance pi^2/3.
  const draws = 200_000;
  const { data } = gs.gumbelSoftmax({ data: repeatRow([0.7, 0], draws), shape: [draws, 2] }, { tau: 3, seed: 5n });
  let [sum, squares] = [0, 0];
  for (let i = 0; i < data.length; i += 2) {
    const x = Math.log(data[i]! / data[i + 1]!) * 3 - 0.7;
    sum += x;
    squares += x * x;
  }
  const variance = Math.PI ** 2 / 3;
  assert.ok(normalTails(sum / draws / Math.sqrt(variance / draws)) > FAILURE);
  // The logistic law's kurtosis is 21/5, so the variance of a squared standard one is 16/5.
  assert.ok(normalTails((squares / draws / variance - 1) / Math.sqrt(3.2 / draws)) > FAILURE);
});

test("PyTorch's shapes: sums of soft rows, ones of hard rows", () => {
  const cases: [number[], number, number][] = [
    [[5], 0, 1],
    [[5], -1, 1],
    [[5, 4], 0, 4],
    [[5, 4], 1, 5],
    [[5, 4], -1, 5],
    [[5, 4, 3], 0, 12],
    [[5, 4, 3], 1, 15],
    [[5, 4, 3], 2, 20],
    [[5, 4, 3], -1, 20],
  ];
  for (const [shape, dim, rows] of cases) {
    const logits = { data: normals(size(shape), rows), shape };
    const label = `[${shape}], dim ${dim}`;
    const soft = gs.gumbelSoftmax(logits, { dim, seed: 1n });
    assert.deepEqual(soft.shape, shape);
    assert.ok(
      soft.data.every((value) => value >= 0),
      label,
    );
    const sums = reference.perRow(shape, dim, (row) => row.reduce((a, b) => a + b, 0), soft.data);
    assertWithin(label, sums, new Float64Array(rows).fill(1), () => ROW_SUM);

    const hard = gs.gumbelSoftmax(logits, { dim, seed: 1n, hard: true });
    assert.deepEqual(hard.shape, shape);
    assert.equal(hard.data.filter((value) => value === 1).length, rows, label);
    assert.equal(hard.data.filter((value) => value === 0).length, size(shape) - rows, label);
  }
});

test("PyTorch's straight-through counts: logits [[0.2, 0.8, 0.1]], 100 draws and 100,000", () => {
  const logits = [[0.2, 0.8, 0.1]];
  const p = reference.soft(logits[0]!, [3], 0, 1);
  for (const [draws, call] of [
    [100, (n: number) => drawOneByOne(logits, n)],
    [100_000, (n: number) => countHard(logits[0]!, n, 8n)],
  ] as const) {
    const counts = call(draws);
    assert.equal(
      counts.reduce((a, b) => a + b, 0),
      draws,
    );
    for (const [k, probability] of p.entries()) {
      const z = (counts[k]! - draws * probability) / Math.sqrt(draws * probability * (1 - probability));
      assert.ok(normalTails(z) > FAILURE, `class ${k} of ${draws} draws: z = ${z}`);
    }
  }
});

function drawOneByOne(logits: number[][], draws: number): Float64Array {
  const counts = new Float64Array(3);
  for (let i = 0; i < draws; i++) {
    const { data } = gs.gumbelSoftmax(logits, { hard: true, seed: 900 + i });
    for (const [k, value] of data.entries()) counts[k]! += value;
  }
  return counts;
}

test("rows drawn in one call and rows drawn alone follow one law and have the same bits", () => {
  const between = integers(3);
  const logits = normals(50 * 6, 4);
  const all = gs.categorical({ data: logits, shape: [50, 6] }, { seed: 10n }).data;
  for (let i = 0; i < 20; i++) {
    const row = between(0, 49);
    const alone = gs.categorical(logits.subarray(row * 6, row * 6 + 6), { seed: 10n, rowOffset: row }).data;
    assert.equal(alone[0], all[row]);
  }
});
