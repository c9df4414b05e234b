// Logits at any offset within f32: the law does not depend on it, in numbers, gradients and draws. Beyond f32 there is an error.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import {
  Categorical,
  ExpRelaxedOneHotCategorical,
  Gumbel,
  LogitRelaxedBernoulli,
  OneHotCategorical,
  RelaxedBernoulli,
  RelaxedOneHotCategorical,
} from "gumbel-softmax/distributions";
import { assertNear, DENSITY } from "../distributions-vectors.ts";
import { repeatRow } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { countsTail, FAILURE } from "../support/statistics.ts";
import { assertBits } from "../tolerance.ts";

const gs = loadSync();

/** Offsets that leave differences of a few ulps of 2^k exact, with that ulp. */
const OFFSETS = [0, 1, 1e7, 1e9, 1e15, 1e16, 1e30, 3e38].flatMap((offset) => [offset, -offset]);

/** Four logits about the offset, and their exact differences. */
function rowAt(offset: number): { z: Float64Array; differences: number[] } {
  const z = Float64Array.of(offset, offset, offset - 1, offset - 2.5);
  return { z, differences: [...z].map((value) => value - offset) };
}

test("probabilities, log-probabilities, entropy and KL are those of the differences, with unimix too", () => {
  for (const offset of OFFSETS) {
    const { z, differences } = rowAt(offset);
    const uniform = new Categorical(new Float64Array(4).fill(offset));
    for (const p of uniform.probs.data) assert.equal(p, 0.25, `${offset}`);
    assertNear("ln 4", uniform.entropy().data[0]!, Math.log(4), DENSITY);
    assert.equal(uniform.kl(new Categorical([0, 0, 0, 0])).data[0], 0);
    for (const unimix of [0, 0.01, 1]) {
      const near = new Categorical(differences, { unimix });
      for (const kind of [Categorical, OneHotCategorical]) {
        const far = new kind(z, { unimix });
        assert.deepEqual(far.logits.data, near.logits.data, `${offset}`);
        assert.deepEqual(far.entropy().data, near.entropy().data);
        assert.deepEqual(far.entropyGradient(), near.entropyGradient());
        assert.deepEqual(far.kl(uniform).data, near.kl(uniform).data);
        assert.deepEqual(far.klGradient(uniform), near.klGradient(uniform));
        assert.ok(Math.abs(far.probs.data.reduce((a, b) => a + b, 0) - 1) < 1e-15);
      }
    }
  }
});

test("densities and gradients of the relaxed distributions are those of the differences", () => {
  const x = [0.1, 0.2, 0.3, 0.4];
  const y = x.map(Math.log);
  for (const offset of OFFSETS) {
    const { z, differences } = rowAt(offset);
    for (const tau of [0.05, 1, 7]) {
      const [far, near] = [z, differences].map((row) => new RelaxedOneHotCategorical(tau, row));
      assert.deepEqual(far!.logProb(x), near!.logProb(x), `${offset}`);
      assert.deepEqual(far!.logProbGradient(x), near!.logProbGradient(x));
      assert.deepEqual(far!.probs, near!.probs);
      const [farLog, nearLog] = [z, differences].map((row) => new ExpRelaxedOneHotCategorical(tau, row));
      assert.deepEqual(farLog!.logProb(y), nearLog!.logProb(y));
      assert.deepEqual(farLog!.logProbGradient(y), nearLog!.logProbGradient(y));
      assert.deepEqual(farLog!.mode, nearLog!.mode);
    }
  }
});

