// Every forward operation against the reference: all row lengths and their remainders, all dims, temperatures, masks, extremes.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import * as reference from "../reference.ts";
import { normals, size, uniform } from "../support/random.ts";
import { assertBits, assertLogSoftmax, assertSame, assertSoft } from "../tolerance.ts";

const gs = loadSync();

const LENGTHS = [...Array.from({ length: 17 }, (_, i) => i + 1), 31, 33, 100, 1000, 128_256];
const TAUS = [1e-30, 1e-10, 1e-3, 0.1, 0.3, 0.5, 1, 2, 10, 1e3, 1e6];
const HOSTILE_TAUS = [0, 5e-324, 1e-300, 1e-45, 1e-39, 1e30, 1e38, 1e39, 1e300, Number.MAX_VALUE];
const MAX = 2 ** 128 - 2 ** 104;

interface Case {
  readonly data: Float32Array;
  readonly shape: readonly number[];
  readonly dim?: number;
  readonly tau?: number;
  readonly noiseScale?: number;
  readonly seed?: bigint;
}

/** Holds all forward operations against the reference, and against one another where they share a result. */
function check({ data, shape: sizes, dim = -1, tau = 1, noiseScale = 1, seed = 7n }: Case): void {
  const shape = [...sizes];
  const label = `shape [${shape}], dim ${dim}, tau ${tau}, noiseScale ${noiseScale}`;
  const logits = { data, shape };
  const options = { tau, dim, seed, noiseScale };
  const p = reference.perturb(data, gs.gumbel(shape, { dim, seed }).data, noiseScale);
  const index = reference.index(p, shape, dim);

  const soft = gs.gumbelSoftmax(logits, options);
  assert.deepEqual(soft.shape, shape);
  assertSame(`soft index, ${label}`, soft.indices, index);
  if (tau === 0) assertSame(`limit, ${label}`, soft.data, reference.hard(p, shape, dim));
  else assertSoft(`soft, ${label}`, soft.data, p, shape, dim, tau);

  const hard = gs.gumbelSoftmax(logits, { ...options, hard: true });
  assertSame(`hard index, ${label}`, hard.indices, index);
  assertBits(`hard, ${label}`, hard.data, Float32Array.from(reference.hard(p, shape, dim)));

  const without = shape.filter((_, axis) => axis !== (dim < 0 ? dim + shape.length : dim));
  const categorical = gs.categorical(logits, { dim, seed, noiseScale, scores: true });
  assert.deepEqual(categorical.shape, without);
  assert.equal(categorical.data, categorical.indices);
  assertSame(`categorical, ${label}`, categorical.data, index);
  assertSame(`scores, ${label}`, categorical.scores!, reference.scores(p, shape, dim));

  const winners = reference.index(data, shape, dim);
  const argmax = gs.argmax(logits, { dim });
  assert.deepEqual(argmax.shape, without);
  assertSame(`argmax, ${label}`, argmax.data, winners);
  const hot = gs.oneHot({ data: argmax.data, shape: without }, shape.at(dim)!, { dim });
  assert.deepEqual(hot.shape, shape);
  assertBits(`oneHot, ${label}`, hot.data, Float32Array.from(reference.oneHot(winners, shape, dim)));

  const softmax = gs.softmax(logits, { tau, dim }).data;
  if (tau === 0) assertBits(`softmax limit, ${label}`, softmax, hot.data);
  else assertSoft(`softmax, ${label}`, softmax, data, shape, dim, tau);
  if (tau !== 0) {
    const log = gs.logSoftmax(logits, { tau, dim }).data;
    assertLogSoftmax(`logSoftmax, ${label}`, log, reference.logSoftmax(data, shape, dim, tau));
  }
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
            [[2, n, 3], 1],
            [[3, n, 4], 1],
          ];
    for (const [shape, dim] of shapes) check({ data: normals(size(shape), i + 1, 3), shape, dim, tau: 0.7 });
  }
});

test("a row of more than a million classes, alone and among others", () => {
  const n = 1_100_003;
  const data = normals(n, 1, 3);
  check({ data, shape: [n], tau: 0.7 });
  check({ data: data.map((_, i) => data[(i * 2) % n]!), shape: [n, 1], dim: 0, tau: 2 });
  check({ data: normals(600_001 * 2, 2, 3), shape: [600_001, 2], dim: 0, tau: 1e-3 });
});

