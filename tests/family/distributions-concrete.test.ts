// The Concrete distribution: densities and gradients against torch in f64, the limits at the borders,
// masked classes, and samples against the kernels.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import { ExpRelaxedOneHotCategorical, RelaxedOneHotCategorical } from "gumbel-softmax/distributions";
import { assertNear, assertValues, DENSITY, vectors } from "../distributions-vectors.ts";
import * as reference from "../reference.ts";
import { normals, repeatRow } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { FAILURE, normalTails } from "../support/statistics.ts";
import { assertBits, assertLogGradient, assertLogSoftmax, assertWithin } from "../tolerance.ts";

const gs = loadSync();

/** Logits less the maximum of their row, rounded to f32: what the kernels are given. */
function lessMaximum(data: Float32Array, shape: readonly number[], dim: number): Float32Array {
  const along = reference.layout(shape, dim);
  const out = new Float32Array(data.length);
  for (let row = 0; row < along.rows; row++) {
    const places = Array.from({ length: along.classes }, (_, c) => reference.position(along, row, c));
    const max = Math.max(...places.map((place) => data[place]!));
    for (const place of places) out[place] = data[place]! - max;
  }
  return out;
}

test("densities and gradients on the simplex and in log space are torch's", () => {
  for (const [i, { tau, logits, x, y, simplex, logs }] of vectors.concrete.entries()) {
    for (const [kind, value, exact] of [
      [RelaxedOneHotCategorical, x, simplex],
      [ExpRelaxedOneHotCategorical, y, logs],
    ] as const) {
      const label = `case ${i}, ${kind.name}, tau ${tau}, ${logits.length} classes`;
      const distribution = new kind(tau, logits);
      assertValues(label, distribution.logProb(value), [exact.logProb], []);
      const gradient = distribution.logProbGradient(value);
      //  A gradient's terms are up to n (log space) and n/x (simplex) times tau large, and cancel.
      const least = logits.length * Math.max(1, tau);
      for (const [k, target] of exact.logits.entries()) {
        assertNear(`${label}, logits ${k}`, gradient.logits.data[k]!, target, DENSITY, least);
      }
      for (const [k, target] of exact.value.entries()) {
        const own = kind === RelaxedOneHotCategorical ? least / x[k]! : least;
        assertNear(`${label}, value ${k}`, gradient.value.data[k]!, target, DENSITY, own);
      }
    }
  }
});

test("near a corner the slope loses no digits: two classes at tau = 1, where it is -2 / (x + e^z (1-x))", () => {
  for (const z of [-2, 0, 0.5]) {
    for (const x of [1e-300, 1e-17, 1e-10, 0.001, 0.3]) {
      //  Of ln p = z - 2 ln(x0 + e^z x1), by x0 with x1 held.
      const slope = -2 / (x + Math.exp(z) * (1 - x));
      const { value } = new RelaxedOneHotCategorical(1, [z, 0]).logProbGradient([x, 1 - x]);
      assertNear(`z = ${z}, x = ${x}`, value.data[0]!, slope, DENSITY, 1);
    }
  }
});

test("the two densities are one law: p(x) = p(ln x) / prod x, and no shift of the logits matters", () => {
  for (const { tau, logits, x } of vectors.concrete) {
    const y = Float64Array.from(x, Math.log);
    const inLogs = new ExpRelaxedOneHotCategorical(tau, logits).logProb(y).data[0]!;
    const shifted = logits.map((z) => z + 4);
    const onSimplex = new RelaxedOneHotCategorical(tau, shifted).logProb(x).data[0]!;
    assertNear("simplex", onSimplex, inLogs - y.reduce((a, b) => a + b, 0), 1e-9, 1);
  }
});

