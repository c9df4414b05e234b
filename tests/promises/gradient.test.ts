// Gradients against the f64 formula, and the formula against finite differences; soft and straight-through alike, bit for bit.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import * as reference from "../reference.ts";
import { normals, size } from "../support/random.ts";
import {
  assertBits,
  assertGradient,
  assertLogGradient,
  assertSame,
  assertWithin,
  GRADIENT,
  ROUNDING,
} from "../tolerance.ts";

const gs = loadSync();

const LENGTHS = [...Array.from({ length: 17 }, (_, i) => i + 1), 31, 33, 100, 1000, 128_256];
const TAUS = [1e-30, 1e-10, 1e-3, 0.1, 0.5, 1, 2, 10, 1e3, 1e6];

interface Case {
  readonly data: Float32Array;
  readonly cotangent: Float32Array;
  readonly shape: readonly number[];
  readonly dim?: number;
  readonly tau?: number;
  readonly noiseScale?: number;
}

/** Holds all gradients against the reference, and the ways to ask for one against each other. */
function check({ data, cotangent, shape: sizes, dim = -1, tau = 1, noiseScale = 1 }: Case): void {
  const shape = [...sizes];
  const label = `shape [${shape}], dim ${dim}, tau ${tau}, noiseScale ${noiseScale}`;
  const [logits, c] = [
    { data, shape },
    { data: cotangent, shape },
  ];
  const options = { tau, dim, seed: 11n, noiseScale };
  const p = reference.perturb(data, gs.gumbel(shape, { dim, seed: 11n }).data, noiseScale);

  const sample = gs.gumbelSoftmaxBackward(c, logits, options);
  assert.deepEqual(sample.shape, shape);
  const exact = reference.backward(cotangent, p, shape, dim, tau);
  assertGradient(`sample, ${label}`, sample.data, exact, cotangent, shape, dim, tau);
  for (const hard of [false, true]) {
    assertBits(`hard ${hard}, ${label}`, gs.gumbelSoftmaxBackward(c, logits, { ...options, hard }).data, sample.data);
    const y = gs.gumbelSoftmax(logits, { ...options, hard });
    assertBits(`y.backward, ${label}`, y.backward(c).data, sample.data);
    const kept = gs.gumbelSoftmax(logits, { ...options, hard, keep: true });
    assertBits(`kept, hard ${hard}, ${label}`, kept.data, y.data);
    assertBits(`kept, y.backward, ${label}`, kept.backward(c).data, sample.data);
  }

  const softmax = gs.softmaxBackward(c, logits, { tau, dim }).data;
  assertBits(`softmax, y.backward, ${label}`, gs.softmax(logits, { tau, dim }).backward(c).data, softmax);
  const exactSoftmax = reference.backward(cotangent, data, shape, dim, tau);
  assertGradient(`softmax, ${label}`, softmax, exactSoftmax, cotangent, shape, dim, tau);

  // A masked class has a constant logarithm, -Infinity; a cotangent there has no meaning, so these cases give it none.
  const openCotangent = cotangent.map((value, i) => (data[i] === -Infinity ? 0 : value));
  const open = { data: openCotangent, shape };
  const log = gs.logSoftmaxBackward(open, logits, { tau, dim }).data;
  assertBits(`logSoftmax, y.backward, ${label}`, gs.logSoftmax(logits, { tau, dim }).backward(open).data, log);
  const exactLog = reference.logSoftmaxBackward(openCotangent, data, shape, dim, tau);
  assertLogGradient(`logSoftmax, ${label}`, log, exactLog, openCotangent, shape, dim, tau);
}

test("every row length, contiguous and strided", () => {
  for (const [i, n] of LENGTHS.entries()) {
    const shapes: [number[], number][] =
      n > 1000
        ? [
            [[2, n], 1],
            [[n, 3], 0],
          ]
        : [
            [[5, n], 1],
            [[n, 7], 0],
            [[3, n, 4], 1],
          ];
    for (const [shape, dim] of shapes) {
      check({ data: normals(size(shape), i, 3), cotangent: normals(size(shape), i + 50), shape, dim, tau: 0.7 });
    }
  }
});

test("a row of more than a million classes, alone and among others", () => {
  const [data, cotangent] = [normals(1_200_002, 1, 3), normals(1_200_002, 2)];
  check({ data, cotangent, shape: [1_200_002], tau: 0.7 });
  check({ data, cotangent, shape: [600_001, 2], dim: 0, tau: 2 });
});

test("every dim of ranks 1 to 4, every inner remainder", () => {
  const shapes = [[6], [5, 7], [4, 5, 6], [3, 4, 5, 6], ...Array.from({ length: 9 }, (_, i) => [2, 5, i + 1])];
  for (const shape of shapes) {
    for (let dim = -shape.length; dim < shape.length; dim++) {
      check({ data: normals(size(shape), 3, 2), cotangent: normals(size(shape), 4), shape, dim, tau: 0.8 });
    }
  }
});