test("samples at any offset are the bits of those at none", () => {
  for (const offset of OFFSETS) {
    const { z, differences } = rowAt(offset);
    const [far, near] = [z, differences].map((row) => repeatRow64(row, 100));
    const at = { seed: 9, rowOffset: 3 };
    for (const unimix of [0, 0.1]) {
      assert.deepEqual(
        new Categorical(far!, { unimix }).sample(gs, at).data,
        new Categorical(near!, { unimix }).sample(gs, at).data,
        `${offset}`,
      );
    }
    for (const kind of [RelaxedOneHotCategorical, ExpRelaxedOneHotCategorical]) {
      const [a, b] = [new kind(0.3, far!).sample(gs, at), new kind(0.3, near!).sample(gs, at)];
      assertBits(`${offset}`, a.data, b.data);
      const cotangent = { data: a.data.map((_, i) => i % 3), shape: a.shape };
      assertBits(`${offset}, gradient`, a.backward(cotangent).data, b.backward(cotangent).data);
    }
  }
});

test("draws follow the probabilities at large offsets: chi-square, each red once in 1e7", () => {
  const draws = 100_000;
  for (const [i, offset] of [1e7, 1e9, -1e12, 3e38].entries()) {
    const row = new Float32Array(5).fill(offset);
    const tensor = { data: repeatRow(row, draws), shape: [draws, 5] };
    const counts = new Float64Array(5);
    for (const k of new Categorical(tensor).sample(gs, { seed: 60 + i }).indices) counts[k]! += 1;
    assert.ok(countsTail(counts, new Float64Array(5).fill(0.2)) > FAILURE, `${offset}: ${counts}`);
  }
});

test("a log-probability near 0 keeps its digits", () => {
  const { data } = new Categorical([0, -50, -700]).logits;
  assertNear("ln(1 - p)", data[0]!, -Math.exp(-50), DENSITY);
  assertNear("1 - p", new Categorical([0, -50]).logProbGradient([0]).logits.data[0]!, Math.exp(-50), DENSITY);
});

test("a finite value beyond f32 is named at construction; the largest f32 is none", () => {
  const beyond = [1e300, -1e300, 3.5e38, -3.5e38, Number.MAX_VALUE];
  const most = 3.4028234663852886e38;
  for (const value of beyond) {
    const said = new RegExp(`got ${String(value).replace("+", "\\+")} in row 1 at class 2`);
    const rows = [
      [0, 0, 0],
      [0, 1, value],
    ];
    for (const make of [
      (z: number[][]) => new Categorical(z),
      (z: number[][]) => new OneHotCategorical(z, { unimix: 0.1 }),
      (z: number[][]) => new RelaxedOneHotCategorical(1, z),
      (z: number[][]) => new ExpRelaxedOneHotCategorical(1, z),
      (z: number[][]) => new Categorical({ data: Float64Array.from(z.flat()), shape: [2, 3] }),
    ]) {
      refuses("RangeError", "logits", () => make(rows), said);
      make([
        [0, 0, Math.sign(value) * most],
        [0, 0, 0],
      ]);
    }
    for (const kind of [RelaxedBernoulli, LogitRelaxedBernoulli]) {
      refuses("RangeError", "logits", () => new kind(1, [0, value]), /at position 1/);
      new kind(1, [most, -most]);
    }
    refuses("RangeError", "loc", () => new Gumbel(value).sample(gs, [3]));
    if (value > 0) {
      refuses("RangeError", "scale", () => new Gumbel(0, value).sample(gs, [3]));
      refuses("RangeError", "probs", () => new Categorical({ probs: [1, value] }), /in row 0 at class 1/);
    }
  }
  assert.deepEqual(new Categorical([most, -most]).sample(gs, { numSamples: 50 }).data, new Int32Array(50));
});

test("the operations' limit is as docs/accuracy.md has it, and depends on |z|/s alone", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/large-logits.js", "--check"], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  //  Powers of two change no rounding.
  const options = { seed: 3, numSamples: 10_000 };
  const large = gs.categorical([2 ** 24, 2 ** 24], options);
  const small = gs.categorical([2 ** 10, 2 ** 10], { ...options, noiseScale: 2 ** -14 });
  assert.deepEqual(small.indices, large.indices);
});

function repeatRow64(row: ArrayLike<number>, rows: number): { data: Float64Array; shape: number[] } {
  const data = Float64Array.from({ length: rows * row.length }, (_, i) => row[i % row.length]!);
  return { data, shape: [rows, row.length] };
}