test("rows along any axis, and several draws of them", () => {
  const shape = [2, 3, 4];
  const logits = Float64Array.from(normals(24, 1));
  for (const dim of [0, 1, 2, -1]) {
    const distribution = new RelaxedOneHotCategorical(0.7, { data: logits, shape }, { dim });
    const along = reference.layout(shape, dim);
    const draws = Float64Array.from([...normals(24, 2), ...normals(24, 3)]);
    const at = dim < 0 ? dim + 3 : dim;
    const x = reference.soft(draws, [2, ...shape], at + 1, 1);
    const got = distribution.logProb({ data: x, shape: [2, ...shape] });
    const gradient = distribution.logProbGradient({ data: x, shape: [2, ...shape] });
    assert.deepEqual(got.shape, [2, ...shape.filter((_, i) => i !== at)]);
    assert.deepEqual(gradient.logits.shape, [2, ...shape]);
    for (let row = 0; row < 2 * along.rows; row++) {
      const places = Array.from({ length: along.classes }, (_, k) => reference.position(along, row, k));
      const value = places.map((place) => x[place]!);
      const one = new RelaxedOneHotCategorical(
        0.7,
        places.map((place) => logits[place % 24]!),
      ); // one row alone
      assert.equal(got.data[row], one.logProb(value).data[0]);
      assert.deepEqual(
        places.map((place) => gradient.value.data[place]),
        [...one.logProbGradient(value).value.data],
      );
    }
  }
});

test("at zero entries the density is the limit, and never NaN", () => {
  const border = (tau: number, logits: number[], x: number[]) =>
    new RelaxedOneHotCategorical(tau, logits).logProb(x).data[0]!;
  const z = [1, -0.5, 0.25, 2];
  for (const [tau, x, limit] of [
    [0.2, [0, 0.3, 0.3, 0.4], Infinity],
    [0.5, [0, 0.3, 0.3, 0.4], -Infinity],
    [0.5, [0, 0, 0.5, 0.5], Infinity],
    [2, [0, 0, 0.5, 0.5], -Infinity],
    [2, [0, 0, 1, 0], Infinity],
    [4, [0, 0, 1, 0], -Infinity],
  ] as const) {
    assert.equal(border(tau, z, [...x]), limit, `tau ${tau}, [${x}]`);
    //  The limit is what the density does on the way there.
    const along = [1e-100, 1e-200].map((t) =>
      border(
        tau,
        z,
        x.map((v) => v || t),
      ),
    );
    assert.equal(Math.sign(along[1]! - along[0]!), Math.sign(limit), `tau ${tau}, [${x}]: ${along}`);
  }
  for (const [tau, x] of [
    [1, [0, 0, 0.25, 0.75]],
    [3, [0, 0, 0, 1]],
  ] as const) {
    const near = border(
      tau,
      z,
      x.map((v) => v || 1e-60),
    );
    assertNear(`finite on the border, tau ${tau}`, border(tau, z, [...x]), near, 1e-9, 1);
  }
  const logs = new ExpRelaxedOneHotCategorical(0.3, [1, 2]);
  assert.deepEqual(
    [
      ...logs.logProb([
        [-Infinity, 0],
        [0, -Infinity],
      ]).data,
    ],
    [-Infinity, -Infinity],
  );
  for (const tau of [1e-300, 0.05, 1 / 3, 1, 2, 1e3, 1e307]) {
    for (const logits of [z, [3e38, -3e38, 0, 700]]) {
      for (const x of [
        [0, 0, 0, 1],
        [0, 0.5, 0.5, 0],
        [1e-320, 1, 0, 0],
        [0.25, 0.25, 0.25, 0.25],
        [5e-324, 5e-324, 5e-324, 1],
      ]) {
        const onSimplex = new RelaxedOneHotCategorical(tau, logits);
        const inLogs = new ExpRelaxedOneHotCategorical(tau, logits);
        const y = x.map(Math.log);
        const gradients = [onSimplex.logProbGradient(x), inLogs.logProbGradient(y)];
        const all = [onSimplex.logProb(x), inLogs.logProb(y), ...gradients.flatMap((g) => [g.logits, g.value])];
        for (const { data } of all) assert.ok(!data.some(Number.isNaN), `tau ${tau}, [${logits}], [${x}]: ${data}`);
      }
    }
  }
});