test("every temperature and noiseScale", () => {
  for (const tau of TAUS) {
    for (const noiseScale of [0, 0.3, 1, 1e20]) {
      for (const [shape, dim] of [
        [[6, 11], 1],
        [[11, 6], 0],
      ] as const) {
        check({ data: normals(66, 5), cotangent: normals(66, 6), shape, dim, tau, noiseScale });
      }
    }
  }
});

test("cotangents from 1e-40 to 3e38, mixed signs and all alike", () => {
  for (const tau of [1e-30, 1e-3, 0.5, 1, 1e3, 1e6]) {
    for (const scale of [1e-40, 1e-30, 1, 1e30, 3e38]) {
      for (const [name, sign] of [
        ["mixed", (i: number) => (i % 3 === 0 ? -1 : 1)],
        ["alike", () => 1],
        ["one", (i: number) => (i % 11 === 4 ? 1 : 0)],
      ] as const) {
        const cotangent = Float32Array.from({ length: 88 }, (_, i) => sign(i) * scale * (1 - (i % 7) / 10));
        assert.ok(
          cotangent.some((value) => value !== 0),
          name,
        );
        check({ data: normals(88, 7, 0.5), cotangent, shape: [8, 11], tau });
        check({ data: normals(88, 7, 0.5), cotangent, shape: [11, 8], dim: 0, tau });
      }
    }
  }
});

test("a masked class has the gradient 0 and takes no part", () => {
  for (const tau of TAUS) {
    for (const [shape, dim] of [
      [[9, 12], 1],
      [[12, 9], 0],
    ] as const) {
      const l = reference.layout(shape, dim);
      const data = normals(108, 8);
      for (let row = 0; row < l.rows; row++) {
        // Row 0 keeps one class, every further row one more.
        for (let k = row + 1; k < l.classes; k++)
          data[reference.position(l, row, (k * 5 + row) % l.classes)] = -Infinity;
      }
      const cotangent = normals(108, 9);
      check({ data, cotangent, shape, dim, tau });
      const { data: gradient } = gs.gumbelSoftmaxBackward(
        { data: cotangent, shape: [...shape] },
        { data, shape: [...shape] },
        { tau, dim, seed: 1n },
      );
      for (const [i, z] of data.entries()) if (z === -Infinity) assert.equal(Math.abs(gradient[i]!), 0);
    }
  }
});

test("the gradient is the slope: f64 central differences of the reference", () => {
  for (const [shape, dim] of [
    [[2, 3], 1],
    [[4], 0],
    [[3, 2, 4], 1],
    [[5, 2], 0],
  ] as const) {
    for (const tau of [0.3, 1, 3]) {
      const [data, c] = [normals(size(shape), 10), normals(size(shape), 11)];
      const p = reference.perturb(data, gs.gumbel([...shape], { dim, seed: 5n }).data);
      const slope = (f: (p: Float64Array) => Float64Array): Float64Array => {
        // A step of 1e-4 tau leaves h^2 f'''/6 <= 1e-8 max|c| / tau of truncation (sigmoid''' <= 1/8), rounding far less.
        const h = 1e-4 * tau;
        const loss = (i: number, delta: number): number => {
          const moved = Float64Array.from(p, (value, k) => (k === i ? value + delta : value));
          return f(moved).reduce((sum, y, k) => sum + c[k]! * y, 0);
        };
        return Float64Array.from(p, (_, i) => (loss(i, h) - loss(i, -h)) / (2 * h));
      };
      const largest = Math.max(...c.map(Math.abs));
      const near = (name: string, got: Float32Array, f: (p: Float64Array) => Float64Array, bound: number): void => {
        const allowed = ((bound + 1e-8) * largest) / tau;
        assertWithin(`${name}, shape [${shape}], dim ${dim}, tau ${tau}`, got, slope(f), () => allowed);
      };
      const cotangent = { data: c, shape: [...shape] };
      const options = { tau, dim, seed: 5n };
      const soft = (moved: Float64Array): Float64Array => reference.soft(moved, shape, dim, tau);
      const log = (moved: Float64Array): Float64Array => reference.logSoftmax(moved, shape, dim, tau);
      near("sample", gs.gumbelSoftmaxBackward(cotangent, { data, shape: [...shape] }, options).data, soft, GRADIENT);
      const perturbed = { data: p, shape: [...shape] };
      near("softmax", gs.softmaxBackward(cotangent, perturbed, { tau, dim }).data, soft, GRADIENT);
      // No entry is more than classes + 1 times the largest cotangent.
      const logBound = GRADIENT + ROUNDING * (1 + shape.at(dim)!);
      near("logSoftmax", gs.logSoftmaxBackward(cotangent, perturbed, { tau, dim }).data, log, logBound);
    }
  }
});

test("hard and soft propagate one gradient: PyTorch's own case, zeros of 10 x 10 and a cotangent of ones", () => {
  const logits = { data: new Float32Array(100), shape: [10, 10] };
  const ones = { data: new Float32Array(100).fill(1), shape: [10, 10] };
  const soft = gs.gumbelSoftmax(logits, { seed: 3n }).backward(ones).data;
  assertBits("hard", gs.gumbelSoftmax(logits, { seed: 3n, hard: true }).backward(ones).data, soft);
  for (const value of soft) assert.ok(Math.abs(value) <= GRADIENT);
});

