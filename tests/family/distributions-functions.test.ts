// Functions and moments that the distributions share with their peers: by their definitions, and by sums over the whole support.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import {
  Categorical,
  ExpRelaxedOneHotCategorical,
  LogitRelaxedBernoulli,
  OneHotCategorical,
  RelaxedBernoulli,
  RelaxedOneHotCategorical,
} from "gumbel-softmax/distributions";
import { assertNear, DENSITY, vectors } from "../distributions-vectors.ts";
import { normals } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { FAILURE, kolmogorovDistance, kolmogorovTail } from "../support/statistics.ts";
import { assertWithin } from "../tolerance.ts";

const gs = loadSync();

test("Categorical and OneHotCategorical over their whole support: sums to 1, moments, entropy, cross-entropy, KL", () => {
  const shape = [2, 5, 3];
  const [data, others] = [1, 2].map((seed) => normals(30, seed, 2));
  data![4] = -Infinity;
  others![4] = -Infinity;
  for (const [dim, unimix] of [
    [0, 0],
    [1, 0.01],
    [-1, 0.5],
  ] as const) {
    const [one, other] = [data, others].map((d) => new Categorical({ data: d!, shape }, { dim, unimix }));
    const [hot, hotOther] = [data, others].map((d) => new OneHotCategorical({ data: d!, shape }, { dim, unimix }));
    const support = one!.enumerateSupport();
    const rows = support.shape.slice(1);
    const count = support.data.length / support.shape[0]!;
    const [p, l, q] = [one!.prob(support).data, one!.logProb(support).data, other!.logProb(support).data];
    assert.deepEqual(hot!.logProb(hot!.enumerateSupport()).data, l);
    assert.deepEqual(hot!.prob(hot!.enumerateSupport()).data, p);
    assert.deepEqual(hot!.enumerateSupport().shape, [support.shape[0], ...shape]);
    const sum = (row: number, f: (p: number, l: number, q: number, c: number) => number) =>
      support.data.reduce((s, c, i) => (i % count === row && p[i]! > 0 ? s + f(p[i]!, l[i]!, q[i]!, c) : s), 0);
    for (let row = 0; row < count; row++) {
      assertNear(
        "sum",
        sum(row, (p) => p),
        1,
        DENSITY,
      );
      const mean = sum(row, (p, _l, _q, c) => p * c);
      assertNear("mean", one!.mean.data[row]!, mean, DENSITY, 1);
      assertNear(
        "variance",
        one!.variance.data[row]!,
        sum(row, (p, _l, _q, c) => p * (c - mean) ** 2),
        1e-11,
        1,
      );
      assertNear(
        "entropy",
        one!.entropy().data[row]!,
        sum(row, (p, l) => -p * l),
        DENSITY,
        1,
      );
      assertNear(
        "crossEntropy",
        one!.crossEntropy(other!).data[row]!,
        sum(row, (p, _l, q) => -p * q),
        DENSITY,
        1,
      );
      assertNear(
        "kl",
        one!.kl(other!).data[row]!,
        sum(row, (p, l, q) => p * (l - q)),
        DENSITY,
        1,
      );
      const best = Math.max(...p.filter((_, i) => i % count === row));
      assert.equal(one!.prob(one!.mode).data[row], best);
      let below = 0;
      for (let c = 0; c < support.shape[0]!; c++) {
        below += p[c * count + row]!;
        const at = (x: number) => one!.cdf({ data: new Float64Array(count).fill(x), shape: rows }).data[row]!;
        assertNear("cdf", at(c), below, DENSITY);
        assert.equal(at(c + 0.5), at(c));
      }
    }
    assert.deepEqual(one!.crossEntropy(other!), hot!.crossEntropy(hotOther!));
    assert.deepEqual(hot!.mode.shape, shape);
    assert.deepEqual(hot!.prob(hot!.mode), one!.prob(one!.mode));
    assert.deepEqual(hot!.mean, hot!.probs);
    for (const [i, p] of hot!.probs.data.entries())
      assertNear("p(1-p)", hot!.variance.data[i]!, p * (1 - p), DENSITY, 1e-3);
  }
  const ties = new Categorical([-Infinity, 2, 2, 1]);
  assert.deepEqual([...ties.mode.data], [1]);
  assert.deepEqual([...new Categorical([-Infinity, 1, 2], { unimix: 1 }).mode.data], [1]);
  assert.deepEqual([...ties.cdf([-Infinity, -0.1, 0, 3, 4, Infinity]).data], [0, 0, 0, 1, 1, 1]);
  assert.equal(new Categorical([0, 0.1, 0.2, -Infinity]).cdf(2).data[0], 1);
  assert.equal(new Categorical([0, 0]).crossEntropy(new Categorical([0, -Infinity])).data[0], Infinity);
  refuses("RangeError", "x", () => ties.cdf(Number.NaN));
  refuses("TypeError", "other", () => ties.crossEntropy([0] as never));
});