test("every inner size, so that every remainder of the strided kernels is met", () => {
  for (let inner = 1; inner <= 17; inner++) {
    for (const classes of [1, 2, 3, 5, 8, 33]) {
      const shape = [2, classes, inner];
      check({ data: normals(size(shape), inner * 100 + classes, 3), shape, dim: 1, tau: 0.5 });
    }
  }
});

test("every dim of ranks 1 to 6, from the front and from the back", () => {
  for (const shape of [
    [6],
    [5, 7],
    [4, 5, 6],
    [3, 4, 5, 6],
    [1, 1, 3, 1],
    [2, 1, 9, 5],
    [2, 3, 1, 5, 2],
    [2, 1, 3, 2, 2, 3],
  ]) {
    const data = normals(size(shape), shape.length, 2);
    for (let dim = -shape.length; dim < shape.length; dim++) check({ data, shape, dim, tau: 0.8 });
  }
});

test("every temperature", () => {
  for (const tau of [...TAUS, ...HOSTILE_TAUS]) {
    for (const [shape, dim] of [
      [[6, 11], 1],
      [[11, 6], 0],
      [[3, 100], 1],
    ] as const) {
      for (const scale of [1, 1e-3, 1e4]) check({ data: normals(size(shape), 5, scale), shape, dim, tau });
    }
  }
});

test("every noiseScale", () => {
  for (const noiseScale of [0, 1e-300, 0.5, 0.3, 2, 1e20]) {
    for (const tau of [0.5, 1e25]) {
      for (const [shape, dim] of [
        [[9, 13], 1],
        [[13, 9], 0],
      ] as const) {
        check({ data: normals(size(shape), 6, 3), shape, dim, tau, noiseScale });
      }
    }
  }
});

test("masks: random ones, a single open class at every place, at every temperature", () => {
  const next = uniform(99);
  for (const tau of [...TAUS, ...HOSTILE_TAUS]) {
    for (const n of [1, 2, 5, 8, 17, 33]) {
      const rows = n + 8;
      const data = normals(rows * n, n, 2).map((value, i) => {
        const [row, k] = [Math.floor(i / n), i % n];
        const open = row < n ? k === row : k === row % n || next() < 0.5;
        return open ? value : -Infinity;
      });
      const strided = data.map((_, i) => data[(i % rows) * n + Math.floor(i / rows)]!);
      check({ data, shape: [rows, n], tau });
      check({ data: strided, shape: [n, rows], dim: 0, tau });
    }
  }
});

test("logits at their extremes", () => {
  const rows = [
    [MAX, MAX, MAX, MAX, MAX],
    [-MAX, -MAX, -MAX, -MAX, -MAX],
    [MAX, -MAX, 0, MAX, -Infinity],
    [-MAX, -Infinity, -MAX, -Infinity, -Infinity],
    [1e-45, -1e-45, 1e-40, 0, -0],
    [0, 0, 0, 0, 0],
    [-0, 0, -0, 0, -0],
    [1e30, -1e30, 5, 1e30, 0],
    [88, -88, 104, -104, 0],
    [-1e20, -2e20, -3e20, -1e20, -Infinity],
    [MAX, MAX / 2, MAX / 4, -MAX / 2, 1],
  ];
  const data = Float32Array.from(rows.flat());
  const strided = data.map((_, i) => data[(i % rows.length) * 5 + Math.floor(i / rows.length)]!);
  for (const tau of [...TAUS, ...HOSTILE_TAUS]) {
    for (const noiseScale of [0, 0.5, 1, 1e20]) {
      check({ data, shape: [rows.length, 5], tau, noiseScale });
      check({ data: strided, shape: [5, rows.length], dim: 0, tau, noiseScale });
    }
  }
});

test("tau near 0 is one-hot, tau = 0 exactly so, a large tau is near uniform", () => {
  const shape = [200, 10];
  const logits = { data: normals(2000, 3, 2), shape };
  const hard = gs.gumbelSoftmax(logits, { hard: true, seed: 1n }).data;
  assertBits("tau = 0", gs.gumbelSoftmax(logits, { tau: 0, seed: 1n }).data, hard);
  assertBits("tau = 1e-30", gs.gumbelSoftmax(logits, { tau: 1e-30, seed: 1n }).data, hard);
  // Perturbed logits here differ by less than 40, so that no entry leaves 1/10 by more than 4e-5 of itself.
  for (const value of gs.gumbelSoftmax(logits, { tau: 1e6, seed: 1n }).data) assert.ok(Math.abs(value - 0.1) < 5e-6);
});
