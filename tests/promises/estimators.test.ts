// The estimators: their gradients against PyTorch, their samples, their options.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { type GumbelSoftmaxOptions, load, loadSync } from "gumbel-softmax";
import { normals, repeatRow, size } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { countsTail, FAILURE } from "../support/statistics.ts";
import { assertBits, assertSame, assertWithin, NOISE } from "../tolerance.ts";

interface Known {
  shape: [number, number];
  tau: number;
  seed: string;
  unimix: number;
  conditionalSamples: number;
  logits: (number | "-Infinity")[];
  cotangent: number[];
  indices: number[];
  mixedIndices: number[];
  gradients: Record<"straight-through" | "reinmax" | "gumbel-rao", number[]>;
}

/** Against f64 of the same formula: times max|c| / tau, or max|c| where the gradient is not divided by tau. */
const ESTIMATE = 2e-6;
/** Noise of a few units moves a conditional sample, and so y and the gradient twice over, by this many times its own error. */
const MOVED = 8;

const gs = loadSync();
const vectors: Known[] = JSON.parse(readFileSync(new URL("../vectors/estimators.json", import.meta.url), "utf8"));
const OWN = ["straight-through", "reinmax", "gumbel-rao"] as const;

vectors.forEach(
  ({ shape, tau, seed, unimix, conditionalSamples, indices, mixedIndices, gradients, ...known }, number) => {
    test(`case ${number} of PyTorch: [${shape}], tau ${tau}, unimix ${unimix}`, () => {
      const logits = { data: Float32Array.from(known.logits, Number), shape };
      const cotangent = { data: Float32Array.from(known.cotangent), shape };
      const base = { tau, seed: BigInt(seed) };
      const of = {
        "straight-through": { ...base, estimator: "straight-through", unimix },
        reinmax: { ...base, estimator: "reinmax" },
        "gumbel-rao": { ...base, estimator: "gumbel-rao", conditionalSamples },
      } as const;
      for (const name of OWN) {
        const y = gs.gumbelSoftmax(logits, of[name]);
        assertSame(name, y.indices, name === "straight-through" ? mixedIndices : indices);
        assertBits(name, y.data, gs.oneHot({ data: y.indices, shape: [shape[0]] }, shape[1]).data);
        const most = Math.max(...known.cotangent.map(Math.abs));
        const bound =
          (ESTIMATE * most) / Math.min(tau, 1) + (name === "gumbel-rao" ? (MOVED * NOISE * 20 * most) / tau ** 2 : 0);
        assertWithin(name, y.backward(cotangent).data, gradients[name], () => bound);
        assertBits("stateless", gs.gumbelSoftmaxBackward(cotangent, logits, of[name]).data, y.backward(cotangent).data);
      }
    });
  },
);

test("the estimators by their other names", () => {
  const logits = { data: normals(60, 1), shape: [6, 10] };
  const c = { data: normals(60, 2), shape: [6, 10] };
  for (const [estimator, hard] of [
    ["gumbel-softmax", false],
    ["straight-through-gumbel", true],
  ] as const) {
    const named = gs.gumbelSoftmax(logits, { estimator, tau: 0.5, seed: 3 });
    const plain = gs.gumbelSoftmax(logits, { hard, tau: 0.5, seed: 3 });
    assertBits(estimator, named.data, plain.data);
    assertBits(estimator, named.backward(c).data, plain.backward(c).data);
    const kept = gs.gumbelSoftmax(logits, { estimator, hard, tau: 0.5, seed: 3, keep: true });
    assertBits(estimator, kept.backward(c).data, plain.backward(c).data);
    assertBits(estimator, gs.gumbelMax(logits, { estimator, tau: 0.5, seed: 3 }).data, plain.data);
  }
});

