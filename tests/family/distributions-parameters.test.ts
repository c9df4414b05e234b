// How distributions are given, and in which shapes they draw: probs, arrays of parameters, draws of several axes, 64-bit indices,
// absent and inherited options.

import assert from "node:assert/strict";
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
import * as reference from "../reference.ts";
import { normals } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { FAILURE, kolmogorovDistance, kolmogorovTail } from "../support/statistics.ts";
import { assertBits, assertSame } from "../tolerance.ts";

const gs = loadSync();

test("probs in place of logits: exactly one of the two, of any sum", () => {
  for (const probs of [
    [0.1, 0.2, 0.7],
    [2, 4, 14],
    [1e-38, 2e-38, 7e-38],
    [1e-300, 2e-300, 7e-300],
  ]) {
    for (const made of [
      new Categorical({ probs }),
      new OneHotCategorical({ probs: { data: Float64Array.from(probs), shape: [3] } }),
      new RelaxedOneHotCategorical(0.5, { probs }),
      new ExpRelaxedOneHotCategorical(0.5, { probs, logits: undefined }),
    ]) {
      for (const [i, p] of [0.1, 0.2, 0.7].entries()) assertNear(`${probs}`, made.probs.data[i]!, p, DENSITY);
    }
  }
  const masked = new Categorical({ probs: [[0, 1, 3]] }, { unimix: 0.1 });
  assert.equal(masked.logProb([0]).data[0], -Infinity);
  assertNear("unimix", masked.probs.data[1]!, 0.9 / 4 + 0.05, DENSITY);
  assert.deepEqual(new Categorical({ logits: [1, 2] }).probs, new Categorical([1, 2]).probs);
  const gate = new RelaxedBernoulli(0.5, { probs: [0, 0.25, 0.5, 1] });
  assert.deepEqual(
    [...gate.logits.data].map((z) => (Number.isFinite(z) ? Math.round(z * 1e4) / 1e4 : z)),
    [-Infinity, -1.0986, 0, Infinity],
  );
  for (const [i, p] of [0, 0.25, 0.5, 1].entries()) assertNear("gate", gate.probs.data[i]!, p, DENSITY);

  refuses("TypeError", "probs", () => new Categorical({ logits: [1], probs: [1] } as never), /both/);
  refuses("TypeError", "probs", () => new RelaxedBernoulli(1, { logits: [1], probs: [1] } as never), /both/);
  refuses("TypeError", "logits", () => new Categorical({} as never));
  refuses("TypeError", "logits", () => new Categorical(undefined as never));
  refuses("TypeError", "probs", () => new Categorical({ probs: "1" as never }));
  refuses(
    "RangeError",
    "probs",
    () =>
      new Categorical({
        probs: [
          [1, 1],
          [0, 0],
        ],
      }),
    /only 0 in row 1/,
  );
  for (const p of [-0.1, Number.NaN, Infinity]) {
    refuses("RangeError", "probs", () => new Categorical({ probs: [1, p] }), /in row 0 at class 1/);
    refuses("RangeError", "probs", () => new LogitRelaxedBernoulli(1, { probs: [1, p] }), /position 1/);
  }
  refuses("RangeError", "probs", () => new RelaxedBernoulli(1, { probs: [1.1] }));
  refuses("RangeError", "dim", () => new Categorical({ probs: [1, 2] }, { dim: 1 }));
});

