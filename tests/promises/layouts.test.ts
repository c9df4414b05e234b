// One result for every layout: classes along any dim, and out at any address with nothing written around it.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import * as reference from "../reference.ts";
import { normals, size } from "../support/random.ts";
import { assertBits, assertSame } from "../tolerance.ts";

const gs = loadSync();

test("a dim gives, bit for bit, what the same rows give with their classes side by side", () => {
  for (const [shape, dims] of [
    [[33, 21], [0]],
    [
      [5, 12, 9],
      [0, 1],
    ],
    [
      [3, 4, 5, 6],
      [0, 1, 2],
    ],
    [[100, 130], [0]],
    [[49, 20], [0]],
  ] as const) {
    for (const dim of dims) {
      const l = reference.layout(shape, dim);
      const flat = normals(l.rows * l.classes, 17, 3).map((value, i) => (i % 11 === 3 ? -Infinity : value));
      const spread = (values: Float32Array): Float32Array => {
        const out = new Float32Array(values.length);
        for (const [i, value] of values.entries()) {
          out[reference.position(l, Math.floor(i / l.classes), i % l.classes)] = value;
        }
        return out;
      };
      const cotangent = normals(flat.length, 18);
      const here = { data: spread(flat), shape: [...shape] };
      const there = { data: flat, shape: [l.rows, l.classes] };
      const options = { tau: 0.6, seed: 3n, noiseScale: 0.7 };
      const along = { ...options, dim };
      const label = `shape [${shape}], dim ${dim}`;
      assertBits(`soft, ${label}`, gs.gumbelSoftmax(here, along).data, spread(gs.gumbelSoftmax(there, options).data));
      const [hardHere, hardThere] = [
        gs.gumbelSoftmax(here, { ...along, hard: true }),
        gs.gumbelSoftmax(there, { ...options, hard: true }),
      ];
      assertBits(`hard, ${label}`, hardHere.data, spread(hardThere.data));
      assertSame(`index, ${label}`, hardHere.indices, hardThere.indices);
      const [c, cFlat] = [
        { data: spread(cotangent), shape: [...shape] },
        { data: cotangent, shape: there.shape },
      ];
      assertBits(
        `backward, ${label}`,
        gs.gumbelSoftmaxBackward(c, here, along).data,
        spread(gs.gumbelSoftmaxBackward(cFlat, there, options).data),
      );
      for (const name of ["softmax", "logSoftmax"] as const) {
        const plain = gs[name](there, { tau: 0.6 });
        assertBits(`${name}, ${label}`, gs[name](here, { tau: 0.6, dim }).data, spread(plain.data));
        const gradient = gs[`${name}Backward`](c, here, { tau: 0.6, dim }).data;
        assertBits(
          `${name} backward, ${label}`,
          gradient,
          spread(gs[`${name}Backward`](cFlat, there, { tau: 0.6 }).data),
        );
      }
    }
  }
});

