// Temperatures of rows, and gradients with respect to them: against calls of each row's own, the f64 formula, finite differences.

import assert from "node:assert/strict";
import test from "node:test";
import { load, loadSync } from "gumbel-softmax";
import * as reference from "../reference.ts";
import { normals, size, uniform } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { assertBits, TAU_GRADIENT } from "../tolerance.ts";

const gs = loadSync();

const SHAPES: [number[], number][] = [
  [[1, 5], -1],
  [[6, 7], -1],
  [[6, 7], 0],
  [[3, 5, 4], 1],
  [[3, 1000], -1],
  [[2, 70_000], -1],
  [[30_000, 2], 0],
  [[2, 600_000], -1],
];

/** Elements of row r, and where they lie. */
function positionsOf(shape: number[], dim: number, row: number): number[] {
  const at = dim < 0 ? dim + shape.length : dim;
  const inner = size(shape.slice(at + 1));
  const classes = shape[at]!;
  const start = Math.floor(row / inner) * classes * inner + (row % inner);
  return Array.from({ length: classes }, (_, c) => start + c * inner);
}

const taken = (data: Float32Array, positions: number[]) => Float32Array.from(positions, (p) => data[p]!);

test("each row as a call of its own with its temperature, zeros among them", async () => {
  const threaded = await load({ threads: 2 });
  for (const [shape, dim] of SHAPES) {
    const count = size(shape);
    const rows = count / shape[dim < 0 ? dim + shape.length : dim]!;
    const next = uniform(71);
    const taus = Array.from({ length: rows }, (_, r) => [0, 0.1, 0.5, 1, 7, 1e-30][r % 6]! * (r < 6 ? 1 : 1 + next()));
    const warm = taus.map((tau) => tau || 2);
    const z = { data: normals(count, 72), shape };
    const c = { data: normals(count, 73), shape };
    const options = { dim, seed: 5 };
    const y = gs.gumbelSoftmax(z, { ...options, tau: taus });
    const hard = gs.gumbelSoftmax(z, { ...options, tau: taus, hard: true });
    const plain = gs.softmax(z, { dim, tau: taus });
    const logs = gs.logSoftmax(z, { dim, temp: taus });
    const dz = gs.gumbelSoftmax(z, { ...options, temperature: Float64Array.from(warm) }).backward(c);
    const kept = gs.gumbelSoftmax(z, { ...options, tau: warm, keep: true }).backward(c);
    const dlog = gs.logSoftmaxBackward(c, z, { dim, tau: warm });
    for (let row = 0; row < rows; row++) {
      const at = positionsOf(shape, dim, row);
      const [own, cotangent] = [taken(z.data, at), taken(c.data, at)];
      const label = `[${shape}] along ${dim}, row ${row}`;
      const alone = { seed: 5, rowOffset: row, tau: taus[row]! };
      const one = gs.gumbelSoftmax(own, alone);
      assertBits(label, taken(y.data, at), one.data);
      assert.equal(y.indices[row], one.indices[0], label);
      assertBits(label, taken(hard.data, at), gs.gumbelSoftmax(own, { ...alone, hard: true }).data);
      assertBits(label, taken(plain.data, at), gs.softmax(own, { tau: taus[row]! }).data);
      assertBits(label, taken(logs.data, at), gs.logSoftmax(own, { tau: taus[row]! }).data);
      const gradient = gs.gumbelSoftmaxBackward(cotangent, own, { ...alone, tau: warm[row]! }).data;
      assertBits(`${label}, gradient`, taken(dz.data, at), gradient);
      assertBits(`${label}, kept`, taken(kept.data, at), gradient);
      assertBits(label, taken(dlog.data, at), gs.logSoftmaxBackward(cotangent, own, { tau: warm[row]! }).data);
      if (rows > 100 && row > 50) break;
    }
    assertBits("threads", threaded.gumbelSoftmax(z, { ...options, tau: taus }).data, y.data);
  }
  threaded.close();
});

