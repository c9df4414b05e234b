// Rows that cannot be sampled: refused by number with nothing written, or marked and passed over.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import { Categorical, OneHotCategorical } from "gumbel-softmax/distributions";
import { conditionalGumbel, sampleTokens, topK } from "gumbel-softmax/sampling";
import * as reference from "../reference.ts";
import { normals } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { assertBits, assertSame } from "../tolerance.ts";

const gs = loadSync();

test("a bad row is an error that names the first one", () => {
  for (const [name, spoil] of [
    ["NaN", (row: Float32Array) => row.fill(Number.NaN, 2, 3)],
    ["+Infinity", (row: Float32Array) => row.fill(Infinity, 1, 2)],
    ["all masked", (row: Float32Array) => row.fill(-Infinity)],
    ["+Infinity among masks", (row: Float32Array) => row.fill(-Infinity).fill(Infinity, 0, 1)],
    ["NaN among masks", (row: Float32Array) => row.fill(-Infinity).fill(Number.NaN, 3, 4)],
  ] as const) {
    for (const [first, second] of [
      [0, 1],
      [7, 9],
      [41, 42],
    ] as const) {
      const data = normals(43 * 5, 3);
      for (const row of [first, second]) spoil(data.subarray(row * 5, row * 5 + 5));
      const strided = data.map((_, i) => data[(i % 43) * 5 + Math.floor(i / 43)]!);
      for (const [logits, dim] of [
        [{ data, shape: [43, 5] }, 1],
        [{ data: strided, shape: [5, 43] }, 0],
      ] as const) {
        const c = { data: normals(43 * 5, 4), shape: [...logits.shape] };
        const named = new RegExp(`\\brow ${first}\\b`);
        for (const call of [
          () => gs.gumbelSoftmax(logits, { dim, seed: 1 }),
          () => gs.gumbelSoftmax(logits, { dim, seed: 1, hard: true }),
          () => gs.gumbelSoftmaxBackward(c, logits, { dim, seed: 1 }),
          () => gs.softmax(logits, { dim }),
          () => gs.logSoftmax(logits, { dim }),
          () => gs.softmaxBackward(c, logits, { dim }),
          () => gs.logSoftmaxBackward(c, logits, { dim }),
          () => gs.categorical(logits, { dim, seed: 1 }),
          () => gs.argmax(logits, { dim }),
        ]) {
          refuses("RangeError", "logits", call, named);
        }
        assert.ok(name);
      }
    }
  }
});

test("an error about a row carries its number, and the class where one is wrong", () => {
  const shape = [4, 3];
  const good = { data: normals(12, 3), shape };
  const spoiled = (at: number, ...values: number[]) => {
    const data = good.data.slice();
    data.set(values, at);
    return { data, shape };
  };
  const nan = spoiled(7, Number.NaN);
  const masked = spoiled(6, -Infinity, -Infinity, -Infinity);
  const carries = (call: () => unknown, row: number, wrong?: number): void => {
    assert.throws(call, (error: RangeError & { row?: number; class?: number }) => {
      assert.deepEqual(
        [error.name, error.row, "class" in error, error.class],
        ["RangeError", row, wrong !== undefined, wrong],
      );
      assert.match(error.message, new RegExp(`\\brow ${row}\\b`));
      return true;
    });
  };
  for (const [z, wrong] of [
    [nan, 1],
    [masked, undefined],
  ] as const) {
    carries(() => gs.gumbelSoftmax(z, { seed: 1 }), 2, wrong);
    carries(() => gs.softmaxBackward(good, z), 2, wrong);
    carries(() => gs.argmax(z), 2, wrong);
    carries(() => topK(gs, z, 1), 2, wrong);
    carries(() => sampleTokens(gs, z, { topK: 2 }), 2, wrong);
    carries(() => new Categorical(z), 2, wrong);
  }
  carries(() => gs.softmax(nan, { dim: 0 }), 1, 2);
  carries(() => gs.gumbelSoftmax(good, { seed: 1 }).backward(nan), 2, 1);
  carries(() => gs.softmaxBackward(nan, good, { dim: 0 }), 1, 2);
  carries(() => topK(gs, spoiled(6, -Infinity), 3), 2);
  carries(() => conditionalGumbel(gs, good, { index: [0, 1, 3, 0] }), 2);
  carries(() => conditionalGumbel(gs, good, { maximum: [0, 1, Infinity, 0] }), 2);
  carries(() => new OneHotCategorical(good).logProb(spoiled(0, 1, 0, 0, 0.5)), 1);
});

