// A seed of its own for each row, and several draws of each row in one call.

import assert from "node:assert/strict";
import test from "node:test";
import { load, loadSync, type Sample } from "gumbel-softmax";
import { integers, normals, size } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { assertBits, assertSame } from "../tolerance.ts";

const gs = loadSync();
const ESTIMATORS = ["gumbel-softmax", "straight-through-gumbel", "straight-through", "reinmax", "gumbel-rao"] as const;

function seedsOf(count: number): BigUint64Array {
  return BigUint64Array.from({ length: count }, (_, r) => (BigInt(r * 7919 + 3) << 40n) + BigInt(r));
}

//  Elements of a result, as rows of their classes.
function rowsOf(data: Float32Array, shape: readonly number[], dim: number): Float32Array[] {
  const inner = size(shape.slice(dim + 1));
  const classes = shape[dim]!;
  return Array.from({ length: data.length / classes }, (_, r) =>
    Float32Array.from(
      { length: classes },
      (_, c) => data[Math.floor(r / inner) * classes * inner + c * inner + (r % inner)]!,
    ),
  );
}

for (const shape of [
  [5, 1],
  [7, 3],
  [300, 10],
  [3, 5, 4],
  [2, 1000, 3],
  [3, 70_001],
]) {
  for (const dim of shape.length === 3 ? [1, 2] : [0, 1]) {
    if (dim === 0 && shape[1]! > 5) continue;
    test(`with seeds, shape [${shape}] along ${dim}: every row as if it were alone`, () => {
      const logits = { data: normals(size(shape), 1), shape };
      const cotangent = { data: normals(size(shape), 2), shape };
      const rows = size(shape) / shape[dim]!;
      const seeds = seedsOf(rows);
      for (const estimator of ESTIMATORS) {
        const options = { dim, tau: 0.7, estimator, rowOffset: 5n } as const;
        const y = gs.gumbelSoftmax(logits, { ...options, seeds });
        assert.deepEqual(y.seeds, seeds);
        assert.equal(y.seed, undefined);
        const dz = y.backward(cotangent);
        assertBits("stateless", gs.gumbelSoftmaxBackward(cotangent, logits, { ...options, seeds }).data, dz.data);
        const [z, c, samples, gradients] = [logits.data, cotangent.data, y.data, dz.data].map((data) =>
          rowsOf(data, shape, dim),
        );
        for (let r = 0; r < rows; r += Math.max(1, Math.floor(rows / 7))) {
          const one = gs.gumbelSoftmax(z![r]!, { ...options, dim: 0, seed: seeds[r]! });
          assertBits(`${estimator}, row ${r}`, samples![r]!, one.data);
          assertBits(`${estimator}, gradient of row ${r}`, gradients![r]!, one.backward(c![r]!).data);
          assert.equal(y.indices[r], one.indices[0]);
        }
      }
      const index = gs.categorical(logits, { dim, seeds, rowOffset: 5n, scores: true });
      assertSame("categorical", index.indices, gs.gumbelSoftmax(logits, { dim, seeds, rowOffset: 5n }).indices);
      assert.equal(index.scores!.length, rows);
    });
  }
}

test("permuted and left out, rows with their seeds stay what they are", () => {
  const [rows, classes] = [200, 17];
  const data = normals(rows * classes, 4);
  const seeds = seedsOf(rows);
  const whole = gs.gumbelSoftmax({ data, shape: [rows, classes] }, { seeds, tau: 0.5 });
  const between = integers(9);
  const some = Array.from({ length: 120 }, () => between(0, rows - 1));
  const part = gs.gumbelSoftmax(
    {
      data: Float32Array.from(some.flatMap((r) => [...data.subarray(r * classes, (r + 1) * classes)])),
      shape: [120, classes],
    },
    { seeds: BigUint64Array.from(some, (r) => seeds[r]!), tau: 0.5 },
  );
  some.forEach((r, at) => {
    const expected = whole.data.subarray(r * classes, (r + 1) * classes);
    assertBits(`row ${r}`, part.data.subarray(at * classes, (at + 1) * classes), expected);
  });
});