test("masked classes have no part in the density", () => {
  const [masked, without] = [
    [1, -Infinity, 2, 0.5],
    [1, 2, 0.5],
  ];
  for (const tau of [0.1, 0.4, 0.5, 3]) {
    const [a, b] = [new RelaxedOneHotCategorical(tau, masked), new RelaxedOneHotCategorical(tau, without)];
    assert.equal(a.logProb([0.2, 0, 0.3, 0.5]).data[0], b.logProb([0.2, 0.3, 0.5]).data[0]);
    assert.equal(a.logProb([0.2, 0.1, 0.2, 0.5]).data[0], -Infinity);
    assert.equal(a.logProb([0, 0, 0.5, 0.5]).data[0], tau < 0.5 ? Infinity : b.logProb([0, 0.5, 0.5]).data[0]);
    const [ga, gb] = [a.logProbGradient([0.2, 0, 0.3, 0.5]), b.logProbGradient([0.2, 0.3, 0.5])];
    for (const name of ["logits", "value"] as const) {
      assert.deepEqual(
        [...ga[name].data].filter((_, k) => k !== 1),
        [...gb[name].data],
      );
      assert.equal(ga[name].data[1], 0);
    }
  }
  assert.equal(new RelaxedOneHotCategorical(0.5, [3, -Infinity]).logProb([1, 0]).data[0], 0);
});

test("samples on the simplex are gumbelSoftmax's; their logarithms come from the same noise", () => {
  const shape = [3, 5, 2];
  const data = normals(30, 4, 2);
  data[7] = -Infinity;
  const cotangent = { data: normals(30, 5), shape };
  for (const [tau, dim] of [
    [0.05, 1],
    [0.5, -1],
    [2, 0],
  ] as const) {
    const stream = { seed: 5n, rowOffset: 7, classOffset: 2 };
    const soft = new RelaxedOneHotCategorical(tau, { data, shape }, { dim }).sample(gs, stream);
    const z = { data: lessMaximum(data, shape, dim), shape };
    const direct = gs.gumbelSoftmax(z, { tau, dim, ...stream });
    assertBits("sample", soft.data, direct.data);
    assertBits("backward", soft.backward(cotangent).data, direct.backward(cotangent).data);

    const p = reference.perturb(z.data, gs.gumbel(shape, { dim, ...stream }).data);
    const logs = new ExpRelaxedOneHotCategorical(tau, { data, shape }, { dim }).sample(gs, stream);
    assert.deepEqual([logs.shape, logs.seed], [shape, 5n]);
    assertLogSoftmax("logarithms", logs.data, reference.logSoftmax(p, shape, dim, tau));
    const open = cotangent.data.map((c, i) => (data[i] === -Infinity ? 0 : c));
    const exact = reference.logSoftmaxBackward(open, p, shape, dim, tau);
    assertLogGradient("gradient of logarithms", logs.backward(cotangent).data, exact, open, shape, dim, tau);
  }
});

