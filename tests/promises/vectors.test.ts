// Known answers: Philox words through gumbel(), and samples and gradients from PyTorch autograd for the same noise
// (tests/vectors/autograd.py makes the file and says how).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { loadSync } from "gumbel-softmax";
import * as reference from "../reference.ts";
import * as tolerance from "../tolerance.ts";

type JsonNumber = number | "-Infinity";
interface Case<Options> {
  shape: number[];
  options: Options;
  logits: JsonNumber[];
  cotangent: number[];
}
interface Address {
  seed: string;
  rowOffset: string;
  classOffset: number;
}
interface Vectors {
  noise: { shape: number[]; options: Address; words: string[] }[];
  samples: (Case<Address & { dim: number; tau: number; noiseScale: number }> & {
    largestNoise: number;
    largestPerturbed: number;
    indices: number[];
    soft: number[];
    gradient: number[];
  })[];
  softmaxes: (Case<{ dim: number; tau: number }> & {
    softmax: number[];
    softmaxGradient: number[];
    logSoftmax: JsonNumber[];
    logSoftmaxGradient: number[];
  })[];
}

const ULP = 2 ** -23; // of f32, relative: two values rounded to it move apart by one at most

/**
 * How far a correct library may be from the file, for one element of a sample and of its gradient. `move` is the
 * largest |dp| (noiseMove below), `largestC` and `largestY` are max |c| and max y of the row.
 *
 * A sample is a ratio of exponentials: moving each p by at most `move`, up or down, scales it by up to e^(2 move/tau):
 *     |dy| <= r y,  r = e^(2 move / tau) - 1
 * and the library's own error comes on top, with |p - max p| / tau = ln(max y / y), which moves by 2 move / tau <= r.
 * The gradient dz = y (c - <c, y>) / tau at y' = y + dy differs from that at y by
 *     ((y' - y) (c - <c, y'>) - y <c, y' - y>) / tau, at most (r y 2C + y r C) / tau = 3 r C y / tau, C = max |c|
 * and again the library's own error comes on top.
 */
function allowance(move: number, tau: number, y: number, largestY: number, largestC: number): [number, number] {
  const r = Math.expm1((2 * move) / tau);
  const own = y > 0 ? tolerance.SOFT * (1 + Math.log(largestY / y) + r) : 0;
  const sample = y * (r + (1 + r) * own) + tolerance.SOFT_ZERO;
  const gradient = ((tolerance.GRADIENT + 3 * r * y) * largestC) / tau + tolerance.SOFT_ZERO;
  return [sample, gradient];
}

/** The file's noise is f64 and the library's within the contract's bound of it; both round p to f32 after that. */
function noiseMove(noiseScale: number, largestNoise: number, largestPerturbed: number): number {
  return noiseScale * tolerance.NOISE * Math.max(1, largestNoise) + ULP * largestPerturbed;
}

const read = (name: string): string => readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8");
const vectors: Vectors = JSON.parse(read("autograd.json"));
const gs = loadSync();

test("philox: the all-zero known answer of the reference implementation, through gumbel()", () => {
  const line = read("philox4x32.txt")
    .split("\n")
    .find((text) => text.startsWith(`philox4x32 10 ${"00000000 ".repeat(6)}`));
  assert.ok(line);
  const words = line.trim().split(/\s+/).slice(-4);
  assert.deepEqual(words, vectors.noise[0]!.words);
  assertNoise(gs.gumbel([1, 4], { seed: 0, rowOffset: 0, classOffset: 0 }).data, words);
});

for (const { shape, options, words } of vectors.noise) {
  const { seed, rowOffset, classOffset } = options;
  test(`philox: seed ${seed}, row ${rowOffset}, class ${classOffset}, [${shape}]`, () => {
    const { data } = gs.gumbel(shape, { seed: BigInt(seed), rowOffset: BigInt(rowOffset), classOffset });
    assertNoise(data, words);
    if (BigInt(rowOffset) <= Number.MAX_SAFE_INTEGER) {
      const asNumber = gs.gumbel(shape, { seed: BigInt(seed), rowOffset: Number(rowOffset), classOffset });
      tolerance.assertBits("rowOffset as a number", asNumber.data, data);
    }
  });
}

