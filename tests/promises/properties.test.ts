// What holds for every shape, dim, temperature, seed and mask: the reference's values, and one result however memory is passed.

import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { loadSync } from "gumbel-softmax";
import * as reference from "../reference.ts";
import { normals, size, uniform } from "../support/random.ts";
import { assertBits, assertGradient, assertNoise, assertSame, assertSoft } from "../tolerance.ts";

const gs = loadSync();

const RUNS = { seed: 20_261_122, numRuns: 300 };

interface Case {
  readonly shape: number[];
  readonly dim: number;
  readonly tau: number;
  readonly seed: bigint;
  readonly noiseScale: number;
  readonly rowOffset: bigint;
  readonly classOffset: number;
  readonly data: Float32Array;
  readonly cotangent: Float32Array;
}

/** One long axis of up to 40 among short ones, so that all of a rank's layouts are met at a bearable size. */
const shapes = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
    fc.nat(),
    fc.integer({ min: 1, max: 40 }),
  )
  .map(([shape, axis, length]) => shape.with(axis % shape.length, length));

const cases: fc.Arbitrary<Case> = fc
  .record({
    shape: shapes,
    axis: fc.nat(),
    fromBack: fc.boolean(),
    tau: fc.oneof(fc.constantFrom(1e-30, 1e-3, 0.5, 1, 1e6), fc.double({ min: 0.01, max: 100, noNaN: true })),
    seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    noiseScale: fc.constantFrom(0, 0.3, 1, 1, 2.5),
    rowOffset: fc.bigInt({ min: 0n, max: 2n ** 63n }),
    classOffset: fc.integer({ min: 0, max: 1_000_000 }),
    entropy: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    scale: fc.constantFrom(1e-3, 1, 4, 100),
    masked: fc.constantFrom(0, 0.2, 0.9),
  })
  .map(({ axis, fromBack, entropy, scale, masked, ...rest }) => {
    const dim = axis % rest.shape.length;
    const data = mask(normals(size(rest.shape), entropy, scale), rest.shape, dim, masked, entropy);
    const cotangent = normals(data.length, entropy + 1);
    return { ...rest, dim: fromBack ? dim - rest.shape.length : dim, data, cotangent };
  });

/** Masks about this part of the classes, and leaves each row one open. */
function mask(data: Float32Array, shape: number[], dim: number, part: number, entropy: number): Float32Array {
  const next = uniform(entropy);
  const row = (z: Float64Array): Float64Array => {
    const open = Math.floor(next() * z.length);
    return z.map((value, k) => (k === open || next() >= part ? value : -Infinity));
  };
  return Float32Array.from(reference.mapRows(shape, dim, row, data));
}

function optionsOf({ dim, tau, seed, noiseScale, rowOffset, classOffset }: Case) {
  return { dim, tau, seed, noiseScale, rowOffset, classOffset };
}

test("samples, indices and gradients are the reference's", () => {
  fc.assert(
    fc.property(cases, (given) => {
      const { shape, dim, tau, seed, noiseScale, rowOffset, classOffset, data, cotangent } = given;
      const address = { seed, rowOffset, classOffset };
      const g = gs.gumbel(shape, { dim, ...address }).data;
      assertNoise("noise", g, reference.gumbel(shape, dim, address));
      const p = reference.perturb(data, g, noiseScale);
      const y = gs.gumbelSoftmax({ data, shape }, optionsOf(given));
      assertSame("index", y.indices, reference.index(p, shape, dim));
      assertSoft("soft", y.data, p, shape, dim, tau);
      const exact = reference.backward(cotangent, p, shape, dim, tau);
      assertGradient("gradient", y.backward({ data: cotangent, shape }).data, exact, cotangent, shape, dim, tau);
      const hard = gs.gumbelSoftmax({ data, shape }, { ...optionsOf(given), hard: true });
      assertSame("hard", hard.data, reference.hard(p, shape, dim));
      assertBits("the same gradient", hard.backward({ data: cotangent, shape }).data, y.backward(cotangent).data);
    }),
    RUNS,
  );
});

test("every way to pass memory has the same bits", () => {
  fc.assert(
    fc.property(cases, fc.boolean(), (given, hard) => {
      const { shape, data } = given;
      const options = { ...optionsOf(given), hard };
      const expected = gs.gumbelSoftmax({ data, shape }, options);
      const check = (label: string, got: { data: Float32Array; indices: Int32Array; shape: number[] }): void => {
        assertBits(label, got.data, expected.data);
        assertSame(label, got.indices, expected.indices);
        assert.deepEqual(got.shape, shape, label);
      };
      check("dims", gs.gumbelSoftmax({ data, dims: shape }, options));
      check("f64", gs.gumbelSoftmax({ data: Float64Array.from(data), shape }, options));
      const array = new Float32Array(data.length);
      check("array out", gs.gumbelSoftmax({ data, shape }, { ...options, out: array }));
      const tensor = { data: new Float32Array(data.length), shape };
      assert.equal(gs.gumbelSoftmax({ data, shape }, { ...options, out: tensor }).data, tensor.data);
      assertBits("tensor out", tensor.data, expected.data);
      const own = data.slice();
      check("in place", gs.gumbelSoftmax({ data: own, shape }, { ...options, out: own }));
      assertBits("in place, the array", own, expected.data);

      const [inside, out] = [gs.empty(shape), gs.empty(shape)];
      inside.data.set(data);
      check("in the module", gs.gumbelSoftmax(inside, { ...options, out }));
      assertBits("in the module, out", out.data, expected.data);
      assertBits("in the module, logits", inside.data, data);
      check("from the module", gs.gumbelSoftmax(inside, options));
      check("into the module", gs.gumbelSoftmax({ data, shape }, { ...options, out }));
      check("in the module, in place", gs.gumbelSoftmax(inside, { ...options, out: inside }));
      assertBits("in the module, in place, the tensor", inside.data, expected.data);
      inside.free();
      out.free();
    }),
    RUNS,
  );
});

test("a softmax is a sample without noise, and its logarithm agrees with it", () => {
  fc.assert(
    fc.property(cases, ({ shape, dim, tau, data, cotangent, seed }) => {
      const logits = { data, shape };
      const plain = gs.softmax(logits, { dim, tau });
      assertBits("softmax", plain.data, gs.gumbelSoftmax(logits, { dim, tau, seed, noiseScale: 0 }).data);
      const still = gs.gumbelSoftmaxBackward({ data: cotangent, shape }, logits, { dim, tau, seed, noiseScale: 0 });
      assertBits("its gradient", plain.backward({ data: cotangent, shape }).data, still.data);
      const log = gs.logSoftmax(logits, { dim, tau });
      for (const [i, value] of log.data.entries()) {
        assert.ok(value <= 0);
        if (value > -80) assert.ok(Math.abs(Math.exp(value) / plain.data[i]! - 1) < 1e-4);
      }
    }),
    RUNS,
  );
});

test("a generator's state brings the same calls back", () => {
  fc.assert(
    fc.property(shapes, fc.integer({ min: 0, max: 20 }), (shape, steps) => {
      for (let i = 0; i < steps; i++) gs.generator.next();
      const { state } = gs.generator;
      const first = gs.gumbel(shape);
      gs.generator.state = state;
      const again = gs.gumbel(shape);
      assert.equal(again.seed, first.seed);
      assertBits("noise", again.data, first.data);
    }),
    { ...RUNS, numRuns: 50 },
  );
});
