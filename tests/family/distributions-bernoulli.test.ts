// RelaxedBernoulli: density and gradient against torch in f64, its limits at 0 and 1, and samples against the kernels
// and its law.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import { RelaxedBernoulli, RelaxedOneHotCategorical } from "gumbel-softmax/distributions";
import { assertNear, assertValues, DENSITY, vectors } from "../distributions-vectors.ts";
import { normals } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { countsTail, FAILURE, kolmogorovDistance, kolmogorovTail } from "../support/statistics.ts";
import { assertBits, assertWithin } from "../tolerance.ts";

const gs = loadSync();

test("densities and gradients are torch's", () => {
  for (const { tau, logits, x, logProb, gradient } of vectors.bernoulli) {
    const distribution = new RelaxedBernoulli(tau, logits);
    assertValues(`tau ${tau}`, distribution.logProb(x), logProb, [x.length]);
    const got = distribution.logProbGradient(x);
    assertValues(`tau ${tau}, logits`, got.logits, gradient.logits, [x.length]);
    for (const [i, target] of gradient.value.entries()) {
      const least = Math.max(1, tau) / (x[i]! * (1 - x[i]!)); // its terms cancel
      assertNear(`tau ${tau}, value ${i}`, got.value.data[i]!, target, DENSITY, least);
    }
  }
});

test("is the Concrete distribution of two classes", () => {
  for (const { tau, logits } of vectors.bernoulli) {
    for (const [i, z] of logits.entries()) {
      const x = (i + 0.5) / logits.length;
      const two = new RelaxedOneHotCategorical(tau, [z, 0]).logProb([x, 1 - x]).data[0]!;
      assertNear(`tau ${tau}, z ${z}`, new RelaxedBernoulli(tau, [z]).logProb([x]).data[0]!, two, 1e-11, 1);
    }
  }
});

test("near the ends the slope loses no digits: at tau = 1, where the density is e^z / (x + e^z (1-x))^2", () => {
  for (const z of [-30, -2, 0, 0.5, 30]) {
    const distribution = new RelaxedBernoulli(1, [z]);
    for (const x of [1e-307, 1e-17, 1e-10, 0.001, 0.3, 0.5, 0.999, 1 - 1e-10, 1 - 2 ** -53]) {
      const slope = (2 * Math.expm1(z)) / (x + Math.exp(z) * (1 - x));
      assertNear(`z = ${z}, x = ${x}`, distribution.logProbGradient([x]).value.data[0]!, slope, DENSITY, 1);
    }
  }
});

test("at the ends: the limit, never NaN", () => {
  const z = [3, -2, 700, -700];
  for (const [tau, zero, one] of [
    [0.1, z.map(() => Infinity), z.map(() => Infinity)],
    [1, z.map((z) => -z), z],
    [10, z.map(() => -Infinity), z.map(() => -Infinity)],
  ] as const) {
    const distribution = new RelaxedBernoulli(tau, z);
    assert.deepEqual([...distribution.logProb([0, 0, 0, 0]).data], zero);
    assert.deepEqual([...distribution.logProb([1, 1, 1, 1]).data], one);
  }
  const uniform = new RelaxedBernoulli(1, [0.5]);
  for (const x of [0, 1]) {
    const slope =
      (uniform.logProb([Math.abs(x - 1e-7)]).data[0]! - uniform.logProb([x]).data[0]!) / (x === 0 ? 1e-7 : -1e-7);
    assertNear(`slope at ${x}`, uniform.logProbGradient([x]).value.data[0]!, slope, 1e-5, 1);
  }
  for (const tau of [1e-300, 0.1, 1, 10, 1e300]) {
    for (const logit of [-Infinity, -3e38, -700, 0, 1, 700, 3e38, Infinity]) {
      const distribution = new RelaxedBernoulli(tau, [logit]);
      for (const x of [0, 5e-324, 1e-300, 0.5, 1 - 2 ** -53, 1]) {
        const { logits, value } = distribution.logProbGradient([x]);
        for (const got of [distribution.logProb([x]), logits, value]) {
          assert.ok(!Number.isNaN(got.data[0]), `tau ${tau}, logit ${logit}, x ${x}`);
        }
      }
    }
  }
});