test("one class drawn, whatever the estimator: that of categorical", () => {
  const logits = { data: normals(4000, 5, 3), shape: [40, 10, 10] };
  for (const dim of [0, 1, 2]) {
    const { indices } = gs.categorical(logits, { dim, seed: 8, rowOffset: 2n ** 40n, classOffset: 5 });
    for (const estimator of OWN) {
      const y = gs.gumbelSoftmax(logits, { dim, seed: 8, rowOffset: 2n ** 40n, classOffset: 5, estimator, tau: 0.3 });
      assertSame(estimator, y.indices, indices);
    }
  }
});

test("unimix draws from the mixture, the uniform part over the open classes; fails one time in 1e7", () => {
  const row = [3, 0, -Infinity, 1, -2];
  const rows = 200_000;
  const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
  for (const unimix of [0.01, 0.5, 1]) {
    const logits = { data: repeatRow(row, rows), shape: [rows, 5] };
    const { indices } = gs.gumbelSoftmax(logits, { estimator: "straight-through", unimix, tau: 0.1, seed: 21 });
    const counts = new Float64Array(5);
    for (const c of indices) counts[c]!++;
    assert.equal(counts[2], 0);
    const mixture = row.map((z) => (z === -Infinity ? 0 : ((1 - unimix) * Math.exp(z)) / total + unimix / 4));
    const tail = countsTail(
      counts.filter((_, c) => c !== 2),
      mixture.filter((_, c) => c !== 2),
    );
    assert.ok(tail > FAILURE, `unimix ${unimix}: ${tail}`);
  }
});

test("along any axis, slice by slice, into out, in tensors, with threads: the same bits", async () => {
  const shape = [6, 40, 5];
  const z = { data: normals(1200, 6), shape };
  const c = { data: normals(1200, 7), shape };
  const threaded = await load({ threads: 2 });
  for (const estimator of OWN) {
    const options = { estimator, tau: 0.6, seed: 4, rowOffset: 100, ...(estimator === OWN[0] ? { unimix: 0.2 } : {}) };
    for (const dim of [0, 1, 2]) {
      const y = gs.gumbelSoftmax(z, { ...options, dim });
      const dz = y.backward(c).data;
      const again = threaded.gumbelSoftmax(z, { ...options, dim });
      assertBits("threads", again.backward(c).data, dz);
      const out = new Float32Array(1200);
      assert.equal(y.backward(c, { out }).data, out);
      assertBits("out", out, dz);
      const inside = [gs.empty(shape), gs.empty(shape), gs.empty(shape)] as const;
      inside[0].data.set(z.data);
      inside[1].data.set(c.data);
      const resident = gs.gumbelSoftmax(inside[0], { ...options, dim, out: inside[2] });
      assertBits("tensor", resident.data, y.data);
      assertBits("tensor, gradient over the cotangent", resident.backward(inside[1], { out: inside[1] }).data, dz);
      for (const tensor of inside) tensor.free();
    }
    const y = gs.gumbelSoftmax(z, options);
    const dz = y.backward(c).data;
    for (const [first, end] of [
      [0, 3],
      [2, 5],
    ] as const) {
      const part = (data: Float32Array) => ({
        data: data.subarray(first * 200, end * 200),
        shape: [end - first, 40, 5],
      });
      const slice = gs.gumbelSoftmax(part(z.data), { ...options, rowOffset: 100 + first * 40 });
      assertBits("slice", slice.data, part(y.data).data);
      assertBits("gradient of a slice", slice.backward(part(c.data)).data, part(dz).data);
    }
  }
  threaded.close();
});

test("a tensor whose memory grows under the kernels of an estimator", () => {
  for (const estimator of OWN) {
    const own = loadSync();
    const shape = [1, 70_000];
    const [z, c, out] = [own.empty(shape), own.empty(shape), own.empty(shape)];
    z.data.set(normals(size(shape), 3));
    c.data.set(normals(size(shape), 4));
    const options = {
      estimator,
      tau: 0.8,
      seed: 2,
      ...(estimator === OWN[0] ? { unimix: 0.1 } : {}),
      ...(estimator === OWN[2] ? { conditionalSamples: 2 } : {}),
    };
    const expected = gs.gumbelSoftmax({ data: z.data.slice(), shape }, options);
    const gradient = expected.backward({ data: c.data.slice(), shape }).data;
    const y = own.gumbelSoftmax(z, { ...options, out });
    assertBits("sample", y.data, expected.data);
    assertBits("gradient", y.backward(c, { out: c }).data, gradient);
    own.close();
  }
});