test("indices of 64 bits", () => {
  const one = new Categorical([
    [0, 1, 2],
    [3, 1, 0],
  ]);
  const exact = one.logProb([2, 0]);
  const shape = [2];
  for (const kind of [BigInt64Array, BigUint64Array]) {
    const data = kind.from([2n, 0n]);
    for (const indices of [data, { data, shape }, { data, dims: shape }]) {
      assert.deepEqual(one.logProb(indices), exact);
      assert.deepEqual(
        one.prob(indices).data,
        exact.data.map((l) => one.prob([2, 0]).data[exact.data.indexOf(l)]!),
      );
      assert.deepEqual(one.logProbGradient(indices), one.logProbGradient([2, 0]));
      assertBits("oneHot", gs.oneHot(indices, 3).data, Float32Array.of(0, 0, 1, 1, 0, 0));
    }
    assertBits("oneHot, apart", gs.oneHot({ data, shape }, 3, { dim: 0 }).data, Float32Array.of(0, 1, 0, 0, 1, 0));
  }
  for (const data of [Int32Array.of(2, 0), Uint8Array.of(2, 0), Int16Array.of(2, 0)]) {
    assert.deepEqual(one.logProb(data), exact);
    assertBits("oneHot", gs.oneHot(data, 3).data, Float32Array.of(0, 0, 1, 1, 0, 0));
  }
  assertBits("-1", gs.oneHot(BigInt64Array.of(-1n), 2).data, Float32Array.of(0, 0));
  //  A flat array is one draw of rows that have several axes.
  const deep = new Categorical({ data: normals(12, 4), shape: [2, 2, 3] });
  assert.deepEqual(deep.logProb(BigInt64Array.of(0n, 1n, 2n, 0n)), deep.logProb([0, 1, 2, 0]));
  assert.deepEqual(deep.logProb(Int32Array.of(0, 1, 2, 0)).shape, [2, 2]);
  for (const wrong of [3n, -2n, 2n ** 62n]) {
    refuses("RangeError", "indices", () => gs.oneHot(BigInt64Array.of(wrong), 3), /position 0/);
    refuses("RangeError", "indices", () => one.logProb(BigInt64Array.of(0n, wrong)), /position 1/);
  }
  refuses("RangeError", "indices", () => gs.oneHot({ data: BigInt64Array.of(1n), shape: [2] }, 3));
});

test("draws of several axes are those of one, seen as several, and so are their gradients", () => {
  const z = { data: normals(6, 1), shape: [2, 3] };
  const taus = [0.5, 2];
  const seeds = BigUint64Array.of(3n, 9n);
  for (const [name, make] of Object.entries({
    index: () => new Categorical(z),
    unimix: () => new Categorical(z, { unimix: 0.2 }),
    hot: () => new OneHotCategorical(z),
    concrete: () => new RelaxedOneHotCategorical(0.5, z),
    logs: () => new ExpRelaxedOneHotCategorical(0.5, z),
    concretes: () => new RelaxedOneHotCategorical(taus, z),
    logsEach: () => new ExpRelaxedOneHotCategorical(taus, z),
    gate: () => new RelaxedBernoulli(0.5, z),
    logit: () => new LogitRelaxedBernoulli(0.5, z),
    gates: () => new RelaxedBernoulli([[1], [2]], z),
  })) {
    type Draw = {
      data: ArrayLike<number>;
      shape: number[];
      indices?: Int32Array;
      backward?: (c: object) => { data: Float32Array; shape: number[] };
    };
    const distribution = make() as { sample(gs: object, options: object): Draw };
    const streams: object[] = [{ seed: 5 }, { seeds }];
    if (name.startsWith("logs")) streams.pop();
    if (name === "gate" || name === "logit" || name === "gates") streams.pop();
    for (const stream of streams) {
      const flat = distribution.sample(gs, { ...stream, numSamples: 12 });
      const deep = distribution.sample(gs, { ...stream, numSamples: [3, 2, 2] });
      assertSame(name, deep.data, flat.data);
      assert.deepEqual(deep.shape, [3, 2, 2, ...flat.shape.slice(1)], name);
      if (flat.indices) assertSame(name, deep.indices!, flat.indices);
      if (flat.backward) {
        const data = Float32Array.from({ length: flat.data.length }, (_, i) => (i % 5) - 2);
        const [a, b] = [flat.backward({ data, shape: flat.shape }), deep.backward!({ data, shape: deep.shape })];
        assertBits(`${name}, gradient`, b.data, a.data);
        assert.deepEqual(b.shape, [2, 3]);
        refuses("RangeError", "cotangent.*", () => deep.backward!({ data, shape: flat.shape }));
      }
      const none = distribution.sample(gs, { ...stream, numSamples: [] });
      assert.deepEqual([...(none.data as Float32Array)], [...(distribution.sample(gs, stream).data as Float32Array)]);
      const one = distribution.sample(gs, { ...stream, numSamples: [12] });
      assert.deepEqual(one.shape, flat.shape);
    }
    refuses("TypeError", "numSamples", () => distribution.sample(gs, { numSamples: {} }));
    for (const numSamples of [[2, 0], [1.5], 0])
      refuses("RangeError", "numSamples", () => distribution.sample(gs, { numSamples }));
  }
});

