// Gumbel(loc, scale) on numbers against SciPy and mpmath, at its edges, and its samples against its own distribution
// function.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import { Gumbel } from "gumbel-softmax/distributions";
import { assertNear, GUMBEL, GUMBEL_KL, vectors } from "../distributions-vectors.ts";
import { uniform } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { FAILURE, kolmogorovDistance, kolmogorovTail } from "../support/statistics.ts";

const gs = loadSync();

const FUNCTIONS = ["pdf", "logPdf", "cdf", "logCdf", "sf", "logSf"] as const;
const SMALLEST_NORMAL = 2 ** -1022;

test("densities, distribution functions and survival functions, into the far tails", () => {
  for (const { loc, scale, points } of vectors.gumbel) {
    const gumbel = new Gumbel(loc, scale);
    for (const name of FUNCTIONS) {
      for (const [i, exact] of points[name].entries()) {
        const x = Number(points.x[i]);
        const label = `Gumbel(${loc}, ${scale}).${name}(${x})`;
        const target = Math.abs(Number(exact));
        if (target < SMALLEST_NORMAL) assert.ok(Math.abs(gumbel[name](x)) < SMALLEST_NORMAL * (1 + GUMBEL), label);
        else assertNear(label, gumbel[name](x), exact, GUMBEL);
      }
    }
  }
});

test("quantiles, from 1e-300 to one step below 1", () => {
  for (const { loc, scale, icdf, isf } of vectors.gumbel) {
    const gumbel = new Gumbel(loc, scale);
    for (const [p, exact] of icdf) assertNear(`Gumbel(${loc}, ${scale}).icdf(${p})`, gumbel.icdf(p), exact, GUMBEL);
    for (const [q, exact] of isf) assertNear(`Gumbel(${loc}, ${scale}).isf(${q})`, gumbel.isf(q), exact, GUMBEL);
  }
});

test("moments and entropy", () => {
  for (const { loc, scale, ...exact } of vectors.gumbel) {
    const gumbel = new Gumbel(loc, scale);
    for (const name of ["mean", "median", "variance", "stddev"] as const) {
      assertNear(`Gumbel(${loc}, ${scale}).${name}`, gumbel[name], exact[name], GUMBEL);
    }
    assertNear(`Gumbel(${loc}, ${scale}).entropy`, gumbel.entropy(), exact.entropy, GUMBEL);
    assert.equal(gumbel.mode, loc);
  }
  const standard = new Gumbel();
  assert.deepEqual([standard.loc, standard.scale], [0, 1]);
});

test("KL against the closed form that a numerical integration has confirmed", () => {
  for (const [m1, b1, m2, b2, exact] of vectors.kl) {
    const label = `KL(Gumbel(${m1}, ${b1}) || Gumbel(${m2}, ${b2}))`;
    assertNear(label, new Gumbel(m1, b1).kl(new Gumbel(m2, b2)), exact, GUMBEL_KL, 1);
  }
  for (const scale of [1e-300, 0.3, 1, 1e300]) assert.equal(new Gumbel(3, scale).kl(new Gumbel(3, scale)), 0);
  const extremes = [-1e308, 0, 1e308].flatMap((loc) => [1e-308, 1, 1e308].map((scale) => new Gumbel(loc, scale)));
  for (const p of extremes) for (const q of extremes) assert.ok(p.kl(q) >= 0, "KL is neither NaN nor negative");
  assert.equal(new Gumbel(0, 1e3).kl(new Gumbel(0, 1)), Infinity);
});

test("the ends: limits, never NaN", () => {
  for (const gumbel of [new Gumbel(), new Gumbel(3, 0.5), new Gumbel(-1e308, 1e-300), new Gumbel(1e308, 1e300)]) {
    const at = (x: number) => FUNCTIONS.map((name) => gumbel[name](x));
    assert.deepEqual(at(Infinity), [0, -Infinity, 1, 0, 0, -Infinity]);
    assert.deepEqual(at(-Infinity), [0, -Infinity, 0, -Infinity, 1, 0]);
    assert.deepEqual(
      [0, 1].map((p) => gumbel.icdf(p)),
      [-Infinity, Infinity],
    );
    assert.deepEqual(
      [0, 1].map((q) => gumbel.isf(q)),
      [Infinity, -Infinity],
    );
    for (const x of [-Number.MAX_VALUE, -1e300, -1e3, -0, 5e-324, 1e3, 1e300, Number.MAX_VALUE]) {
      for (const value of at(x)) assert.ok(!Number.isNaN(value), `${x}: ${at(x)}`);
    }
    for (const p of [5e-324, 1e-310, 1 - 2 ** -53]) {
      assert.ok(!Number.isNaN(gumbel.icdf(p)));
      assert.ok(!Number.isNaN(gumbel.isf(p)));
    }
  }
});

test("quantiles undo the functions", () => {
  const next = uniform(1);
  for (let i = 0; i < 200; i++) {
    const gumbel = new Gumbel(4 * next() - 2, 0.1 + next());
    const [p, q] = [next() || 0.5, 1e-300 ** next()];
    assertNear(`cdf(icdf(${p}))`, gumbel.cdf(gumbel.icdf(p)), p, 1e-11);
    assertNear(`sf(isf(${q}))`, gumbel.sf(gumbel.isf(q)), q, 1e-11);
  }
});

test("samples follow the distribution function: Kolmogorov-Smirnov", () => {
  for (const [loc, scale] of [
    [0, 1],
    [-2, 0.3],
    [5, 20],
  ] as const) {
    const gumbel = new Gumbel(loc, scale);
    const { data } = gumbel.sample(gs, [200_000], { seed: 7 });
    const tail = kolmogorovTail(
      kolmogorovDistance(data, (x) => gumbel.cdf(x)),
      data.length,
    );
    assert.ok(tail > FAILURE, `Gumbel(${loc}, ${scale}): tail ${tail}`);
  }
});

test("a sample is the kernels' noise", () => {
  const options = { seed: 9n, rowOffset: 3, classOffset: 5, dim: 0 };
  const got = new Gumbel(1, 2).sample(gs, [3, 4], options);
  assert.deepEqual(got, gs.gumbel([3, 4], { ...options, loc: 1, scale: 2 }));
});

test("bad input is named", () => {
  refuses("RangeError", "loc", () => new Gumbel(Infinity));
  refuses("RangeError", "loc", () => new Gumbel(Number.NaN));
  for (const scale of [0, -1, Infinity, Number.NaN]) refuses("RangeError", "scale", () => new Gumbel(0, scale));
  refuses("TypeError", "scale", () => new Gumbel(0, "1" as unknown as number));
  const gumbel = new Gumbel();
  for (const name of FUNCTIONS) {
    refuses("RangeError", "x", () => gumbel[name](Number.NaN));
    refuses("TypeError", "x", () => gumbel[name](undefined as unknown as number));
  }
  for (const p of [-1e-300, 1.0000001, Number.NaN]) {
    refuses("RangeError", "p", () => gumbel.icdf(p));
    refuses("RangeError", "q", () => gumbel.isf(p));
  }
  refuses("TypeError", "other", () => gumbel.kl({} as Gumbel));
  refuses("TypeError", "gs", () => gumbel.sample({} as typeof gs, [3]));
  refuses("TypeError", "loc", () => gumbel.sample(gs, [3], { loc: 1 } as object));
  refuses("TypeError", "options", () => gumbel.sample(gs, [3], null as unknown as object));
  refuses("TypeError", "tau", () => gumbel.sample(gs, [3], { tau: 1 } as object));
});