test("samples: the first of two classes, soft and hard, with its gradient", () => {
  const shape = [4, 3];
  const data = normals(12, 8, 2);
  const pairs = { data: Float32Array.from({ length: 24 }, (_, i) => (i % 2 ? 0 : data[i / 2]!)), shape: [4, 3, 2] };
  const cotangent = normals(12, 9);
  const pairsOf = (c: Float32Array) => Float32Array.from({ length: 24 }, (_, i) => (i % 2 ? 0 : c[i / 2]!));
  const first = (values: Float32Array) => values.filter((_, i) => i % 2 === 0);
  for (const tau of [0.1, 0.7, 4]) {
    const distribution = new RelaxedBernoulli(tau, { data, shape });
    const direct = gs.gumbelSoftmax(pairs, { tau, seed: 3, rowOffset: 6 });
    const soft = distribution.sample(gs, { seed: 3, rowOffset: 6 });
    const hard = distribution.sample(gs, { seed: 3, rowOffset: 6, hard: true });
    assert.deepEqual([soft.shape, soft.seed, hard.seed], [shape, 3n, 3n]);
    assertBits("soft", soft.data, first(direct.data));
    assertBits(
      "hard",
      hard.data,
      Float32Array.from(direct.indices, (i) => 1 - i),
    );
    const exact = gs.gumbelSoftmaxBackward({ data: pairsOf(cotangent), shape: [4, 3, 2] }, pairs, {
      tau,
      seed: 3,
      rowOffset: 6,
    });
    for (const y of [soft, hard]) {
      const gradient = y.backward({ data: cotangent, shape });
      assert.deepEqual(gradient.shape, shape);
      assertBits("gradient", gradient.data, first(exact.data));
      const slope = soft.data.map((v, i) => (cotangent[i]! * v * (1 - v)) / tau);
      assertWithin("c y (1 - y) / tau", gradient.data, slope, (i) => (2e-6 * Math.abs(cotangent[i]!)) / tau);
    }
    refuses("RangeError", "cotangent", () => soft.backward([1, 2]));
    refuses("RangeError", "cotangent.shape", () => soft.backward({ data: new Float32Array(12), shape: [1, 4, 3] }));
  }
  const one = new RelaxedBernoulli(0.5, { data: [0.3], shape: [] }).sample(gs, { seed: 1 });
  assert.deepEqual([one.shape, one.data.length], [[], 1]);
});

test("several draws, and a seed for each logit", () => {
  const distribution = new RelaxedBernoulli(0.6, [[0.5, -1, 2]]);
  const y = distribution.sample(gs, { seed: 6, numSamples: 4 });
  assert.deepEqual(y.shape, [4, 1, 3]);
  assertBits("second draw", y.data.slice(3, 6), distribution.sample(gs, { seed: 6, rowOffset: 3 }).data);
  const gradient = y.backward({ data: new Float32Array(12).fill(1), shape: [4, 1, 3] });
  const exact = [0, 1, 2].map((i) =>
    [0, 1, 2, 3].reduce((sum, k) => sum + (y.data[3 * k + i]! * (1 - y.data[3 * k + i]!)) / 0.6, 0),
  );
  assert.deepEqual(gradient.shape, [1, 3]);
  assertWithin("gradient", gradient.data, exact, () => 1e-5);
  const seeds = BigUint64Array.from([3n, 6n, 3n]);
  const own = distribution.sample(gs, { seeds });
  assert.deepEqual([own.seeds, own.seed], [seeds, undefined]);
  assert.equal(own.data[1], new RelaxedBernoulli(0.6, [-1]).sample(gs, { seed: 6 }).data[0]);
});

test("samples follow the logistic law: Kolmogorov-Smirnov, and chi-square of the hard ones", () => {
  for (const [tau, z] of [
    [0.5, 0.7],
    [1.5, -1],
  ] as const) {
    const draws = 200_000;
    const distribution = new RelaxedBernoulli(tau, new Float32Array(draws).fill(z));
    const { data } = distribution.sample(gs, { seed: 21 });
    const cdf = (x: number) => 1 / (1 + Math.exp(z - tau * (Math.log(x) - Math.log1p(-x))));
    const tail = kolmogorovTail(kolmogorovDistance(data, cdf), draws);
    assert.ok(tail > FAILURE, `tau ${tau}: tail ${tail}`);
    const ones = distribution.sample(gs, { seed: 22, hard: true }).data.reduce((a, b) => a + b, 0);
    const p = 1 / (1 + Math.exp(-z));
    assert.ok(countsTail([draws - ones, ones], [1 - p, p]) > FAILURE, `tau ${tau}: ${ones} ones`);
  }
});

test("bad input is named", () => {
  for (const tau of [0, -1, Infinity, Number.NaN])
    refuses("RangeError", "tau", () => new RelaxedBernoulli(tau, [1, 2]));
  refuses("TypeError", "tau", () => new RelaxedBernoulli(undefined as unknown as number, [1]));
  refuses("RangeError", "logits", () => new RelaxedBernoulli(1, [0, Number.NaN]), /position 1/);
  const distribution = new RelaxedBernoulli(1, [0]);
  for (const x of [-1e-9, 1.0001, Number.NaN]) {
    refuses("RangeError", "value", () => distribution.logProb([x]), /position 0/);
    refuses("RangeError", "value", () => distribution.logProbGradient([x]), /position 0/);
  }
  refuses("RangeError", "value", () => distribution.logProb([0.5, 0.5]), /shape/);
  for (const name of ["tau", "dim", "classOffset"]) {
    refuses("TypeError", name, () => distribution.sample(gs, { [name]: 1 }));
  }
});