test("a temperature for each row: bit for bit the rows by themselves, samples, densities and gradients", () => {
  for (const [shape, dim] of [
    [[4, 3], -1],
    [[3, 4], 0],
    [[2, 5, 2], 1],
  ] as const) {
    const along = reference.layout(shape, dim);
    const data = normals(
      shape.reduce((a, b) => a * b, 1),
      7,
      2,
    );
    data[1] = -Infinity;
    const taus = Float64Array.from({ length: along.rows }, (_, r) => [0.3, 0.3, 1.7, 5][r % 4]!);
    const cotangent = normals(2 * data.length, 8);
    const tensor = { data, shape };
    for (const kind of [RelaxedOneHotCategorical, ExpRelaxedOneHotCategorical]) {
      const batch = new kind(taus, tensor, { dim });
      assert.deepEqual(batch.tau.data, taus);
      const stream = { seed: 4, rowOffset: 2n ** 40n };
      const options = kind === RelaxedOneHotCategorical ? { ...stream, hard: false } : stream;
      const y = batch.sample(gs, { ...options, numSamples: 2 });
      const gradient = y.backward({ data: cotangent, shape: y.shape });
      const density = batch.logProb(y);
      for (let row = 0; row < along.rows; row++) {
        const places = Array.from({ length: along.classes }, (_, c) => reference.position(along, row, c));
        const own = new kind(
          taus[row]!,
          places.map((place) => data[place]!),
        );
        const sums = new Float64Array(along.classes);
        for (const draw of [0, 1]) {
          const first = draw * data.length;
          const alone = own.sample(gs, { seed: 4, rowOffset: 2n ** 40n + BigInt(draw * along.rows + row) });
          assertBits(
            `row ${row}`,
            Float32Array.from(places, (place) => y.data[first + place]!),
            alone.data,
          );
          const part = alone.backward(places.map((place) => cotangent[first + place]!));
          for (const [c, d] of part.data.entries()) sums[c]! += d;
          assert.equal(density.data[draw * along.rows + row], own.logProb(alone).data[0]);
        }
        assertBits(
          `row ${row}, gradient`,
          Float32Array.from(places, (place) => gradient.data[place]!),
          Float32Array.from(sums),
        );
      }
    }
    const seeds = BigUint64Array.from({ length: along.rows }, (_, r) => BigInt(r * r + 1));
    const own = new RelaxedOneHotCategorical(taus, tensor, { dim }).sample(gs, { seeds, hard: true });
    assert.deepEqual(own.seeds, seeds);
    assertSame("one-hot", own.data, reference.oneHot(own.indices, shape, dim));
    const out = new Float32Array(data.length);
    const placed = new RelaxedOneHotCategorical(taus, tensor, { dim }).sample(gs, { seed: 1, out, keep: true });
    assert.equal(placed.data, out);
    assert.ok(out.some((v) => v > 0));
  }
  const gates = new RelaxedBernoulli(
    [[0.5], [2]],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
  );
  assert.deepEqual([...gates.tau.data], [0.5, 0.5, 0.5, 2, 2, 2]);
  const low = new RelaxedBernoulli(0.5, [1, 2, 3]);
  const y = gates.sample(gs, { seed: 2 });
  assertBits("gates", y.data.slice(0, 3), low.sample(gs, { seed: 2 }).data);
  assert.deepEqual(gates.logProb(y).data.slice(0, 3), low.logProb(y.data.slice(0, 3)).data);
  assert.deepEqual(
    y.backward([
      [1, 1, 1],
      [1, 1, 1],
    ]).shape,
    [2, 3],
  );
  const logits = new LogitRelaxedBernoulli([0.5, 2], [1, 1]);
  assert.deepEqual([...logits.mean.data], [2, 0.5]);
  assert.equal(
    new RelaxedOneHotCategorical(
      [0.5, 0.5],
      [
        [1, 2],
        [3, 4],
      ],
    ).sample(gs, { seed: 1 }).shape.length,
    2,
  );
  refuses(
    "RangeError",
    "tau",
    () =>
      new RelaxedOneHotCategorical(
        [1, 2, 3],
        [
          [1, 2],
          [3, 4],
        ],
      ),
  );
  refuses(
    "RangeError",
    "tau",
    () =>
      new RelaxedOneHotCategorical(
        [1, 0],
        [
          [1, 2],
          [3, 4],
        ],
      ),
    /position 1/,
  );
  refuses("RangeError", "tau", () => new RelaxedBernoulli([1, Number.NaN], [1, 2]), /position 1/);
  refuses("TypeError", "tau", () => new RelaxedBernoulli("1" as never, [1, 2]));
});

