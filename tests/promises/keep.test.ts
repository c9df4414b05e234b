// Samples that keep their soft form for backward: where it goes, what it needs no more, and what is refused.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import { normals } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { assertBits } from "../tolerance.ts";

const gs = loadSync();
const SHAPE = [6, 21];
const COUNT = 6 * 21;
const OPTIONS = { tau: 0.6, seed: 3n };

const logits = () => ({ data: normals(COUNT, 5), shape: SHAPE });
const cotangent = { data: normals(COUNT, 6), shape: SHAPE };

for (const hard of [false, true]) {
  const expected = gs.gumbelSoftmax(logits(), { ...OPTIONS, hard });
  const soft = gs.gumbelSoftmax(logits(), OPTIONS).data;
  const gradient = expected.backward(cotangent).data;

  test(`in an array of the caller's, hard ${hard}`, () => {
    const keep = new Float32Array(COUNT);
    const y = gs.gumbelSoftmax(logits(), { ...OPTIONS, hard, keep });
    assertBits("sample", y.data, expected.data);
    assert.deepEqual(y.indices, expected.indices);
    assertBits("soft", keep, soft);
    y.data.fill(7);
    assertBits("gradient", y.backward(cotangent).data, gradient);
  });

  test(`without the logits, which the sample may be written over, hard ${hard}`, () => {
    const z = logits();
    const y = gs.gumbelSoftmax(z, { ...OPTIONS, hard, keep: true, out: z.data });
    assert.equal(y.data, z.data);
    assertBits("sample", y.data, expected.data);
    assertBits("gradient", y.backward(cotangent).data, gradient);
    const changed = logits();
    const again = gs.gumbelSoftmax(changed, { ...OPTIONS, hard, keep: true });
    changed.data.fill(0);
    assertBits("gradient after a change", again.backward(cotangent).data, gradient);
  });

  test(`in the module's memory, which grows in between, hard ${hard}`, () => {
    const own = loadSync();
    const [z, out, keep, dz] = [own.empty(SHAPE), own.empty(SHAPE), own.empty(SHAPE), own.empty(SHAPE)];
    z.data.set(logits().data);
    const y = own.gumbelSoftmax(z, { ...OPTIONS, hard, out, keep });
    own.empty([1 << 22]);
    assertBits("sample", y.data, expected.data);
    assertBits("soft", keep.data, soft);
    assertBits("gradient", y.backward(cotangent, { out: dz }).data, gradient);
    const long = { data: normals(600_000, 7), shape: [1, 600_000] };
    const c = { data: normals(600_000, 8), shape: [1, 600_000] };
    const plain = own.gumbelSoftmax(long, { ...OPTIONS, hard });
    const kept = own.gumbelSoftmax(long, { ...OPTIONS, hard, keep: true });
    assertBits("long sample", kept.data, plain.data);
    assertBits("long gradient", kept.backward(c).data, plain.backward(c).data);
  });
}

test("marked rows give zeros", () => {
  const z = logits();
  z.data.fill(Number.NEGATIVE_INFINITY, 21, 42);
  const options = { ...OPTIONS, hard: true, invalid: "mark" } as const;
  const kept = gs.gumbelSoftmax(z, { ...options, keep: true });
  assert.equal(kept.indices[1], -1);
  const plain = gs.gumbelSoftmax(z, options);
  assertBits("sample", kept.data, plain.data);
  assertBits("gradient", kept.backward(cotangent).data, plain.backward(cotangent).data);
});

test("a call that throws writes neither out nor keep", () => {
  const z = logits();
  z.data[100] = Number.NaN;
  const [out, keep] = [new Float32Array(COUNT).fill(5), new Float32Array(COUNT).fill(6)];
  refuses("RangeError", "logits", () => gs.gumbelSoftmax(z, { ...OPTIONS, hard: true, out, keep }));
  assert.ok(out.every((value) => value === 5) && keep.every((value) => value === 6));
});

test("what keep cannot be", () => {
  const ask = (keep: unknown, out?: Float32Array) => () =>
    gs.gumbelSoftmax(logits(), { ...OPTIONS, hard: true, out, keep: keep as boolean });
  refuses("TypeError", "keep", ask("yes"));
  refuses("TypeError", "keep", ask(1));
  refuses("TypeError", "keep", ask(new Float64Array(COUNT)));
  refuses("RangeError", "keep", ask(new Float32Array(COUNT - 1)));
  refuses("RangeError", "keep", ask({ data: new Float32Array(COUNT), shape: [21, 6] }));
  const one = new Float32Array(COUNT);
  refuses("RangeError", "keep", ask(one, one));
  const y = gs.gumbelSoftmax(logits(), { tau: 0, seed: 1, keep: true });
  refuses("RangeError", "tau", () => y.backward(cotangent));
});