for (const estimator of ESTIMATORS) {
  for (const [shape, dim] of [
    [[5], 0],
    [[3, 4], 1],
    [[3, 4], 0],
    [[2, 5, 3], 1],
    [[2, 400, 30], -2],
  ] as const) {
    test(`numSamples, ${estimator}, shape [${shape}] along ${dim}`, () => {
      const logits = { data: normals(size(shape), 1), shape };
      const rows = size(shape) / shape.at(dim)!;
      for (const n of [1, 3, 64]) {
        const tiledShape = [n, ...shape];
        const tiled = {
          data: Float32Array.from({ length: n * size(shape) }, (_, e) => logits.data[e % size(shape)]!),
          shape: tiledShape,
        };
        const options = { tau: 0.5, estimator } as const;
        const seed = { ...options, seed: 11, rowOffset: 2n ** 32n - 7n };
        const y = gs.gumbelSoftmax(logits, { ...seed, dim, numSamples: n });
        assert.deepEqual(y.shape, tiledShape);
        const along = dim < 0 ? dim : dim + 1;
        const expected = gs.gumbelSoftmax(tiled, { ...seed, dim: along });
        assertBits("samples", y.data, expected.data);
        assertSame("indices", y.indices, expected.indices);
        const c = { data: normals(n * size(shape), 3), shape: tiledShape };
        const each = expected.backward(c).data;
        const sum = Float32Array.from({ length: size(shape) }, (_, e) => {
          let total = 0;
          for (let k = 0; k < n; k++) total += each[k * size(shape) + e]!;
          return total;
        });
        const dz = y.backward(c);
        assert.deepEqual(dz.shape, shape);
        const close = Math.max(...dz.data.map((value, e) => Math.abs(value - sum[e]!)));
        assert.ok(close <= SUMMED * n, `${close}`);
        assertBits("stateless", gs.gumbelSoftmaxBackward(c, logits, { ...seed, dim, numSamples: n }).data, dz.data);
        const out = new Float32Array(size(shape));
        assertBits("to out", y.backward(c, { out }).data, dz.data);
        assertBits("out", out, dz.data);
        if (estimator.startsWith("straight-through-g") || estimator.startsWith("gumbel-s")) {
          const kept = gs.gumbelSoftmax(logits, { ...seed, dim, numSamples: n, keep: true });
          assertBits("kept", kept.backward(c).data, dz.data);
        }
        const seeds = seedsOf(rows);
        const own = gs.gumbelSoftmax(logits, { ...options, dim, seeds, numSamples: n, rowOffset: 9 });
        for (const k of [0, n - 1]) {
          const draw = gs.gumbelSoftmax(logits, { ...options, dim, seeds, rowOffset: 9 + k });
          assertBits(`draw ${k}`, own.data.subarray(k * size(shape), (k + 1) * size(shape)), draw.data);
          assertSame(`indices ${k}`, own.indices.subarray(k * rows, (k + 1) * rows), draw.indices);
        }
        const drawn = gs.categorical(logits, { dim, seeds, numSamples: n, rowOffset: 9, scores: true });
        assert.deepEqual(drawn.shape, [n, ...shape.filter((_, at) => at !== (dim < 0 ? dim + shape.length : dim))]);
        assertSame(
          "categorical",
          drawn.indices,
          gs.gumbelSoftmax(logits, { dim, seeds, numSamples: n, rowOffset: 9 }).indices,
        );
      }
    });
  }
}

/** What a gradient summed over draws may differ by for each, where terms below 10 are first rounded to f32 or not. */
const SUMMED = 1e-6;

test("many draws of a long row, and of many rows, take pieces", () => {
  for (const shape of [
    [1, 70_000],
    [40_000, 3],
    [3, 4],
  ]) {
    const logits = { data: normals(size(shape), 6), shape };
    const n = 9;
    const drawn = gs.categorical(logits, { seed: 3, numSamples: n, scores: true, rowOffset: 2n ** 33n - 5n });
    for (let k = 0; k < n; k++) {
      const rows = shape[0]!;
      const one = gs.categorical(logits, { seed: 3, rowOffset: 2n ** 33n - 5n + BigInt(k * rows), scores: true });
      assertSame(`draw ${k}`, drawn.indices.subarray(k * rows, (k + 1) * rows), one.indices);
      assertBits(`scores ${k}`, drawn.scores!.subarray(k * rows, (k + 1) * rows), one.scores!);
    }
    const out = new Int32Array(n * shape[0]!);
    assert.equal(gs.categorical(logits, { seed: 3, numSamples: n, rowOffset: 2n ** 33n - 5n, out }).indices, out);
    assertSame("to out", out, drawn.indices);
  }
});