test("cotangents of one sign do not lead the gradient of logSoftmax astray, however many classes", () => {
  for (const classes of [33, 1000, 100_000]) {
    const data = normals(classes, 31);
    data[5] = 2 + Math.log(classes);
    const cotangent = { data: new Float32Array(classes).fill(1), shape: [classes] };
    const dz = gs.logSoftmaxBackward(cotangent, data).data;
    const exact = reference.logSoftmaxBackward(cotangent.data, data, [classes], 0, 1);
    assertLogGradient(`${classes} classes`, dz, exact, cotangent.data, [classes], 0, 1);
  }
});

test("rowOffset and classOffset reach the gradient", () => {
  const data = normals(60, 12);
  const options = { seed: 4n, rowOffset: 2n ** 32n - 2n, classOffset: 7, tau: 0.5 };
  const p = reference.perturb(data, gs.gumbel([5, 12], { seed: 4n, rowOffset: 2n ** 32n - 2n, classOffset: 7 }).data);
  const c = normals(60, 13);
  const logits = { data, shape: [5, 12] };
  const { data: got } = gs.gumbelSoftmaxBackward({ data: c, shape: [5, 12] }, logits, options);
  assertGradient("offsets", got, reference.backward(c, p, [5, 12], -1, 0.5), c, [5, 12], -1, 0.5);
  assertBits("y.backward", gs.gumbelSoftmax(logits, options).backward({ data: c, shape: [5, 12] }).data, got);
});

test("y.backward uses the seed that the call took for itself", () => {
  const logits = { data: normals(50, 14), shape: [5, 10] };
  const c = { data: normals(50, 15), shape: [5, 10] };
  const y = gs.gumbelSoftmax(logits, { tau: 0.5 });
  assertBits("drawn seed", y.backward(c).data, gs.gumbelSoftmaxBackward(c, logits, { tau: 0.5, seed: y.seed }).data);
});

test("a gradient goes where out says", () => {
  const logits = { data: normals(50, 16), shape: [5, 10] };
  const c = { data: normals(50, 17), shape: [5, 10] };
  const y = gs.gumbelSoftmax(logits, { seed: 9n });
  const expected = y.backward(c).data;
  const out = new Float32Array(50);
  assert.equal(y.backward(c, { out }).data, out);
  assertBits("out", out, expected);
  const inPlace = { data: c.data.slice(), shape: c.shape };
  gs.gumbelSoftmaxBackward(inPlace, logits, { seed: 9n, out: inPlace.data });
  assertBits("over the cotangent", inPlace.data, expected);
});

test("after a call in place the logits are gone: backward is right or refuses, never silently wrong", () => {
  const shape = [5, 10];
  const c = { data: normals(50, 19), shape };
  const data = normals(50, 18);
  for (const hard of [false, true]) {
    const expected = gs.gumbelSoftmax({ data, shape }, { seed: 9n, hard }).backward(c).data;
    const inPlace = { data: data.slice(), shape };
    const y = gs.gumbelSoftmax(inPlace, { seed: 9n, hard, out: inPlace.data });
    let got: Float32Array | undefined;
    try {
      got = y.backward(c).data;
    } catch (error) {
      assert.match(String(error), /backward|logits|out|in place/);
    }
    if (got) assertGradient(`hard ${hard}`, got, Float64Array.from(expected), c.data, shape, -1, 1);
  }
});

test("a gradient at tau = 0 is a RangeError", () => {
  const logits = { data: normals(10, 20), shape: [2, 5] };
  const c = { data: normals(10, 21), shape: [2, 5] };
  const refused = { name: "RangeError", message: /tau: expected .+, got 0/ };
  assert.throws(() => gs.gumbelSoftmaxBackward(c, logits, { tau: 0, seed: 1n }), refused);
  assert.throws(() => gs.gumbelSoftmax(logits, { tau: 0, seed: 1n }).backward(c), refused);
  assert.throws(() => gs.softmaxBackward(c, logits, { tau: 0 }), refused);
  assert.throws(() => gs.softmax(logits, { tau: 0 }).backward(c), refused);
  assert.throws(() => gs.logSoftmaxBackward(c, logits, { tau: 0 }), refused);
});

test("a marked row has a gradient of zeros, the others theirs", () => {
  const data = normals(40, 22);
  data[13] = Number.NaN;
  data.fill(-Infinity, 20, 30);
  const [logits, c] = [
    { data, shape: [4, 10] },
    { data: normals(40, 23), shape: [4, 10] },
  ];
  const { data: got } = gs.gumbelSoftmaxBackward(c, logits, { seed: 2n, invalid: "mark" });
  assertSame("marked rows", [...got.subarray(10, 30)], new Float32Array(20));
  const valid = { data: data.map((value) => (Number.isFinite(value) ? value : 0)), shape: [4, 10] };
  const { data: expected } = gs.gumbelSoftmaxBackward(c, valid, { seed: 2n });
  assertBits("row 0", got.subarray(0, 10), expected.subarray(0, 10));
  assertBits("row 3", got.subarray(30), expected.subarray(30));
});