test("RelaxedBernoulli.cdf: the slope is the density, the ends are exact, and draws follow it", () => {
  for (const tau of [0.1, 1, 4]) {
    for (const z of [-2, 0, 3]) {
      const one = new RelaxedBernoulli(tau, [z]);
      for (const x of [0.01, 0.4, 0.5, 0.93]) {
        const h = 1e-6;
        const slope = (one.cdf([x + h]).data[0]! - one.cdf([x - h]).data[0]!) / (2 * h);
        assertNear(`tau ${tau}, z ${z}, x ${x}`, slope, one.prob([x]).data[0]!, 1e-6, 1e-2);
      }
      const ends = [-Infinity, -1, 0, 1, 2, Infinity].map((x) => [x]);
      assert.deepEqual([...one.cdf(ends).data], [0, 0, 0, 1, 1, 1]);
    }
  }
  const { data } = new RelaxedBernoulli(0.7, new Float32Array(100_000).fill(-0.5)).sample(gs, { seed: 31 });
  const law = new RelaxedBernoulli(0.7, [-0.5]);
  const tail = kolmogorovTail(
    kolmogorovDistance(data, (x) => law.cdf([x]).data[0]!),
    data.length,
  );
  assert.ok(tail > FAILURE, `${tail}`);
  refuses("RangeError", "x", () => law.cdf([Number.NaN]), /position 0/);
});

test("LogitRelaxedBernoulli: torch's RelaxedBernoulli by the change of variable, and the logistic law", () => {
  for (const { tau, logits, x, logProb, gradient } of vectors.bernoulli) {
    const one = new LogitRelaxedBernoulli(tau, logits);
    const y = x.map((v) => Math.log(v) - Math.log1p(-v));
    const got = one.logProb(y).data;
    for (const [i, v] of x.entries()) {
      assertNear(`tau ${tau}, ${i}`, got[i]!, logProb[i]! + Math.log(v) + Math.log1p(-v), 1e-11, 10);
      const { logits: byLogit, value } = one.logProbGradient(y);
      assertNear(`tau ${tau}, logits ${i}`, byLogit.data[i]!, gradient.logits[i]!, 1e-11, 1);
      assertNear(`tau ${tau}, value ${i}`, value.data[i]!, -tau * gradient.logits[i]!, 1e-11, tau);
      const cdf = new RelaxedBernoulli(tau, logits).cdf(x).data[i]!;
      assertNear(`tau ${tau}, cdf ${i}`, one.cdf(y).data[i]!, cdf, 1e-9);
    }
  }
  const one = new LogitRelaxedBernoulli(0.4, [-0.5, 2]);
  //  Of the logistic law with scale 1/tau, by a fine sum over the line.
  const h = 0.01;
  const moments = [0, 0, 0, 0];
  for (let y = -150; y < 150; y += h) {
    const [p, l] = [one.prob([y, y]).data[0]!, one.logProb([y, y]).data[0]!];
    for (const [k, v] of [1, y, y * y, -l].entries()) moments[k]! += p * v * h;
  }
  assertNear("sum", moments[0]!, 1, 1e-9);
  assertNear("mean", moments[1]!, one.mean.data[0]!, 1e-9, 1);
  assertNear("variance", moments[2]! - moments[1]! ** 2, one.variance.data[0]!, 1e-8, 1);
  assertNear("entropy", moments[3]!, one.entropy().data[0]!, 1e-9, 1);
  assert.deepEqual(one.mode, one.mean);
});

