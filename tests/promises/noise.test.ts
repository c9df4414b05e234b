// The noise stream: Philox by address, the map to Gumbel noise, slices, and the law of what comes out.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import * as reference from "../reference.ts";
import { cuts, integers, size } from "../support/random.ts";
import { FAILURE, kolmogorovDistance, kolmogorovTail, normalTails } from "../support/statistics.ts";
import { assertBits, assertNoise } from "../tolerance.ts";

const gs = loadSync();

const LAST_SEED = 2n ** 64n - 1n;

test("the reference's Philox has the published answers", () => {
  const ones = 0xffff_ffff;
  const pi: reference.Words = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
  const answers: [number, reference.Words, readonly [number, number], number[]][] = [
    [7, [0, 0, 0, 0], [0, 0], [0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48]],
    [7, [ones, ones, ones, ones], [ones, ones], [0x5207ddc2, 0x45165e59, 0x4d8ee751, 0x8c52f662]],
    [7, pi, [0xa4093822, 0x299f31d0], [0x4dfccaba, 0x190a87f0, 0xc47362ba, 0xb6b5242a]],
    [10, [0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [10, [ones, ones, ones, ones], [ones, ones], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    [10, pi, [0xa4093822, 0x299f31d0], [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]],
  ];
  for (const [rounds, counter, key, expected] of answers) {
    assert.deepEqual(reference.philox4x32(counter, key, rounds), expected);
  }
});

test("seed 0, row 0, classes 0 to 3 are the published words of counter 0 and key 0", () => {
  const words = [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8];
  assertNoise("known answers", gs.gumbel([4], { seed: 0 }).data, words.map(reference.noise));
});

test("noise is the contract's, at every kind of address", () => {
  const cases: {
    shape: number[];
    dim?: number;
    seed: bigint;
    rowOffset?: bigint;
    classOffset?: number;
    stream?: number;
  }[] = [
    { shape: [1], seed: 0n },
    { shape: [3, 17], seed: 44n },
    { shape: [40, 7], seed: LAST_SEED },
    { shape: [7, 40], dim: 0, seed: 2n ** 63n + 5n },
    { shape: [5, 6, 7], dim: 1, seed: 2n ** 32n },
    { shape: [2, 3, 4, 5], dim: -3, seed: 2n ** 32n - 1n },
    { shape: [2, 3, 4, 5], dim: 3, seed: 9n, rowOffset: 1n, classOffset: 1 },
    { shape: [30, 9], seed: 1n, rowOffset: 2n ** 32n - 15n },
    { shape: [9, 30], dim: 0, seed: 1n, rowOffset: 2n ** 32n - 15n },
    { shape: [6, 11, 5], dim: 1, seed: 1n, rowOffset: 2n ** 32n - 14n, classOffset: 6 },
    { shape: [30, 9], seed: 2n, rowOffset: 2n ** 40n + 3n },
    { shape: [30, 9], seed: 2n, rowOffset: 2n ** 64n - 30n },
    { shape: [8, 10], seed: 3n, classOffset: 2 },
    { shape: [8, 10], seed: 3n, classOffset: 3 },
    { shape: [10, 8], dim: 0, seed: 3n, classOffset: 3 },
    { shape: [3, 10], seed: 3n, classOffset: 2 ** 31 - 5 },
    { shape: [10, 3], dim: 0, seed: 3n, classOffset: 2 ** 32 - 5 },
    { shape: [3, 10], seed: 3n, classOffset: 2 ** 33 - 5 },
    { shape: [3, 10], seed: 3n, classOffset: 2 ** 34 - 10 },
    { shape: [2, 100_003], seed: 4n, classOffset: 1 },
    { shape: [7, 33], seed: 3n, stream: 4, rowOffset: 2n ** 32n - 3n },
    { shape: [7, 33, 5], dim: 1, seed: 3n, stream: 2 ** 32 - 1 },
    { shape: [3, 100_003], seed: 4n, stream: 2 ** 31 },
    { shape: [1001, 100], dim: 0, seed: 5n, rowOffset: 77n, classOffset: 13 },
  ];
  const between = integers(2024);
  for (let i = 0; i < 60; i++) {
    const shape = Array.from({ length: between(1, 4) }, () => between(1, 9));
    const seed = BigInt(between(0, 2 ** 32 - 1)) * 2n ** 32n + BigInt(between(0, 2 ** 32 - 1));
    const rowOffset = BigInt(between(0, 2 ** 31)) * BigInt(between(0, 2 ** 32));
    cases.push({ shape, dim: between(0, shape.length - 1), seed, rowOffset, classOffset: between(0, 100_000) });
  }
  for (const { shape, dim = -1, ...address } of cases) {
    const result = gs.gumbel(shape, { dim, ...address });
    assert.equal(result.seed, address.seed);
    assert.deepEqual(result.shape, shape);
    const label = `shape [${shape}], dim ${dim}, seed ${address.seed}, rows from ${address.rowOffset}`;
    assertNoise(label, result.data, reference.gumbel(shape, dim, address));
  }
});

test("every layout of the same rows and classes has the same bits", () => {
  const [rows, classes, address] = [24, 19, { seed: 6n, rowOffset: 2n ** 32n - 3n, classOffset: 5 }];
  const plain = gs.gumbel([rows, classes], address).data;
  const layouts: [number[], number][] = [
    [[classes, rows], 0],
    [[4, classes, 6], 1],
    [[2, 3, classes, 4], 2],
    [[2, classes, 3, 4], 1],
    [[24, classes, 1], -2],
    [[1, rows, classes], -1],
  ];
  for (const [shape, dim] of layouts) {
    const { data } = gs.gumbel(shape, { dim, ...address });
    const l = reference.layout(shape, dim);
    const back = Float32Array.from(plain, (_, i) => {
      return data[reference.position(l, Math.floor(i / classes), i % classes)]!;
    });
    assertBits(`shape [${shape}]`, back, plain);
  }
});

test("loc + scale * g, rounded once", () => {
  const g = gs.gumbel([50, 33], { seed: 8n }).data;
  for (const [loc, scale] of [
    [0, 1],
    [2, 1],
    [0, 3],
    [-1.1, 0.3],
    [1e6, 1e-3],
    [0.1, 0],
  ] as const) {
    const expected = g.map((value) => loc + scale * value);
    assertBits(`loc ${loc}, scale ${scale}`, gs.gumbel([50, 33], { seed: 8n, loc, scale }).data, expected);
  }
});

test("random cuts by rowOffset and classOffset reproduce the whole, bit for bit", () => {
  for (const [rows, classes, seed] of [
    [40, 37, 1],
    [7, 1000, 2],
    [1000, 5, 3],
    [64, 64, 4],
    [33, 4, 5],
  ] as const) {
    const start = { row: 2n ** 32n - BigInt(rows >> 1), class: 4 * seed + seed };
    const address = { seed: BigInt(seed), rowOffset: start.row, classOffset: start.class };
    const whole = gs.gumbel([rows, classes], address).data;
    const joined = new Float32Array(whole.length);
    for (const [top, bottom] of cuts(rows, 6, seed)) {
      for (const [left, right] of cuts(classes, 5, seed + top)) {
        const width = right - left;
        const rowOffset = start.row + BigInt(top);
        const along = { seed: address.seed, rowOffset, classOffset: start.class + left };
        // Every second piece with its classes strided: both kernels have to agree with the whole.
        const strided = (top + left) % 2 === 1;
        const shape = strided ? [width, bottom - top] : [bottom - top, width];
        const piece = gs.gumbel(shape, { ...along, dim: strided ? 0 : 1 }).data;
        for (let r = 0; r < bottom - top; r++) {
          for (let k = 0; k < width; k++) {
            const from = strided ? k * (bottom - top) + r : r * width + k;
            joined[(top + r) * classes + left + k] = piece[from]!;
          }
        }
      }
    }
    assertBits(`${rows} x ${classes}`, joined, whole);
  }
});

test("a different seed, row or class gives different noise", () => {
  const base = gs.gumbel([1000], { seed: 1n }).data;
  for (const address of [
    { seed: 2n },
    { seed: 2n ** 32n + 1n },
    { seed: 1n, rowOffset: 1n },
    { seed: 1n, rowOffset: 2n ** 32n },
  ]) {
    const other = gs.gumbel([1000], address).data;
    // Two random words lead to one f32 about once in 2^23.
    const equal = base.filter((value, i) => value === other[i]).length;
    assert.ok(equal <= 2, `${equal} of 1000 equal for ${JSON.stringify(address, (_, v) => String(v))}`);
  }
});

test("a million draws follow Gumbel(0, 1): distribution, mean and variance", () => {
  for (const shape of [
    [1000, 1000],
    [100_000, 10],
    [1, 1_000_000],
  ]) {
    const n = size(shape);
    const draws = gs.gumbel(shape, { seed: 31n }).data;
    const distance = kolmogorovDistance(draws, (x) => Math.exp(-Math.exp(-x)));
    assert.ok(kolmogorovTail(distance, n) > FAILURE, `distance ${distance} for [${shape}]`);

    const mean = draws.reduce((sum, value) => sum + value, 0) / n;
    const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
    const exact = { mean: 0.5772156649015329, variance: Math.PI ** 2 / 6, kurtosis: 5.4 };
    const zMean = (mean - exact.mean) / Math.sqrt(exact.variance / n);
    const zVariance = (variance / exact.variance - 1) / Math.sqrt((exact.kurtosis - 1) / n);
    assert.ok(normalTails(zMean) > FAILURE, `mean ${mean} for [${shape}]`);
    assert.ok(normalTails(zVariance) > FAILURE, `variance ${variance} for [${shape}]`);
  }
});

test("neighbours are independent: along classes, along rows and across seeds", () => {
  const [rows, classes] = [1000, 1000];
  const here = gs.gumbel([rows, classes], { seed: 12n }).data;
  const there = gs.gumbel([rows, classes], { seed: 13n }).data;
  const shifted = (step: number): Float32Array => here.subarray(step);
  for (const [name, other] of [
    ["next class", shifted(1)],
    ["fourth class on", shifted(4)],
    ["next row", shifted(classes)],
    ["next seed", there],
  ] as const) {
    const n = other.length;
    let covariance = 0;
    for (let i = 0; i < n; i++) covariance += (here[i]! - 0.5772156649015329) * (other[i]! - 0.5772156649015329);
    const z = covariance / (Math.PI ** 2 / 6) / Math.sqrt(n);
    assert.ok(normalTails(z) > FAILURE, `${name}: z = ${z}`);
  }
});