test("Gumbel with arrays of loc and scale: the numbers of each by itself, by NumPy's rule", () => {
  const locs = [[0], [5]];
  const scales = [1, 0.5, 20];
  const batch = new Gumbel(locs, scales);
  assert.deepEqual(
    [batch.loc.shape, [...batch.loc.data], [...batch.scale.data]],
    [
      [2, 3],
      [0, 0, 0, 5, 5, 5],
      [1, 0.5, 20, 1, 0.5, 20],
    ],
  );
  const other = new Gumbel(1, 2);
  for (let i = 0; i < 6; i++) {
    const one = new Gumbel(batch.loc.data[i], batch.scale.data[i]);
    for (const name of ["pdf", "logPdf", "prob", "logProb", "cdf", "logCdf", "sf", "logSf", "icdf", "isf"] as const) {
      assert.equal(batch[name](0.3).data[i], one[name](0.3), name);
      const draws = batch[name]({
        data: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.4, 0.3, 0.2],
        shape: [2, 2, 3],
      });
      assert.deepEqual(draws.shape, [2, 2, 3]);
      assert.deepEqual(one[name]([0.1, 0.7]).data, Float64Array.of(one[name](0.1), one[name](0.7)));
    }
    for (const name of ["mean", "median", "mode", "variance", "stddev"] as const)
      assert.equal(batch[name].data[i], one[name]);
    assert.equal(batch.entropy().data[i], one.entropy());
    assert.equal(batch.kl(other).data[i], one.kl(other));
    assert.equal(other.kl(batch).data[i], other.kl(one));
    assert.equal(batch.crossEntropy(batch).data[i], one.crossEntropy(one));
    assertNear("crossEntropy", one.crossEntropy(other), one.entropy() + one.kl(other), DENSITY);
  }
  const y = batch.sample(gs, [4], { seed: 3 });
  assert.deepEqual([y.shape, y.seed], [[4, 2, 3], 3n]);
  const g = gs.gumbel([4, 2, 3], { seed: 3 });
  const affine = (loc: number, scale: number) => gs.gumbel([4, 2, 3], { seed: 3, loc, scale }).data;
  for (const [i, v] of y.data.entries())
    assert.equal(v, affine(batch.loc.data[i % 6]!, batch.scale.data[i % 6]!)[i], `${g.data[i]}`);
  assert.deepEqual(batch.sample(gs, []).shape, [2, 3]);
  for (const k of [0, 1] as const) {
    const many = new Gumbel([-2, 5], [0.3, 20]).sample(gs, [100_000], { seed: 8 });
    const column = many.data.filter((_, i) => i % 2 === k);
    const one = new Gumbel([-2, 5][k], [0.3, 20][k]);
    const tail = kolmogorovTail(
      kolmogorovDistance(column, (x) => one.cdf(x)),
      column.length,
    );
    assert.ok(tail > FAILURE, `${tail}`);
  }
  refuses("RangeError", "scale", () => new Gumbel([1, 2], [1, 2, 3]));
  refuses("RangeError", "scale", () => new Gumbel([1, 2], [1, 0]), /position 1/);
  refuses("RangeError", "loc", () => new Gumbel([1, Infinity]), /position 1/);
  refuses("RangeError", "x", () => batch.cdf([1, 2]));
  refuses("RangeError", "x", () => batch.cdf([1, 2, Number.NaN]), /position 2/);
  refuses("RangeError", "p", () => batch.icdf([0, 1, 1.5]), /position 2/);
  refuses("RangeError", "other", () => batch.kl(new Gumbel([1, 2])));
});