test("threads change nothing", async () => {
  const threaded = await load({ threads: 3 });
  const shape = [400, 60];
  const logits = { data: normals(size(shape), 8), shape };
  const c = { data: normals(4 * size(shape), 9), shape: [4, ...shape] };
  for (const estimator of ESTIMATORS) {
    for (const source of [{ seed: 5 }, { seeds: seedsOf(400) }]) {
      const run = (own: typeof gs) => {
        const options = { estimator, numSamples: 4, tau: 0.6 } as const;
        const y =
          "seeds" in source
            ? own.gumbelSoftmax(logits, { ...options, ...(source as { seeds: BigUint64Array }) })
            : own.gumbelSoftmax(logits, { ...options, ...source });
        return [y.data, y.backward(c).data];
      };
      const [a, b] = [run(gs), run(threaded)];
      assertBits(`${estimator}, sample`, b[0]!, a[0]!);
      assertBits(`${estimator}, gradient`, b[1]!, a[1]!);
    }
  }
  threaded.close();
});

test("errors", () => {
  const logits = { data: normals(12, 1), shape: [3, 4] };
  const seeds = seedsOf(3);
  const sample = (options: object) => () => gs.gumbelSoftmax(logits, options);
  refuses("TypeError", "seeds", sample({ seeds, seed: 1 }));
  refuses("TypeError", "seeds", sample({ seeds: [1n, 2n, 3n] }));
  refuses("TypeError", "seeds", sample({ seeds: new BigInt64Array(3) }));
  refuses("RangeError", "seeds", sample({ seeds: seedsOf(4) }));
  refuses("RangeError", "seeds", sample({ seeds: seedsOf(9), numSamples: 3 }));
  refuses("RangeError", "numSamples", sample({ numSamples: 0 }));
  refuses("RangeError", "numSamples", sample({ numSamples: 1.5 }));
  refuses("TypeError", "numSamples", sample({ numSamples: "2" }));
  refuses("RangeError", "memory|logits|shape", sample({ numSamples: 2 ** 50 }));
  refuses("RangeError", "cotangent", () => gs.gumbelSoftmax(logits, { numSamples: 2 }).backward(logits));
  refuses("TypeError", "seeds|numSamples", () => gs.gumbel([3], { numSamples: 2 } as object));
  const bad = { data: logits.data.slice(), shape: [3, 4] };
  bad.data[9] = Number.NaN;
  for (const estimator of ESTIMATORS) {
    for (const source of [{ seed: 1 }, { seeds }, { seed: 1, numSamples: 2 }, { seeds, numSamples: 2 }]) {
      const n = "numSamples" in source ? 2 : 1;
      const out = new Float32Array(12 * n).fill(5);
      refuses("RangeError", "logits", () => gs.gumbelSoftmax(bad, { ...source, estimator, out } as object), /row 2/);
      const c = { data: normals(12 * n, 3), shape: "numSamples" in source ? [2, 3, 4] : [3, 4] };
      const dz = new Float32Array(12).fill(5);
      refuses(
        "RangeError",
        "logits",
        () => gs.gumbelSoftmaxBackward(c, bad, { ...source, estimator, out: dz } as never),
        /row 2/,
      );
      c.data[12 * n - 1] = Number.POSITIVE_INFINITY;
      refuses("RangeError", "cotangent", () =>
        gs.gumbelSoftmaxBackward(c, logits, { ...source, estimator, out: dz } as never),
      );
      assert.ok(
        [...out, ...dz].every((value) => value === 5),
        "nothing is written",
      );
      const marked = gs.gumbelSoftmax(bad, { ...source, estimator, invalid: "mark" } as never) as unknown as Sample;
      assert.equal(marked.indices[2], -1);
      assertSame("a row of zeros", marked.data.subarray(8, 12), [0, 0, 0, 0]);
      c.data[12 * n - 1] = 1;
      assertSame("its gradient", marked.backward(c).data.subarray(8, 12), [0, 0, 0, 0]);
    }
  }
  const out = new Int32Array(3).fill(7);
  refuses("RangeError", "logits", () => gs.categorical(bad, { seeds, out }), /row 2/);
  assertSame("indices", out, [7, 7, 7]);
});