vectors.samples.forEach((known, number) => {
  const { shape, indices } = known;
  const { dim, tau, noiseScale } = known.options;
  const options = { ...known.options, seed: BigInt(known.options.seed), rowOffset: BigInt(known.options.rowOffset) };
  const logits = { data: floats(known.logits), shape };
  const cotangent = { data: floats(known.cotangent), shape };
  const move = noiseMove(noiseScale, known.largestNoise, known.largestPerturbed);
  const [largestY, largestC] = [rowLargest(known.soft, shape, dim), rowLargest(known.cotangent, shape, dim)];
  const allowances = known.soft.map((y, i) => allowance(move, tau, y, largestY[i]!, largestC[i]!));
  const masked = (i: number): boolean => known.logits[i] === "-Infinity";
  const name = `autograd ${number}: [${shape}], dim ${dim}, tau ${tau}, noise ${noiseScale}`;

  test(`${name}: samples`, () => {
    const soft = gs.gumbelSoftmax(logits, options);
    assert.deepEqual(soft.shape, shape);
    assert.equal(soft.seed, options.seed);
    assert.deepEqual([...soft.indices], indices);
    tolerance.assertWithin("soft sample", soft.data, known.soft, (i) => (masked(i) ? 0 : allowances[i]![0]));

    const hard = gs.gumbelSoftmax(logits, { ...options, hard: true });
    assert.deepEqual([...hard.indices], indices);
    tolerance.assertSame("hard sample", hard.data, reference.oneHot(indices, shape, dim));

    const { tau: _, ...withoutTau } = options;
    assert.deepEqual([...gs.categorical(logits, withoutTau).data], indices);
  });

  test(`${name}: gradients`, () => {
    const gradient = gs.gumbelSoftmax(logits, options).backward(cotangent);
    assert.deepEqual(gradient.shape, shape);
    tolerance.assertWithin("gradient", gradient.data, known.gradient, (i) => (masked(i) ? 0 : allowances[i]![1]));

    const hard = { ...options, hard: true };
    const others = {
      "straight-through": gs.gumbelSoftmax(logits, hard).backward(cotangent),
      "from the seed": gs.gumbelSoftmaxBackward(cotangent, logits, options),
      "from the seed, straight-through": gs.gumbelSoftmaxBackward(cotangent, logits, hard),
    };
    for (const [way, other] of Object.entries(others)) {
      assert.deepEqual(other.shape, shape, way);
      tolerance.assertBits(way, other.data, gradient.data);
    }
  });
});

vectors.softmaxes.forEach((known, number) => {
  const { shape, options } = known;
  const { dim, tau } = options;
  const logits = { data: floats(known.logits), shape };
  const cotangent = { data: floats(known.cotangent), shape };
  const name = `autograd ${number}: [${shape}], dim ${dim}, tau ${tau}`;

  test(`${name}: softmax`, () => {
    const y = gs.softmax(logits, options);
    const dz = y.backward(cotangent);
    const largestY = rowLargest(known.softmax, shape, dim);
    assert.deepEqual(y.shape, shape);
    assert.deepEqual(dz.shape, shape);
    tolerance.assertWithin("softmax", y.data, known.softmax, (i) => {
      return allowance(0, tau, known.softmax[i]!, largestY[i]!, 0)[0];
    });
    tolerance.assertGradient("gradient", dz.data, known.softmaxGradient, cotangent.data, shape, dim, tau);
    tolerance.assertBits("backward", gs.softmaxBackward(cotangent, logits, options).data, dz.data);
  });

  test(`${name}: log-softmax`, () => {
    const y = gs.logSoftmax(logits, options);
    const dz = y.backward(cotangent);
    assert.deepEqual(y.shape, shape);
    assert.deepEqual(dz.shape, shape);
    tolerance.assertLogSoftmax("log-softmax", y.data, known.logSoftmax.map(Number));
    tolerance.assertLogGradient("gradient", dz.data, known.logSoftmaxGradient, cotangent.data, shape, dim, tau);
    tolerance.assertBits("backward", gs.logSoftmaxBackward(cotangent, logits, options).data, dz.data);
  });
});

function assertNoise(got: Float32Array, words: string[]): void {
  const exact = words.map((word) => reference.noise(Number.parseInt(word, 16)));
  tolerance.assertNoise("noise", got, exact);
}

/** For every element, the largest magnitude in its row. */
function rowLargest(values: number[], shape: number[], dim: number): Float64Array {
  return reference.mapRows(shape, dim, (row) => row.fill(Math.max(...row.map(Math.abs))), values);
}

function floats(values: JsonNumber[]): Float32Array {
  return Float32Array.from(values, Number);
}