test('invalid: "mark" gives index -1 and zeros, the other rows as usual', () => {
  const data = normals(20 * 6, 5);
  const bad = [0, 3, 4, 19];
  data[2] = Number.NaN;
  data.fill(-Infinity, 18, 24);
  data[29] = Infinity;
  data[19 * 6] = Number.NaN;
  const clean = data.map((value, i) => (bad.includes(Math.floor(i / 6)) ? 0 : value));
  for (const strided of [false, true]) {
    const lay = (values: Float32Array): Float32Array => {
      return strided ? values.map((_, i) => values[(i % 20) * 6 + Math.floor(i / 20)]!) : values;
    };
    const [shape, dim] = strided ? [[6, 20], 0] : [[20, 6], 1];
    const [logits, usual] = [
      { data: lay(data), shape },
      { data: lay(clean), shape },
    ];
    const rowOf = (i: number): number => (strided ? i % 20 : Math.floor(i / 6));
    const marked = (values: Float32Array): Float32Array => values.map((v, i) => (bad.includes(rowOf(i)) ? 0 : v));
    const markedIndex = (values: Int32Array): Int32Array => values.map((v, row) => (bad.includes(row) ? -1 : v));
    const mark = { dim, invalid: "mark" } as const;
    for (const hard of [false, true]) {
      const [got, expected] = [logits, usual].map((z) => gs.gumbelSoftmax(z, { ...mark, hard, seed: 2 }));
      assertBits(`hard ${hard}`, got!.data, marked(expected!.data));
      assertSame("indices", got!.indices, markedIndex(expected!.indices));
    }
    assertBits("softmax", gs.softmax(logits, mark).data, marked(gs.softmax(usual, mark).data));
    const logs = gs.logSoftmax(usual, mark).data.map((value, i) => (bad.includes(rowOf(i)) ? -Infinity : value));
    assertBits("logSoftmax", gs.logSoftmax(logits, mark).data, logs);
    const c = { data: normals(120, 6), shape };
    const gradient = gs.logSoftmaxBackward(c, usual, { dim }).data;
    assertBits("its gradient", gs.logSoftmaxBackward(c, logits, mark).data, marked(gradient));
    assertBits("its gradient", gs.logSoftmax(logits, mark).backward(c).data, marked(gradient));
    assertSame("argmax", gs.argmax(logits, mark).data, markedIndex(gs.argmax(usual, mark).data));
    const drawn = gs.categorical(logits, { ...mark, seed: 2, scores: true });
    assertSame("categorical", drawn.data, markedIndex(gs.categorical(usual, { dim, seed: 2 }).data));
    const hot = gs.oneHot(drawn.data, 6).data;
    for (const row of bad) assert.ok(hot.subarray(row * 6, row * 6 + 6).every((value) => value === 0));
  }
});

test("nothing is written to out when a call throws, in inputs larger than a piece", () => {
  for (const [shape, dim] of [
    [[46_875, 64], 1],
    [[64, 46_875], 0],
    [[2, 40_000], 1],
    [[1, 200_001], 1],
    [[2, 700_001], 1],
    [[700_001, 2], 0],
  ] as const) {
    const sizes: number[] = [...shape];
    const l = reference.layout(shape, dim);
    const data = normals(l.rows * l.classes, 6);
    data[reference.position(l, l.rows - 1, l.classes - 5)] = Number.NaN;
    const named = new RegExp(`\\brow ${l.rows - 1}\\b`);
    const logits = { data, shape: sizes };
    const good = { data: normals(data.length, 7), shape: sizes };
    const [inside, badInside] = [gs.empty(sizes), gs.empty(sizes)];
    badInside.data.set(data);
    // Each call: bad logits or, last, a bad cotangent.
    const calls: [string, (z: typeof logits, out: typeof logits) => unknown][] = [
      ["logits", (z, out) => gs.gumbelSoftmax(z, { dim, seed: 1, out })],
      ["logits", (z, out) => gs.gumbelSoftmax(z, { dim, seed: 1, hard: true, out })],
      ["logits", (z, out) => gs.softmax(z, { dim, out })],
      ["logits", (z, out) => gs.logSoftmax(z, { dim, out })],
      ["logits", (z, out) => gs.gumbelSoftmaxBackward(good, z, { dim, seed: 1, out })],
      ["logits", (z, out) => gs.softmaxBackward(good, z, { dim, out })],
      ["logits", (z, out) => gs.logSoftmaxBackward(good, z, { dim, out })],
      ["cotangent", (z, out) => gs.gumbelSoftmaxBackward(z, good, { dim, seed: 1, out })],
      ["cotangent", (z, out) => gs.logSoftmaxBackward(z, good, { dim, out })],
    ];
    for (const [name, call] of calls) {
      for (const out of [{ data: new Float32Array(data.length), shape: sizes }, inside]) {
        out.data.fill(7);
        for (const z of [logits, badInside]) refuses("RangeError", name, () => call(z, out), named);
        assert.ok(
          out.data.every((value) => value === 7),
          `${call}, shape [${shape}]`,
        );
      }
      const own = { data: data.slice(), shape: sizes };
      for (const z of [own, badInside]) refuses("RangeError", name, () => call(z, z), named);
      assertBits(`in place, ${call}`, own.data, data);
      assertBits(`in place in the module, ${call}`, badInside.data, data);
    }
    for (const run of [
      (out: Int32Array) => gs.argmax(logits, { dim, out }),
      (out: Int32Array) => gs.categorical(logits, { dim, seed: 1, out }),
      (out: Int32Array) => gs.argmax(badInside, { dim, out }),
    ]) {
      const out = new Int32Array(l.rows).fill(7);
      refuses("RangeError", "logits", () => run(out), named);
      assert.ok(out.every((value) => value === 7));
    }
    inside.free();
    badInside.free();
  }
  const indices = new Int32Array(3_000_000);
  indices[indices.length - 1] = 2;
  const out = new Float32Array(6_000_000).fill(7);
  refuses("RangeError", "indices", () => gs.oneHot(indices, 2, { out }));
  assert.ok(out.every((value) => value === 7));
});