test("Gumbel.sample takes shape [], as the other classes do", () => {
  const one = new Gumbel(1, 2).sample(gs, [], { seed: 44 });
  assert.deepEqual([one.shape, one.data.length, one.seed], [[], 1, 44n]);
  assert.equal(one.data[0], gs.gumbel([1], { seed: 44, loc: 1, scale: 2 }).data[0]);
  assert.deepEqual(new Gumbel().sample(gs).shape, []);
});

test("null is as absent, and what an object inherits is none of its options", () => {
  const z = [[1, 2, 3]];
  const plain = new Categorical(z, { dim: null, unimix: null });
  assert.deepEqual(plain.probs, new Categorical(z).probs);
  assert.deepEqual(new Categorical(z, null as never).probs, plain.probs);
  assert.deepEqual(new Categorical({ probs: [1, 1], logits: null }).probs.data, Float64Array.of(0.5, 0.5));
  assert.deepEqual(new Categorical(z).sample(gs, { numSamples: null as never }).shape, [1]);
  const polluted = Object.prototype as { unimix?: number; probs?: number[]; numSamples?: number; tau?: number };
  Object.defineProperty(polluted, "numSamples", { value: 7, configurable: true, enumerable: false });
  Object.defineProperty(polluted, "tau", { value: 7, configurable: true, enumerable: false });
  Object.defineProperty(polluted, "unimix", { value: 0.5, configurable: true, enumerable: false });
  Object.defineProperty(polluted, "probs", { value: [1], configurable: true, enumerable: false });
  try {
    assert.deepEqual(new Categorical(z).probs, plain.probs);
    assert.deepEqual(new LogitRelaxedBernoulli(1, z).sample(gs, { seed: 1 }).shape, [1, 3]);
    assert.deepEqual(new Gumbel().sample(gs, [3], { seed: 1 }).shape, [3]);
    assert.deepEqual(new Categorical({ data: [1, 2, 3], shape: [1, 3] }, {}).probs, plain.probs);
  } finally {
    delete polluted.numSamples;
    delete polluted.tau;
    delete polluted.unimix;
    delete polluted.probs;
  }
});

test("samples travel as plain data, and a proxy around a distribution does no harm", () => {
  const z = [[1, 2, 3]];
  const around = <T extends object>(value: T): T => new Proxy(value, {});
  for (const y of [
    around(new RelaxedBernoulli(0.5, z)).sample(gs, { seed: 1 }),
    around(new LogitRelaxedBernoulli(0.5, z)).sample(gs, { seed: 1 }),
    around(new ExpRelaxedOneHotCategorical(0.5, z)).sample(gs, { seed: 1 }),
  ]) {
    const copy = structuredClone(y);
    assert.deepEqual([copy.data, copy.shape, copy.seed], [y.data, y.shape, 1n]);
    const text = JSON.parse(JSON.stringify(y));
    assert.deepEqual(text, { data: [...y.data], shape: y.shape, seed: "1" });
  }
  const far = new LogitRelaxedBernoulli(1, [Infinity, -Infinity]).sample(gs, {
    seeds: BigUint64Array.of(1n, 2n ** 64n - 1n),
  });
  const { data, seeds } = JSON.parse(JSON.stringify(far));
  assert.deepEqual(
    [data, seeds],
    [
      ["Infinity", "-Infinity"],
      ["1", "18446744073709551615"],
    ],
  );
  assert.deepEqual(around(new Categorical(z)).mean, new Categorical(z).mean);
  assert.equal(around(new Gumbel()).cdf(0), new Gumbel().cdf(0));
  assert.deepEqual(around(new OneHotCategorical(z)).kl(around(new OneHotCategorical(z))).data, Float64Array.of(0));
});