test("one number and as many alike are the same; draws and row seeds share the temperatures of their rows", () => {
  const z = { data: normals(12, 74), shape: [3, 4] };
  const c = { data: normals(60, 75), shape: [5, 3, 4] };
  const alike = gs.gumbelSoftmax(z, { tau: new Float32Array(3).fill(0.25), seed: 1 });
  assertBits("alike", alike.data, gs.gumbelSoftmax(z, { tau: 0.25, seed: 1 }).data);
  const tau = [0.5, 1, 2];
  const many = gs.gumbelSoftmax(z, { tau, seed: 1, numSamples: 5 });
  const sums = new Float64Array(12);
  for (let n = 0; n < 5; n++) {
    const one = gs.gumbelSoftmax(z, { tau, seed: 1, rowOffset: 3 * n });
    assertBits(`draw ${n}`, many.data.subarray(12 * n, 12 * n + 12), one.data);
    const own = one.backward({ data: c.data.subarray(12 * n, 12 * n + 12), shape: [3, 4] }).data;
    own.forEach((value, e) => {
      sums[e]! += value;
    });
  }
  assertBits("gradient", many.backward(c).data, new Float32Array(sums));
  const seeds = ["7", "8", "9"];
  const seeded = gs.gumbelSoftmax(z, { tau, seeds });
  seeds.forEach((seed, r) => {
    const row = gs.gumbelSoftmax(z.data.subarray(4 * r, 4 * r + 4), { tau: tau[r]!, seed });
    assertBits(`row ${r}`, seeded.data.subarray(4 * r, 4 * r + 4), row.data);
  });
  for (const estimator of ["straight-through", "reinmax", "gumbel-rao"] as const) {
    const y = gs.gumbelSoftmax(z, { tau, seed: 1, estimator });
    const dz = y.backward({ data: c.data.subarray(0, 12), shape: [3, 4] }).data;
    tau.forEach((one, r) => {
      const row = z.data.subarray(4 * r, 4 * r + 4);
      const own = gs.gumbelSoftmax(row, { tau: one, seed: 1, rowOffset: r, estimator });
      const gradient = own.backward(c.data.subarray(4 * r, 4 * r + 4)).data;
      assertBits(`${estimator}, row ${r}`, dz.subarray(4 * r, 4 * r + 4), gradient);
    });
  }
  assert.equal(gs.gumbelSoftmax({ data: new Float32Array(0), shape: [0, 4] }, { tau: [] }).data.length, 0);
});

/** dtau of one row in f64. */
function tauGradientOf(p: ArrayLike<number>, c: ArrayLike<number>, tau: number): { exact: number; bound: number } {
  const max = Math.max(...Array.from(p));
  const d = Array.from(p, (value) => value - max);
  const w = d.map((value) => Math.exp(value / tau));
  const sum = w.reduce((a, b) => a + b);
  const mean = d.reduce((s, value, k) => (w[k] ? s + (w[k]! / sum) * value : s), 0);
  const total = d.reduce((s, value, k) => (w[k] ? s + c[k]! * (w[k]! / sum) * (value - mean) : s), 0);
  const largest = Math.max(...Array.from(c, Math.abs));
  const widest = Math.max(...d.filter((value) => value > -Infinity).map(Math.abs));
  return { exact: -total / tau / tau, bound: (TAU_GRADIENT * largest * widest) / tau / tau };
}

test("tauGradient against the f64 formula", () => {
  for (const [shape, dim] of SHAPES.filter(([shape]) => size(shape) < 200_000)) {
    for (const noiseScale of [1, 0, 0.3]) {
      const count = size(shape);
      const rows = count / shape[dim < 0 ? dim + shape.length : dim]!;
      const z = { data: normals(count, 76, 3), shape };
      if (count > 20) z.data[3] = Number.NEGATIVE_INFINITY;
      const c = { data: normals(count, 77, 10), shape };
      const p = reference.perturb(z.data, gs.gumbel(shape, { seed: 6, dim }).data, noiseScale);
      for (const tau of [1e-3, 0.1, 0.5, 1, 10, 1e5, Array.from({ length: rows }, (_, r) => 0.1 + (r % 13) / 4)]) {
        const options = { tau, dim, seed: 6, noiseScale };
        const dz = gs.gumbelSoftmaxBackward(c, z, { ...options, tauGradient: true });
        assert.equal(dz.tau.length, rows);
        assertBits("of the logits", dz.data, gs.gumbelSoftmaxBackward(c, z, options).data);
        const y = gs.gumbelSoftmax(z, { ...options, hard: rows % 2 === 0 });
        assertBits("of the sample", y.backward(c, { tauGradient: true }).tau, dz.tau);
        for (let row = 0; row < Math.min(rows, 40); row++) {
          const at = positionsOf(shape, dim, row);
          const own = typeof tau === "number" ? tau : tau[row]!;
          const { exact, bound } = tauGradientOf(taken(p, at), taken(c.data, at), own);
          const error = Math.abs(dz.tau[row]! - exact);
          assert.ok(error <= bound, `[${shape}], tau ${own}, scale ${noiseScale}, row ${row}: ${error} > ${bound}`);
        }
      }
    }
  }
});

test("tauGradient against finite differences of the loss", () => {
  const shape = [4, 9];
  const z = { data: normals(36, 78, 2), shape };
  const c = { data: normals(36, 79), shape };
  const tau = [0.4, 0.9, 1.5, 3];
  const { tau: got } = gs.gumbelSoftmax(z, { tau, seed: 8 }).backward(c, { tauGradient: true });
  const p = reference.perturb(z.data, gs.gumbel(shape, { seed: 8 }).data);
  tau.forEach((at, row) => {
    const own = p.subarray(9 * row, 9 * row + 9);
    const loss = (t: number) => reference.soft(own, [9], 0, t).reduce((s, y, k) => s + y * c.data[9 * row + k]!, 0);
    const h = 1e-5;
    const difference = (loss(at + h) - loss(at - h)) / (2 * h);
    assert.ok(Math.abs(got[row]! - difference) < 1e-5 * (1 + Math.abs(difference)), `${got[row]} is not ${difference}`);
    // The library's own samples too, in f32 and so with a wider step.
    const wide = 0.01;
    const sampled = (t: number) =>
      gs
        .gumbelSoftmax(z, { tau: tau.map((other, r) => (r === row ? t : other)), seed: 8 })
        .data.reduce((s, y, e) => s + y * c.data[e]!, 0);
    const slope = (sampled(at + wide) - sampled(at - wide)) / (2 * wide);
    assert.ok(Math.abs(got[row]! - slope) < 0.01 * (1 + Math.abs(slope)), `${got[row]} is not ${slope}`);
  });
});