test("arrays of other kinds: the bits of their values in f32", () => {
  class Truncating extends Float32Array {
    static get [Symbol.species](): typeof Float32Array {
      return Int32Array as unknown as typeof Float32Array;
    }
  }
  const [z, c] = [Float64Array.from(normals(40, 1), (x) => x + 1e-9), Float64Array.from(normals(40, 2), (x) => x / 3)];
  for (const estimator of OWN) {
    const options = { estimator, tau: 0.5, seed: 5, ...(estimator === OWN[0] ? { unimix: 0.2 } : {}) };
    const sample = (Kind: Float64ArrayConstructor | Float32ArrayConstructor) => {
      const y = gs.gumbelSoftmax({ data: Kind.from(z), shape: [4, 10] }, options);
      return y.backward({ data: Kind.from(c), shape: [4, 10] }).data;
    };
    const expected = sample(Float32Array);
    assertBits(`${estimator}, f64`, sample(Float64Array), expected);
    assertBits(`${estimator}, a class of the user's`, sample(Truncating as Float32ArrayConstructor), expected);
  }
});

test("written over its logits, a sample has no gradient to go by", () => {
  const data = normals(12, 1);
  const y = gs.gumbelSoftmax({ data, shape: [3, 4] }, { estimator: "reinmax", seed: 1, out: data });
  assert.throws(() => y.backward({ data: normals(12, 2), shape: [3, 4] }), {
    name: "Error",
    message: /^logits: expected/,
  });
});

test("extreme logits: gradients are finite", () => {
  const rows = [
    [1e30, -1e30, 0, 5],
    [-1e38, -3e38, 3e38, 0],
    [0, -Infinity, -Infinity, -Infinity],
    [104, 0, -104, 1e4],
    [0, 0, 0, 0],
  ];
  for (const estimator of OWN) {
    for (const tau of [1e-3, 1, 1e6]) {
      const y = gs.gumbelSoftmax(rows, { estimator, tau, seed: 9, ...(estimator === OWN[0] ? { unimix: 0.5 } : {}) });
      assert.ok([...y.indices].every((i) => i >= 0));
      const { data } = y.backward({ data: normals(20, 3), shape: [5, 4] });
      assert.ok(data.every(Number.isFinite), `${estimator}, ${tau}: ${data}`);
      assertSame("masked", data.subarray(9, 12).map(Math.abs), [0, 0, 0]);
    }
  }
});

