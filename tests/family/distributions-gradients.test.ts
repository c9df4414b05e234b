// Gradients of Categorical and OneHotCategorical: against a reference with 80 digits that knows no formula of a gradient, against
// differences of the library's own functions, at masked classes and where KL is infinite.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Categorical, OneHotCategorical } from "gumbel-softmax/distributions";
import { assertNear, DENSITY } from "../distributions-vectors.ts";
import * as reference from "../reference.ts";
import { normals } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";

interface Case {
  readonly logits: (number | "-Infinity")[];
  readonly other: (number | "-Infinity")[];
  readonly unimix: number;
  readonly otherUnimix: number;
  readonly index: number;
  readonly logProb: number[];
  readonly entropy: number[];
  readonly kl: number[];
  readonly klOther: number[];
}

const { cases }: { cases: Case[] } = JSON.parse(readFileSync("tests/vectors/categorical-gradients.json", "utf8"));

test("gradients of log-probability, entropy and KL are those of the reference", () => {
  assert.ok(cases.length >= 12);
  for (const [i, { index, unimix, otherUnimix, ...exact }] of cases.entries()) {
    for (const kind of [Categorical, OneHotCategorical]) {
      const one = new kind(exact.logits.map(Number), { unimix });
      const other = new kind(exact.other.map(Number), { unimix: otherUnimix });
      const value = exact.logits.map((_, c) => Number(c === index));
      const byValue = one instanceof Categorical ? one.logProbGradient(index) : one.logProbGradient(value);
      const kl = one.klGradient(other);
      const got = {
        logProb: byValue.logits,
        entropy: one.entropyGradient().logits,
        kl: kl.logits,
        klOther: kl.other,
      };
      for (const name of ["logProb", "entropy", "kl", "klOther"] as const) {
        const largest = Math.max(...exact[name].map(Math.abs));
        assert.deepEqual(got[name].shape, [exact.logits.length]);
        for (const [c, target] of exact[name].entries()) {
          assertNear(`case ${i}, ${kind.name}, ${name}, class ${c}`, got[name].data[c]!, target, DENSITY, largest);
        }
      }
    }
  }
});

test("gradients are the slopes of the functions: central differences, rows along any axis", () => {
  const shape = [2, 4, 3];
  const [z, w] = [1, 2].map((seed) => Float64Array.from(normals(24, seed, 2)));
  const h = 1e-6;
  for (const dim of [0, 1, -1]) {
    for (const [unimix, otherUnimix] of [
      [0, 0],
      [0.01, 0.3],
    ] as const) {
      const along = reference.layout(shape, dim);
      const make = (data: Float64Array, u: number) => new Categorical({ data, shape }, { dim, unimix: u });
      const [one, other] = [make(z!, unimix), make(w!, otherUnimix)];
      const rows = shape.filter((_, i) => i !== (dim + 3) % 3);
      const indices = { data: Int32Array.from({ length: along.rows }, (_, r) => r % along.classes), shape: rows };
      const shifted = (data: Float64Array, at: number, by: number) => data.map((v, i) => (i === at ? v + by : v));
      const slope = (f: (data: Float64Array) => number, data: Float64Array, at: number) =>
        (f(shifted(data, at, h)) - f(shifted(data, at, -h))) / (2 * h);
      const { logits, other: byOther } = one.klGradient(other);
      for (let row = 0; row < along.rows; row++) {
        for (let c = 0; c < along.classes; c++) {
          const at = reference.position(along, row, c);
          const near = (name: string, got: number, exact: number) => assertNear(`${name}, ${at}`, got, exact, 1e-7, 1);
          near(
            "logProb",
            one.logProbGradient(indices).logits.data[at]!,
            slope((d) => make(d, unimix).logProb(indices).data[row]!, z!, at),
          );
          near(
            "entropy",
            one.entropyGradient().logits.data[at]!,
            slope((d) => make(d, unimix).entropy().data[row]!, z!, at),
          );
          near(
            "kl",
            logits.data[at]!,
            slope((d) => make(d, unimix).kl(other).data[row]!, z!, at),
          );
          near(
            "kl, other",
            byOther.data[at]!,
            slope((d) => one.kl(make(d, otherUnimix)).data[row]!, w!, at),
          );
        }
      }
    }
  }
});

test("several draws: one gradient each, in the shape of the logits after their axes", () => {
  const one = new Categorical([
    [1, 2, 3],
    [0, 0, 0],
  ]);
  const draws = Int32Array.from([0, 1, 2, 2, 1, 0]);
  const { logits } = one.logProbGradient({ data: draws, shape: [3, 2] });
  assert.deepEqual(logits.shape, [3, 2, 3]);
  for (const [i, c] of draws.entries()) {
    const alone = new Categorical(i % 2 ? [0, 0, 0] : [1, 2, 3]).logProbGradient(c);
    assert.deepEqual(logits.data.slice(3 * i, 3 * i + 3), alone.logits.data);
  }
  const hot = new OneHotCategorical([
    [1, 2, 3],
    [0, 0, 0],
  ]);
  const rows = { data: reference.oneHot(draws, [3, 2, 3], 2), shape: [3, 2, 3] };
  assert.deepEqual(hot.logProbGradient(rows), { logits });
  //  A single row takes any number of draws.
  assert.deepEqual(new Categorical([0, 1]).logProbGradient([0, 1, 1]).logits.shape, [3, 2]);
});

test("masked classes and infinite KL: 0, or the limit, never NaN", () => {
  for (const unimix of [0, 0.1, 1]) {
    const one = new Categorical([0, -Infinity, 1], { unimix });
    assert.deepEqual([...one.logProbGradient(1).logits.data], [0, 0, 0]);
    for (const { data } of [one.logProbGradient(0).logits, one.entropyGradient().logits]) assert.equal(data[1], 0);
    const wide = new Categorical([0, 0, 0], { unimix });
    const infinite = wide.klGradient(one);
    assert.deepEqual([...infinite.logits.data], unimix === 1 ? [0, 0, 0] : [-Infinity, Infinity, -Infinity]);
    assert.ok(!infinite.other.data.some(Number.isNaN));
    assert.equal(infinite.other.data[1], 0);
    for (const far of [new Categorical([3e38, -3e38, 0], { unimix }), one, wide]) {
      for (const near of [new Categorical([-3e38, 3e38, 0], { unimix }), one, wide]) {
        const { logits, other } = far.klGradient(near);
        for (const { data } of [logits, other, far.entropyGradient().logits]) assert.ok(!data.some(Number.isNaN));
      }
    }
  }
  const certain = new Categorical([-Infinity, 3]);
  assert.deepEqual([...certain.logProbGradient(1).logits.data], [0, 0]);
  assert.deepEqual([...certain.entropyGradient().logits.data], [0, 0]);
  refuses("RangeError", "other", () => certain.klGradient(new Categorical([1, 2, 3])));
  refuses("TypeError", "other", () => certain.klGradient({} as Categorical));
  refuses("RangeError", "indices", () => certain.logProbGradient(2));
});