test("large inputs: the caller's arrays, tensors in the module and classes side by side all give the same bits", () => {
  for (const [shape, dim] of [
    [[70_001, 10], 1],
    [[10, 70_001], 0],
    [[3, 7, 30_011], 1],
    [[100_003, 3], 0],
    [[2, 600_001], 1],
    [[600_001, 2], 0],
    [[1_100_003], 0],
  ] as const) {
    const sizes: number[] = [...shape];
    const l = reference.layout(shape, dim);
    const flat = normals(size(shape), 41, 3).map((value, i) => (i % 13 === 5 && l.classes > 3 ? -Infinity : value));
    const flatCotangent = normals(flat.length, 42);
    const spread = (values: Float32Array): Float32Array => {
      const out = new Float32Array(values.length);
      for (let row = 0; row < l.rows; row++) {
        for (let k = 0; k < l.classes; k++) out[reference.position(l, row, k)] = values[row * l.classes + k]!;
      }
      return out;
    };
    const there = { data: flat, shape: [l.rows, l.classes] };
    const cThere = { data: flatCotangent, shape: there.shape };
    const here = { data: spread(flat), shape: sizes };
    const c = { data: spread(flatCotangent), shape: sizes };
    const [inside, cInside, out] = [gs.empty(sizes), gs.empty(sizes), gs.empty(sizes)];
    inside.data.set(here.data);
    cInside.data.set(c.data);
    const options = { tau: 0.6, seed: 3n };
    const noise = { dim, ...options };
    const plain = { dim, tau: 0.6 };
    const cases: [
      string,
      Float32Array,
      (z: typeof here, c: typeof here, out?: typeof here) => { data: Float32Array },
    ][] = [
      ["soft", gs.gumbelSoftmax(there, options).data, (z, _, out) => gs.gumbelSoftmax(z, { ...noise, out })],
      [
        "hard",
        gs.gumbelSoftmax(there, { ...options, hard: true }).data,
        (z, _, out) => gs.gumbelSoftmax(z, { ...noise, hard: true, out }),
      ],
      [
        "backward",
        gs.gumbelSoftmaxBackward(cThere, there, options).data,
        (z, c, out) => gs.gumbelSoftmaxBackward(c, z, { ...noise, out }),
      ],
      ["softmax", gs.softmax(there, { tau: 0.6 }).data, (z, _, out) => gs.softmax(z, { ...plain, out })],
      [
        "softmaxBackward",
        gs.softmaxBackward(cThere, there, { tau: 0.6 }).data,
        (z, c, out) => gs.softmaxBackward(c, z, { ...plain, out }),
      ],
      ["logSoftmax", gs.logSoftmax(there, { tau: 0.6 }).data, (z, _, out) => gs.logSoftmax(z, { ...plain, out })],
      [
        "logSoftmaxBackward",
        gs.logSoftmaxBackward(cThere, there, { tau: 0.6 }).data,
        (z, c, out) => gs.logSoftmaxBackward(c, z, { ...plain, out }),
      ],
      ["gumbel", gs.gumbel(there.shape, { seed: 3n }).data, (_, __, out) => gs.gumbel(sizes, { dim, seed: 3n, out })],
    ];
    for (const [name, sideBySide, run] of cases) {
      const expected = spread(sideBySide);
      const label = `${name}, shape [${shape}]`;
      assertBits(label, run(here, c).data, expected);
      assertBits(`${label}, in the module`, run(inside, cInside, out).data, expected);
      assertBits(`${label}, into the module`, run(here, c, out).data, expected);
      assertBits(
        `${label}, from the module`,
        run(inside, cInside, { data: new Float32Array(flat.length), shape: sizes }).data,
        expected,
      );
      const [own, cOwn] = [
        { data: here.data.slice(), shape: sizes },
        { data: c.data.slice(), shape: sizes },
      ];
      assertBits(`${label}, in place`, run(own, cOwn, own).data, expected);
      own.data.set(here.data);
      assertBits(`${label}, over the cotangent`, run(own, cOwn, cOwn).data, expected);
    }
    const { data: index } = gs.categorical(there, { seed: 3n });
    assertSame(`index, shape [${shape}]`, gs.categorical(here, { dim, seed: 3n }).data, index);
    assertSame(`index in the module, shape [${shape}]`, gs.categorical(inside, { dim, seed: 3n }).data, index);
    assertSame(`argmax, shape [${shape}]`, gs.argmax(inside, { dim }).data, gs.argmax(there).data);
    for (const tensor of [inside, cInside, out]) tensor.free();
  }
});

test("nothing is written outside out", () => {
  const sentinel = 12_345;
  for (const n of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 1000]) {
    for (const before of [0, 1, 2, 3, 5]) {
      for (const [shape, dim] of [
        [[3, n], 1],
        [[n, 3], 0],
        [[n], 0],
      ] as const) {
        const count = size(shape);
        const logits = { data: normals(count, n, 2), shape: [...shape] };
        const cotangent = { data: normals(count, n + 1), shape: [...shape] };
        const options = { tau: 0.5, dim, seed: 5n };
        const calls: [string, number, (out: Float32Array) => { data: Float32Array }, Float32Array][] = [
          [
            "soft",
            count,
            (out) => gs.gumbelSoftmax(logits, { ...options, out }),
            gs.gumbelSoftmax(logits, options).data,
          ],
          [
            "hard",
            count,
            (out) => gs.gumbelSoftmax(logits, { ...options, hard: true, out }),
            gs.gumbelSoftmax(logits, { ...options, hard: true }).data,
          ],
          [
            "backward",
            count,
            (out) => gs.gumbelSoftmaxBackward(cotangent, logits, { ...options, out }),
            gs.gumbelSoftmaxBackward(cotangent, logits, options).data,
          ],
          ["softmax", count, (out) => gs.softmax(logits, { dim, out }), gs.softmax(logits, { dim }).data],
          ["logSoftmax", count, (out) => gs.logSoftmax(logits, { dim, out }), gs.logSoftmax(logits, { dim }).data],
          [
            "gumbel",
            count,
            (out) => gs.gumbel([...shape], { dim, seed: 5n, out }),
            gs.gumbel([...shape], { dim, seed: 5n }).data,
          ],
        ];
        for (const [name, length, run, expected] of calls) {
          const around = new Float32Array(before + length + 4).fill(sentinel);
          const out = around.subarray(before, before + length);
          assert.equal(run(out).data, out, `${name} returns out`);
          const label = `${name}, shape [${shape}], ${before} before`;
          assertBits(label, out, expected);
          assertSame(`sentinels, ${label}`, around.subarray(0, before), new Float32Array(before).fill(sentinel));
          assertSame(`sentinels, ${label}`, around.subarray(before + length), new Float32Array(4).fill(sentinel));
        }
        const rows = count / n;
        for (const run of [
          (out: Int32Array) => gs.argmax(logits, { dim, out }),
          (out: Int32Array) => gs.categorical(logits, { dim, seed: 5n, out }),
        ]) {
          const around = new Int32Array(before + rows + 4).fill(sentinel);
          run(around.subarray(before, before + rows));
          const outside = [...around.subarray(0, before), ...around.subarray(before + rows)];
          assert.ok(outside.every((value) => value === sentinel));
          assert.ok(around.subarray(before, before + rows).every((value) => value >= 0 && value < n));
        }
      }
    }
  }
});