test("tauGradient sums over draws, gives 0 for marked rows, and goes with row seeds and tensors", () => {
  const z = { data: normals(12, 80), shape: [3, 4] };
  const c = { data: normals(36, 81), shape: [3, 3, 4] };
  const options = { tau: [0.5, 1, 2], seed: 3 };
  const many = gs.gumbelSoftmaxBackward(c, z, { ...options, numSamples: 3, tauGradient: true });
  const sums = [0, 0, 0];
  for (let n = 0; n < 3; n++) {
    const one = { data: c.data.subarray(12 * n, 12 * n + 12), shape: [3, 4] };
    const { tau } = gs.gumbelSoftmaxBackward(one, z, { ...options, rowOffset: 3 * n, tauGradient: true });
    tau.forEach((value, r) => {
      sums[r]! += value;
    });
  }
  many.tau.forEach((value, r) => {
    assert.ok(Math.abs(value - sums[r]!) < 1e-5);
  });
  const damaged = { data: z.data.slice(), shape: [3, 4] };
  damaged.data[5] = Number.NaN;
  damaged.data.fill(Number.NEGATIVE_INFINITY, 8);
  const one = { data: c.data.subarray(0, 12), shape: [3, 4] };
  const marked = gs.gumbelSoftmax(damaged, { ...options, invalid: "mark" }).backward(one, { tauGradient: true });
  assert.ok(marked.tau[0] !== 0 && marked.tau[1] === 0 && marked.tau[2] === 0);
  refuses("RangeError", "logits", () => gs.gumbelSoftmaxBackward(one, damaged, { ...options, tauGradient: true }));
  const seeds = BigUint64Array.of(3n, 3n, 3n);
  const seeded = gs.gumbelSoftmax(z, { tau: options.tau, seeds }).backward(one, { tauGradient: true });
  const first = gs.gumbelSoftmaxBackward(one, z, { ...options, tauGradient: true });
  assert.equal(seeded.tau[0], first.tau[0]);
  const tensor = gs.empty([3, 4]);
  tensor.data.set(z.data);
  const inPlace = gs.gumbelSoftmaxBackward(one, tensor, { ...options, tauGradient: true, out: tensor });
  assertBits("over the logits", inPlace.tau, first.tau);
  assertBits("over the logits", inPlace.data, first.data);
  assert.deepEqual(JSON.parse(JSON.stringify(first)).tau, [...first.tau]);
  tensor.free();
});

test("learns a temperature by gradient descent", () => {
  // Cross-entropy of softmax(z/tau) against its own probabilities at temperature 2.
  const z = { data: normals(30, 82, 3), shape: [1, 30] };
  const target = gs.softmax(z, { tau: 2 }).data;
  let tau = 0.7;
  for (let step = 0; step < 4000; step++) {
    const y = gs.gumbelSoftmax(z, { tau, noiseScale: 0, seed: 1 });
    const c = { data: y.data.map((p, k) => 2 * (p - target[k]!)), shape: [1, 30] };
    tau -= 0.2 * y.backward(c, { tauGradient: true }).tau[0]!;
  }
  assert.ok(Math.abs(tau - 2) < 0.01, `${tau}`);
});

test("what tauGradient does not go with", () => {
  const z = [1, 2, 3];
  for (const keep of [true, new Float32Array(3)]) {
    const kept = gs.gumbelSoftmax(z, { seed: 1, keep });
    refuses("RangeError", "tauGradient", () => kept.backward(z, { tauGradient: true }), /kept/);
    refuses("RangeError", "keep", () => gs.gumbelSoftmaxBackward(z, z, { seed: 1, keep, tauGradient: true }));
  }
  for (const estimator of ["straight-through", "reinmax", "gumbel-rao"] as const) {
    const y = gs.gumbelSoftmax(z, { seed: 1, estimator });
    refuses("RangeError", "tauGradient", () => y.backward(z, { tauGradient: true }));
  }
  const y = gs.gumbelSoftmax(z, { seed: 1 });
  refuses("TypeError", "tauGradient", () => y.backward(z, { tauGradient: 1 as never }));
  refuses("TypeError", "tauGradient", () => gs.softmax(z).backward(z, { tauGradient: true } as never));
  refuses("TypeError", "tauGradient", () => gs.gumbelSoftmax(z, { tauGradient: true } as never));
  refuses("RangeError", "tau", () => gs.gumbelSoftmax([z, z], { tau: [1, 0], seed: 1 }).backward([z, z]), /row 1/);
  assert.throws(() => gs.softmax([z, z], { tau: [1, -1] }), { name: "RangeError", row: 1 });
});