test("LogitRelaxedBernoulli draws the logits of what RelaxedBernoulli draws, by the logistic law", () => {
  const z = { data: normals(12, 3, 2), shape: [4, 3] };
  for (const tau of [0.5, 2]) {
    const at = { seed: 6, rowOffset: 5, numSamples: 3 };
    const [y, x] = [new LogitRelaxedBernoulli(tau, z).sample(gs, at), new RelaxedBernoulli(tau, z).sample(gs, at)];
    assert.deepEqual([y.shape, y.seed], [x.shape, 6n]);
    assertWithin(
      "sigmoid",
      y.data.map((v) => 1 / (1 + Math.exp(-v))),
      x.data,
      (i) => 1e-5 * x.data[i]! + 1e-30,
    );
    const gradient = y.backward({ data: new Float32Array(36).fill(1), shape: [3, 4, 3] });
    assert.deepEqual([...gradient.data], new Array(12).fill(Math.fround(3 / tau)));
  }
  const seeds = BigUint64Array.of(4n, 8n, 15n);
  const own = new LogitRelaxedBernoulli(1, [0, 1, 2]).sample(gs, { seeds, rowOffset: 2, numSamples: 2 });
  const soft = new RelaxedBernoulli(1, [0, 1, 2]).sample(gs, { seeds, rowOffset: 2, numSamples: 2 });
  assert.deepEqual(own.seeds, seeds);
  assertWithin(
    "seeds",
    own.data.map((v) => 1 / (1 + Math.exp(-v))),
    soft.data,
    () => 1e-6,
  );
  const { data } = new LogitRelaxedBernoulli(0.3, new Float32Array(100_000).fill(0.7)).sample(gs, { seed: 5 });
  const law = new LogitRelaxedBernoulli(0.3, [0.7]);
  const tail = kolmogorovTail(
    kolmogorovDistance(data, (v) => law.cdf([v]).data[0]!),
    data.length,
  );
  assert.ok(tail > FAILURE, `${tail}`);
  //  At a large logit the noise is not lost, as it is in p = z + g: one in e^3 is 3 standard units off.
  const far = new LogitRelaxedBernoulli(1, new Float64Array(100).fill(2 ** 22)).sample(gs, { seed: 5 });
  assert.ok(new Set(far.data).size > 10);
  refuses(
    "RangeError",
    "cotangent",
    () =>
      own.backward([
        [1, 1, 1],
        [1, Number.NaN, 1],
      ]),
    /position 4/,
  );
  refuses("RangeError", "cotangent", () => own.backward([1, 1]));
  refuses("RangeError", "value", () => law.logProb([Number.NaN]), /position 0/);
  refuses("TypeError", "hard", () => law.sample(gs, { hard: true } as object));
  refuses("TypeError", "gs", () => law.sample({} as typeof gs));
});

test("infinite logits: the certain value, its log-density 0, gradients 0, never NaN", () => {
  const z = [Infinity, -Infinity];
  for (const tau of [0.1, 1, 30]) {
    const one = new RelaxedBernoulli(tau, z);
    for (const hard of [false, true]) {
      const y = one.sample(gs, { seed: 3, hard, numSamples: 20 });
      for (const [i, v] of y.data.entries()) assert.equal(v, i % 2 === 0 ? 1 : 0);
      assert.deepEqual([...y.backward({ data: new Float32Array(40).fill(1), shape: [20, 2] }).data], [0, 0]);
    }
    assert.deepEqual([...one.probs.data], [1, 0]);
    assert.deepEqual([...one.logProb([1, 0]).data], [0, 0]);
    assert.deepEqual([...one.logProb([0.5, 0.5]).data], [-Infinity, -Infinity]);
    assert.deepEqual([...one.logProb([0, 1]).data], [-Infinity, -Infinity]);
    assert.deepEqual([...one.cdf([0, 0]).data], [0, 1]);
    assert.deepEqual([...one.cdf([1, -0.5]).data], [1, 0]);
    for (const x of [
      [1, 0],
      [0.3, 0.3],
      [0, 1],
    ]) {
      const { logits, value } = one.logProbGradient(x);
      assert.deepEqual([...logits.data, ...value.data], [0, 0, 0, 0]);
    }
    const logit = new LogitRelaxedBernoulli(tau, z);
    const y = logit.sample(gs, { seed: 3 });
    assert.deepEqual([...y.data], [Infinity, -Infinity]);
    assert.deepEqual([...y.backward([1, 1]).data], [0, 0]);
    assert.deepEqual([...logit.logProb([Infinity, -Infinity]).data], [0, 0]);
    assert.deepEqual([...logit.logProb([0, 1e300]).data], [-Infinity, -Infinity]);
    assert.deepEqual([...logit.mean.data, ...logit.variance.data], [Infinity, -Infinity, 0, 0]);
    assert.deepEqual([...logit.cdf([1e300, -1e300]).data], [0, 1]);
    assert.deepEqual([...logit.logProbGradient([0, Infinity]).value.data], [0, 0]);
  }
});

test("densities are exp of their logarithms, and the mode in log space is where the density is largest", () => {
  const x = [0.2, 0.3, 0.5];
  const concrete = new RelaxedOneHotCategorical(0.5, [1, 0, 2]);
  assertNear("simplex", concrete.prob(x).data[0]!, Math.exp(concrete.logProb(x).data[0]!), DENSITY);
  for (const tau of [0.1, 1, 9]) {
    const logs = new ExpRelaxedOneHotCategorical(tau, [1, 0, 2, -Infinity]);
    assertNear("log space", logs.prob(logs.mode).data[0]!, Math.exp(logs.logProb(logs.mode).data[0]!), DENSITY);
    const gradient = logs.logProbGradient(logs.mode).value.data;
    for (const d of gradient) assert.ok(Math.abs(d) < 1e-13 * Math.max(1, tau), `${gradient}`);
    const top = logs.logProb(logs.mode).data[0]!;
    const y = logs.sample(gs, { seed: 2, numSamples: 200 });
    assert.ok(logs.logProb(y).data.every((l) => l <= top));
  }
});