test('invalid: "mark" in rows longer than any piece', () => {
  for (const [shape, dim] of [
    [[3, 700_001], 1],
    [[700_001, 3], 0],
  ] as const) {
    const l = reference.layout(shape, dim);
    for (const where of [0, 350_000, 700_000]) {
      const data = normals(l.rows * l.classes, 8);
      const usual = { data: data.slice(), shape: [...shape] };
      data[reference.position(l, 1, where)] = Number.NaN;
      const logits = { data, shape: [...shape] };
      const c = { data: normals(data.length, 9), shape: [...shape] };
      const marked = (values: Float32Array): Float32Array => {
        const copy = values.slice();
        for (let k = 0; k < l.classes; k++) copy[reference.position(l, 1, k)] = 0;
        return copy;
      };
      const mark = { dim, seed: 2, invalid: "mark" } as const;
      for (const hard of [false, true]) {
        const [got, expected] = [
          gs.gumbelSoftmax(logits, { ...mark, hard }),
          gs.gumbelSoftmax(usual, { dim, seed: 2, hard }),
        ];
        assertBits(`hard ${hard}, shape [${shape}]`, got.data, marked(expected.data));
        assertSame("indices", got.indices, expected.indices.with(1, -1));
      }
      const gradient = gs.gumbelSoftmaxBackward(c, usual, { dim, seed: 2 });
      assertBits("gradient", gs.gumbelSoftmaxBackward(c, logits, mark).data, marked(gradient.data));
      const logs = gs.logSoftmax(logits, { dim, invalid: "mark" }).data;
      const usualLogs = gs.logSoftmax(usual, { dim }).data;
      for (let k = 0; k < l.classes; k++) usualLogs[reference.position(l, 1, k)] = -Infinity;
      assertBits("logSoftmax", logs, usualLogs);
      assertSame(
        "argmax",
        gs.argmax(logits, { dim, invalid: "mark" }).data,
        gs.argmax(usual, { dim }).data.with(1, -1),
      );
    }
  }
});

test('invalid: "mark" in logSoftmax: rows of -Infinity at every tau, in every layout, to `out` too; one class is 0', () => {
  for (const [shape, dim] of [
    [[5, 3], 1],
    [[3, 5], 0],
    [[5, 9], 1],
    [[70, 2], 0],
    [[3, 300], 1],
    [[2, 5000], 1],
    [[9, 4, 5], 1],
  ] as const) {
    const l = reference.layout(shape, dim);
    const data = normals(l.rows * l.classes, 11);
    const usual = { data: data.slice(), shape };
    const logits = { data, shape };
    for (let k = 0; k < l.classes; k++) data[reference.position(l, 1, k)] = -Infinity;
    for (const tau of [0, 1e-3, 1, 7]) {
      const wanted = gs.logSoftmax(usual, { dim, tau }).data;
      for (let k = 0; k < l.classes; k++) wanted[reference.position(l, 1, k)] = -Infinity;
      const out = new Float32Array(data.length);
      gs.logSoftmax(logits, { dim, tau, invalid: "mark", out });
      assertBits(`[${shape}], tau ${tau}`, out, wanted);
      const resident = gs.empty(shape);
      resident.data.set(data);
      assertBits("in place", gs.logSoftmax(resident, { dim, tau, invalid: "mark", out: resident }).data, wanted);
      resident.free();
    }
  }
  const alone = gs.logSoftmax([[1], [NaN], [-3]], { invalid: "mark" }).data;
  assert.deepEqual([...alone], [0, -Infinity, 0]);
});

test("perturbed logits that overflow f32 give an index in range and no NaN, or an error", () => {
  for (const noiseScale of [1e37, 1e38, 1e300]) {
    for (const z of [0, 3.4e38, -3.4e38]) {
      let y: ReturnType<typeof gs.gumbelSoftmax> | undefined;
      try {
        y = gs.gumbelSoftmax(new Float32Array(50).fill(z), { noiseScale, seed: 1 });
      } catch (error) {
        assert.match(String(error), /^RangeError: noiseScale: expected .+, got .+/);
      }
      if (!y) continue;
      assert.ok(
        y.data.every((value) => value >= 0 && value <= 1),
        `noiseScale ${noiseScale}, logits ${z}`,
      );
      assert.ok(y.indices[0]! >= 0 && y.indices[0]! < 50, `noiseScale ${noiseScale}, logits ${z}`);
    }
  }
});
