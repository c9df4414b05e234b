// The index: the lowest class on a tie, one for every temperature, and merged from slices of classes.

import test from "node:test";
import { loadSync } from "gumbel-softmax";
import * as reference from "../reference.ts";
import { cuts, integers, normals } from "../support/random.ts";
import { assertBits, assertSame } from "../tolerance.ts";

const gs = loadSync();

const TAUS = [0, 5e-324, 1e-30, 1e-3, 0.1, 0.5, 1, 2, 10, 1e3, 1e6, 1e39, Number.MAX_VALUE];

test("the lowest class wins a tie, wherever the tied classes lie", () => {
  for (const n of [2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 100]) {
    const pairs: number[][] = [];
    for (let a = 0; a < n; a++) for (let b = a + 1; b < n; b += Math.ceil(n / 9)) pairs.push([a, b]);
    const data = new Float32Array(pairs.length * n).fill(-1);
    for (const [row, tied] of pairs.entries()) for (const k of tied) data[row * n + k] = 1;
    const rows = pairs.length;
    const strided = data.map((_, i) => data[(i % rows) * n + Math.floor(i / rows)]!);
    const first = pairs.map(([a]) => a!);
    for (const [logits, dim] of [
      [{ data, shape: [rows, n] }, 1],
      [{ data: strided, shape: [n, rows] }, 0],
    ] as const) {
      assertSame(`argmax, n = ${n}`, gs.argmax(logits, { dim }).data, first);
      assertSame(`categorical, n = ${n}`, gs.categorical(logits, { dim, seed: 1, noiseScale: 0 }).data, first);
      const hard = gs.gumbelSoftmax(logits, { dim, seed: 1, noiseScale: 0, hard: true });
      assertSame(`hard, n = ${n}`, hard.indices, first);
      assertBits(`one one a row, n = ${n}`, hard.data, Float32Array.from(reference.oneHot(first, logits.shape, dim)));
    }
  }
});

test("the index does not depend on tau, nor on soft or hard", () => {
  const logits = { data: normals(999 * 7, 4, 2), shape: [999, 7] };
  const { data: expected } = gs.categorical(logits, { seed: 21n });
  for (const tau of TAUS) {
    for (const hard of [false, true]) {
      assertSame(`tau ${tau}`, gs.gumbelSoftmax(logits, { tau, hard, seed: 21n }).indices, expected);
    }
  }
});

test("slices of classes merge by largest score, then lowest class; slices of rows line up", () => {
  const between = integers(71);
  for (let round = 0; round < 30; round++) {
    const [rows, classes] = [between(1, 20), between(1, 200)];
    const address = {
      seed: BigInt(round),
      rowOffset: BigInt(between(0, 1000)) * 2n ** 30n,
      classOffset: between(0, 50),
    };
    // Half of the rounds round their logits to huge steps, so that perturbed logits tie and the lowest class decides.
    const scale = round % 2 === 0 ? 2 : 1e9;
    const data = normals(rows * classes, round, scale).map((value) =>
      scale > 2 ? Math.round(value / 1e9) * 1e9 : value,
    );
    const whole = gs.categorical({ data, shape: [rows, classes] }, { ...address, scores: true });
    const best = Array.from({ length: rows }, () => ({ index: -1, score: -Infinity }));
    for (const [left, right] of cuts(classes, 4, round)) {
      const width = right - left;
      const part = Float32Array.from(
        { length: rows * width },
        (_, i) => data[Math.floor(i / width) * classes + left + (i % width)]!,
      );
      for (const [top, bottom] of cuts(rows, 3, round + left)) {
        const piece = gs.categorical(
          { data: part.subarray(top * width, bottom * width), shape: [bottom - top, width] },
          {
            seed: address.seed,
            rowOffset: address.rowOffset + BigInt(top),
            classOffset: address.classOffset + left,
            scores: true,
          },
        );
        for (const [i, score] of piece.scores!.entries()) {
          if (score > best[top + i]!.score) best[top + i] = { index: left + piece.data[i]!, score };
        }
      }
    }
    assertSame(
      `round ${round}, index`,
      best.map((b) => b.index),
      whole.data,
    );
    assertSame(
      `round ${round}, score`,
      best.map((b) => b.score),
      whole.scores!,
    );
  }
});

test("a row of more classes than the kernels know the chunks of", () => {
  const [classes, slice] = [2 ** 23 + 5000, 2 ** 20];
  const z = gs.empty([1, classes]);
  for (const [seed, classOffset] of [
    [5, 0],
    [6, 3],
    [7, 2 ** 32],
  ] as const) {
    // Once flat, once with a class behind the last whole chunk that nearly always wins.
    z.data[classes - 7] = seed === 6 ? 40 : 0;
    const whole = gs.categorical(z, { seed, classOffset, scores: true });
    let [best, winner] = [Number.NEGATIVE_INFINITY, -1];
    for (let c = 0; c < classes; c += slice) {
      const part = gs.categorical(z.data.subarray(c, c + slice), { seed, classOffset: classOffset + c, scores: true });
      if (part.scores![0]! > best) [best, winner] = [part.scores![0]!, c + part.indices[0]!];
    }
    assertSame(`seed ${seed}`, whole.indices, [winner]);
    assertSame(`seed ${seed}, score`, whole.scores!, [best]);
  }
  z.free();
});