test("options that contradict the estimator, or are another's", () => {
  const ask = (options: object) => () => gs.gumbelSoftmax([1, 2, 3], { seed: 1, ...options } as GumbelSoftmaxOptions);
  refuses(
    "RangeError",
    "estimator",
    ask({ estimator: "rebar" }),
    /gumbel-softmax, .*straight-through, reinmax, gumbel-rao/,
  );
  refuses("TypeError", "estimator", ask({ estimator: 2 }));
  refuses("RangeError", "hard", ask({ estimator: "gumbel-softmax", hard: true }), /gumbel-softmax/);
  for (const estimator of ["straight-through-gumbel", ...OWN]) {
    refuses("RangeError", "hard", ask({ estimator, hard: false }));
    refuses("TypeError", "hard", ask({ estimator, hard: 1 }));
    ask({ estimator, hard: true })();
  }
  ask({ estimator: "gumbel-softmax", hard: false })();
  for (const estimator of OWN) {
    refuses("RangeError", "keep", ask({ estimator, keep: true }));
    refuses("RangeError", "noiseScale", ask({ estimator, noiseScale: 0 }));
    ask({ estimator, keep: false, noiseScale: 1 })();
  }
  for (const estimator of [undefined, "gumbel-softmax", "straight-through-gumbel", "reinmax", "gumbel-rao"]) {
    refuses("RangeError", "unimix", ask({ estimator, unimix: 0.1 }));
    ask({ estimator, unimix: 0 })();
  }
  for (const estimator of [undefined, "gumbel-softmax", "straight-through-gumbel", "straight-through", "reinmax"]) {
    refuses("RangeError", "conditionalSamples", ask({ estimator, conditionalSamples: 10 }));
  }
  for (const unimix of [-0.1, 1.1, Number.NaN]) {
    refuses("RangeError", "unimix", ask({ estimator: "straight-through", unimix }));
  }
  refuses("TypeError", "unimix", ask({ estimator: "straight-through", unimix: "0.1" }));
  for (const conditionalSamples of [0, -1, 1.5, 65_537]) {
    refuses("RangeError", "conditionalSamples", ask({ estimator: "gumbel-rao", conditionalSamples }));
  }
  refuses("TypeError", "conditionalSamples", ask({ estimator: "gumbel-rao", conditionalSamples: "3" }));
  for (const estimator of OWN) {
    const y = gs.gumbelSoftmax([1, 2, 3], { estimator, tau: 0, seed: 1 });
    refuses("RangeError", "tau", () => y.backward([1, 0, 0]));
    refuses("RangeError", "tau", () => gs.gumbelSoftmaxBackward([1, 0, 0], [1, 2, 3], { estimator, tau: 0, seed: 1 }));
  }
});

test("a call of several slices, and of several draws, is its slabs one by one", () => {
  const [outer, classes, inner, draws] = [5, 40, 700, 2];
  const [slab, rows] = [classes * inner, outer * inner];
  const z = normals(outer * slab, 31, 2);
  const c = normals(draws * outer * slab, 32);
  const settings = [
    { estimator: "straight-through", unimix: 0.2 },
    { estimator: "reinmax", tau: 0.7 },
    { estimator: "gumbel-rao", conditionalSamples: 2, tau: 0.7 },
  ] as const;
  const seeds = BigUint64Array.from({ length: rows }, (_, r) => 1n << BigInt(r % 64));
  for (const own of [false, true]) {
    for (const options of settings) {
      const address = own ? { seeds, rowOffset: 7n } : { seed: 5n, rowOffset: 7n };
      const whole = gs.gumbelSoftmax(
        { data: z, shape: [outer, classes, inner] },
        { ...options, ...address, dim: 1, numSamples: draws },
      );
      const gradient = whole.backward({ data: c, shape: [draws, outer, classes, inner] }).data;
      for (let o = 0; o < outer; o++) {
        const sums = new Float64Array(slab);
        for (let d = 0; d < draws; d++) {
          const at = d * outer + o;
          const alone = own
            ? { seeds: seeds.slice(o * inner, (o + 1) * inner), rowOffset: 7n + BigInt(d) }
            : { seed: 5n, rowOffset: 7n + BigInt(at * inner) };
          const logits = { data: z.slice(o * slab, (o + 1) * slab), shape: [1, classes, inner] };
          const one = gs.gumbelSoftmax(logits, { ...options, ...alone, dim: 1 });
          assertBits(`sample ${at}`, whole.data.subarray(at * slab, (at + 1) * slab), one.data);
          const part = { data: c.slice(at * slab, (at + 1) * slab), shape: logits.shape };
          one.backward(part).data.forEach((value, e) => {
            sums[e]! += value;
          });
        }
        // The draws' gradients are summed before they are rounded; here each is rounded first.
        gradient.subarray(o * slab, (o + 1) * slab).forEach((value, e) => {
          assert.ok(Math.abs(value - sums[e]!) <= 1e-6 * (1 + Math.abs(sums[e]!)), `slab ${o}, element ${e}`);
        });
      }
    }
  }
});