test("several draws: the calls one after the other, and the sum of their gradients", () => {
  const [data, shape] = [normals(12, 6), [2, 3, 2]];
  const distribution = new ExpRelaxedOneHotCategorical(0.4, { data, shape }, { dim: 1 });
  const cotangent = normals(36, 7);
  const y = distribution.sample(gs, { seed: 5, numSamples: 3 });
  assert.deepEqual(y.shape, [3, ...shape]);
  const gradient = y.backward({ data: cotangent, shape: [3, ...shape] });
  assert.deepEqual(gradient.shape, shape);
  const sum = new Float64Array(12);
  for (const k of [0, 1, 2]) {
    const one = distribution.sample(gs, { seed: 5, rowOffset: 4 * k });
    assertBits(`draw ${k}`, y.data.slice(12 * k, 12 * k + 12), one.data);
    const part = one.backward({ data: cotangent.slice(12 * k, 12 * k + 12), shape });
    for (const [i, d] of part.data.entries()) sum[i]! += d;
  }
  assertBits("gradient", gradient.data, Float32Array.from(sum));
  assert.equal(distribution.logProb(y).shape.length, 3);
  const direct = new RelaxedOneHotCategorical(0.4, { data, shape }, { dim: 1 }).sample(gs, { seed: 5, numSamples: 3 });
  assertWithin("logarithms", y.data.map(Math.exp), direct.data, (i) => 1e-5 * direct.data[i]! + 1e-30);
  for (const n of [0, 1.5]) refuses("RangeError", "numSamples", () => distribution.sample(gs, { numSamples: n }));
});

test("samples have the density: a gradient of the log-density is 0 on average", () => {
  //  E d/dz ln p(x) = 0, each component with variance below n^2; the failure probability is that of a normal deviate.
  const logits = [1, 0, -1];
  const draws = 100_000;
  for (const tau of [0.3, 1]) {
    const tensor = { data: repeatRow(logits, draws), shape: [draws, 3] };
    const y = new ExpRelaxedOneHotCategorical(tau, tensor).sample(gs, { seed: 12 });
    const score = new ExpRelaxedOneHotCategorical(tau, logits).logProbGradient(y).logits.data;
    for (const k of [0, 1, 2]) {
      const column = score.filter((_, i) => i % 3 === k);
      const mean = column.reduce((a, b) => a + b, 0) / draws;
      const variance = column.reduce((a, b) => a + b * b, 0) / draws;
      const tail = normalTails(Math.abs(mean) / Math.sqrt(variance / draws));
      assert.ok(tail > FAILURE, `tau ${tau}, class ${k}: mean ${mean}, tail ${tail}`);
    }
  }
});

test("bad input is named", () => {
  for (const tau of [0, -1, Infinity, Number.NaN]) {
    refuses("RangeError", "tau", () => new RelaxedOneHotCategorical(tau, [1, 2]));
    refuses("RangeError", "tau", () => new ExpRelaxedOneHotCategorical(tau, [1, 2]));
  }
  refuses("RangeError", "logits", () => new RelaxedOneHotCategorical(1, [1, Number.NaN]), /row 0 at class 1/);
  refuses(
    "RangeError",
    "logits",
    () =>
      new RelaxedOneHotCategorical(1, [
        [1, 2],
        [-Infinity, -Infinity],
      ]),
    /row 1/,
  );
  refuses("TypeError", "axis", () => new RelaxedOneHotCategorical(1, [1], { axis: 0 } as object));
  const [concrete, logs] = [new RelaxedOneHotCategorical(1, [1, 2]), new ExpRelaxedOneHotCategorical(1, [1, 2])];
  for (const x of [
    [0.5, 0.6],
    [-0.1, 1.1],
    [Number.NaN, 1],
    [0, 0],
    [Infinity, 0],
  ]) {
    refuses("RangeError", "value", () => concrete.logProb(x), /row 0/);
    refuses("RangeError", "value", () => concrete.logProbGradient(x), /row 0/);
  }
  for (const y of [
    [0, 0],
    [Number.NaN, 0],
    [-Infinity, -Infinity],
    [Infinity, 0],
  ])
    refuses("RangeError", "value", () => logs.logProb(y), /row 0/);
  refuses("RangeError", "value", () => concrete.logProb([0.5, 0.25, 0.25]), /shape/);
  for (const name of ["tau", "temperature", "temp", "dim"]) {
    refuses("TypeError", name, () => concrete.sample(gs, { [name]: 1 }));
    refuses("TypeError", name, () => logs.sample(gs, { [name]: 1 }));
  }
  refuses("TypeError", "gs", () => concrete.sample(null as unknown as typeof gs));
});
