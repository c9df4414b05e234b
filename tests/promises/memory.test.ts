// The module's memory and the instance's life: tensors, what cannot be had, what was freed, what was closed.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { type GumbelSoftmax, load, loadSync, type Tensor } from "gumbel-softmax";
import { GRADIENT, HARD, LOG, LOG_GRADIENT, PASS_ALL, SOFT } from "../../src/kernels/abi.ts";
import type { Kernels } from "../../src/kernels/instance.ts";
import { normals, size } from "../support/random.ts";
import { writeRawTask } from "../support/raw-task.ts";
import { refuses } from "../support/refuses.ts";
import { assertBits } from "../tolerance.ts";

const gs = loadSync();

const LOGITS = { data: normals(12, 1), shape: [3, 4] };
const COTANGENT = { data: normals(12, 2), shape: [3, 4] };
const EXPECTED = gs.gumbelSoftmax(LOGITS, { seed: 1 }).data;

test("memory that cannot be had: the error says how much was asked", () => {
  for (const shape of [[2 ** 30], [2 ** 20, 2 ** 20], [2 ** 31, 64]]) {
    // Some hosts write long numbers with separators.
    const bytes = new RegExp([...String(4 * size(shape))].join("[,_ ]?"));
    assert.throws(() => gs.empty(shape), bytes);
  }
  for (const shape of [[-1], [1.5], [Number.NaN]]) refuses("RangeError", "shape", () => gs.empty(shape));
  for (const shape of [null, "4", 4]) refuses("TypeError", "shape", () => gs.empty(shape as never));
  const tensor = gs.empty([4]);
  tensor.data.set([1, 2, 3, 4]);
  assertBits("usable", gs.softmax(tensor).data, gs.softmax([1, 2, 3, 4]).data);
  tensor.free();
});

test("memory is given back: many tensors one after the other, freed in any order", () => {
  const own = loadSync();
  const expected = own.softmax(LOGITS).data;
  for (let round = 0; round < 300; round++) {
    const tensors = [1, 2, 3].map((k) => own.empty([k, 1 << 20]));
    for (const k of [1, 0, 2]) tensors[k]!.free();
  }
  const [a, b] = [own.empty([3, 4]), own.empty([3, 4])];
  a.data.fill(1);
  b.data.fill(2);
  assert.ok(
    a.data.every((value) => value === 1),
    "tensors do not overlap",
  );
  a.free();
  assert.ok(b.data.every((value) => value === 2));
  b.free();
  assertBits("after all of it", own.softmax(LOGITS).data, expected);
  own.close();
});

test("a freed tensor is refused, and freeing it twice harms nothing", () => {
  const tensor = gs.empty([3, 4]);
  tensor.free();
  tensor.free();
  assert.throws(() => gs.softmax(tensor), { name: "Error", message: /: expected .+, got .+/ });
  assert.throws(() => gs.softmax(LOGITS, { out: tensor }), { name: "Error", message: /: expected .+, got .+/ });
  const [a, b] = [gs.empty([3, 4]), gs.empty([3, 4])];
  a.data.fill(1);
  b.data.fill(2);
  assert.ok(a.data.every((value) => value === 1));
  a.free();
  b.free();
});

test("a closed instance refuses everything", () => {
  const own = loadSync();
  const y = own.gumbelSoftmax(LOGITS, { seed: 1 });
  own.close();
  own.close();
  for (const call of [
    () => own.gumbelSoftmax(LOGITS),
    () => own.gumbelMax(LOGITS),
    () => own.gumbelSoftmaxBackward(COTANGENT, LOGITS, { seed: 1 }),
    () => own.softmax(LOGITS),
    () => own.softmaxBackward(COTANGENT, LOGITS),
    () => own.logSoftmax(LOGITS),
    () => own.logSoftmaxBackward(COTANGENT, LOGITS),
    () => own.categorical(LOGITS),
    () => own.argmax(LOGITS),
    () => own.gumbel([3]),
    () => own.oneHot([0], 2),
    () => own.empty([3]),
    () => y.backward(COTANGENT),
  ]) {
    assert.throws(call, { name: "Error", message: /: expected .+, got .+/ });
  }
  assertBits("results outlive the instance", y.data, EXPECTED);
  const disposed = loadSync();
  disposed[Symbol.dispose]();
  assert.throws(() => disposed.softmax(LOGITS), { name: "Error", message: /: expected .+, got .+/ });
});

test("a call that makes the memory grow still finds its tensors", () => {
  for (const classes of [66_000, 128_256, 500_000]) {
    for (const shape of [
      [1, classes],
      [2, classes],
    ]) {
      const data = normals(size(shape), 3);
      const expected = gs.gumbelSoftmax({ data, shape }, { seed: 1 }).data;
      const inTensors = (run: (own: typeof gs, z: Tensor, out: Tensor) => { data: Float32Array }): void => {
        const own = loadSync();
        const [z, out] = [own.empty(shape), own.empty(shape)];
        z.data.set(data);
        assertBits(`shape [${shape}], ${run}`, run(own, z, out).data, expected);
        own.close();
      };
      inTensors((own, z) => own.gumbelSoftmax(z, { seed: 1 }));
      inTensors((own, z, out) => own.gumbelSoftmax(z, { seed: 1, out }));
      inTensors((own, z) => own.gumbelSoftmax(z, { seed: 1, out: z }));
      inTensors((own, z) => own.gumbelSoftmax({ data: z.data, shape }, { seed: 1 }));
      inTensors((own, _, out) => own.gumbelSoftmax({ data, shape }, { seed: 1, out }));
      inTensors((own, _, out) => {
        own.gumbelSoftmax({ data, shape }, { seed: 1, out: out.data });
        return out;
      });
    }
  }
});

test("results outlive a growth of the memory", () => {
  const own = loadSync();
  const expected = own.gumbelSoftmax(LOGITS, { seed: 1 }).backward(COTANGENT).data;
  const [z, out] = [own.empty([3, 4]), own.empty([3, 4])];
  z.data.set(LOGITS.data);
  const y = own.gumbelSoftmax(z, { seed: 1 });
  const inside = own.gumbelSoftmax(z, { seed: 1, out });
  const large = own.empty([1 << 24]);
  assertBits("backward", y.backward(COTANGENT).data, expected);
  assertBits("backward into a tensor", y.backward(COTANGENT, { out: z }).data, expected);
  assertBits("the tensor", out.data, EXPECTED);
  assertBits("the result in the tensor", inside.data, EXPECTED);
  large.free();
  own.close();
});

test("a gradient whose logits were freed is refused, never computed from what lies there now", () => {
  const z = gs.empty([3, 4]);
  z.data.set(LOGITS.data);
  const y = gs.gumbelSoftmax(z, { seed: 1 });
  z.free();
  const other = gs.empty([3, 4]);
  other.data.fill(1);
  assert.throws(() => y.backward(COTANGENT), { name: "Error", message: /: expected .+, got .+/ });
  other.free();
});

test("every result in a tensor outlives a growth of the memory", () => {
  const own = loadSync();
  const [z, out, noise, hot, dz] = Array.from({ length: 5 }, () => own.empty([3, 4])) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  z.data.set(LOGITS.data);
  const results = [
    own.logSoftmax(z, { out }),
    own.gumbel([3, 4], { seed: 1, out: noise }),
    own.oneHot([0, 1, 2], 4, { out: hot }),
    own.softmaxBackward(COTANGENT, z, { out: dz }),
  ];
  const before = results.map(({ data }) => data.slice());
  const large = own.empty([1 << 24]);
  results.forEach((result, i) => {
    assertBits(`result ${i}`, result.data, before[i]!);
    assert.ok(!Object.values(result).some(ArrayBuffer.isView), `result ${i} has no view among its own properties`);
  });
  large.free();
  own.close();
});

test("views of the module's memory of any kind are found again when a call makes it grow", () => {
  const own = loadSync();
  const shape = [1, 200_000];
  const tensor = own.empty(shape);
  const numbers = new Int32Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.length);
  numbers[77_777] = 5;
  const index = own.empty([1]);
  const out = new Int32Array(index.data.buffer, index.data.byteOffset, 1);
  assert.deepEqual([...own.argmax({ data: numbers, shape }, { out }).indices], [77_777]);
  own.close();
});

test("columns at the very end of a memory of 4 GB", () => {
  const module = new WebAssembly.Module(readFileSync("build/kernels.wasm"));
  // Only the pages that are touched cost anything.
  const memory = new WebAssembly.Memory({ initial: 65536, maximum: 65536 });
  const { sample } = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
  const [classes, inner] = [2, 4096];
  const bytes = 4 * classes * inner;
  const run = (kind: number, at: number): Float32Array => {
    const [max, index, sums, cotangent, scratch] = [1 << 20, 2 << 20, 3 << 20, 4 << 20, 1 << 16];
    new Float32Array(memory.buffer, at, classes * inner).set(normals(classes * inner, 7));
    new Float32Array(memory.buffer, cotangent, classes * inner).set(normals(classes * inner, 8));
    const where = { out: at, max, index, sums, logits: at, cotangent, outer: 1, classes, inner };
    const rest = { pass: PASS_ALL, from: 0, row: 0, block: 0, lead: 0, seed: 1, scale: 0, tau: 0.5 };
    sample(writeRawTask(memory.buffer, 6 << 20, { kind, ...where, ...rest }), scratch);
    return new Float32Array(memory.buffer, at, classes * inner).slice();
  };
  for (const kind of [HARD, SOFT, LOG, GRADIENT, LOG_GRADIENT]) {
    assertBits(`kind ${kind}`, run(kind, 2 ** 32 - bytes - 256), run(kind, 5 << 20));
  }
});

/** Bytes of the memory that an instance has. */
function bytesOf(own: GumbelSoftmax): number {
  const probe = own.empty([1]);
  const { byteLength } = probe.data.buffer;
  probe.free();
  return byteLength;
}

test("at most 8 MiB at load, with threads 24 MiB, and no call makes it grow", async () => {
  const MIB = 2 ** 20;
  for (const [threads, most] of [
    [1, 8 * MIB],
    [2, 24 * MIB],
    [64, 24 * MIB],
  ] as const) {
    const own = await load({ threads });
    const atLoad = bytesOf(own);
    assert.ok(atLoad <= most - MIB / 4, `${atLoad} bytes with ${threads} threads`);
    for (const [shape, dim] of [
      [[1, 524_288], 1],
      [[2, 600_000], 1],
      [[30_000, 40], 1],
      [[32_000, 40], 0],
      [[600_000, 2], 0],
      [[2, 9000, 19], 1],
    ] as const) {
      const z = { data: normals(size(shape), 22), shape: [...shape] };
      const seeds = new BigUint64Array(z.data.length / shape[dim]!);
      own.gumbelSoftmax(z, { dim, seed: 1 }).backward(z);
      own.gumbelSoftmax(z, { dim, seed: 1, hard: true, keep: true }).backward(z);
      if (seeds.length < 1000) own.gumbelSoftmax(z, { dim, seeds, out: new Float32Array(z.data.length) });
      own.logSoftmax(z, { dim, out: new Float32Array(z.data.length) });
      own.categorical(z, { dim, seed: 1 });
      own.gumbel(z.shape, { dim, seed: 1 });
    }
    const small = { data: normals(6000, 23), shape: [100, 60] };
    for (const estimator of ["straight-through", "reinmax", "gumbel-rao"] as const) {
      own.gumbelSoftmax(small, { estimator, seed: 1 }).backward(small);
    }
    assert.equal(bytesOf(own), atLoad, `${threads} threads`);
    own.close();
  }
});

test("the module's memory does not grow with the input: 256 MB, a row of 3,000,000 classes, columns as long", () => {
  const own = loadSync();
  const block = normals(64_000, 21);
  const data = new Float32Array(64_000_000);
  for (let at = 0; at < data.length; at += block.length) data.set(block, at);
  const y = own.gumbelSoftmax({ data, shape: [1_000_000, 64] }, { seed: 5, out: data });
  for (const row of [0, 123_000, 999_000]) {
    const part = own.gumbelSoftmax({ data: block, shape: [1000, 64] }, { seed: 5, rowOffset: row });
    assertBits(`rows from ${row}`, y.data.subarray(row * 64, (row + 1000) * 64), part.data);
  }
  for (const shape of [
    [1, 3_000_000],
    [3_000_000, 2],
    [40, 70_000],
  ]) {
    const logits = { data: data.subarray(0, size(shape)), shape };
    own.gumbelSoftmax(logits, { seed: 5, dim: 0 });
    own.gumbelSoftmax(logits, { seed: 5 }).backward(logits);
    own.gumbel(shape, { seed: 5, dim: 0 });
  }
  assert.ok(bytesOf(own) < 9e6, `${bytesOf(own)} bytes`);
  own.close();
});

test("logits that are gone by the time of the backward call are an error, not an empty gradient", () => {
  for (const invalid of ["throw", "mark"] as const) {
    const data = normals(12, 1);
    const y = gs.gumbelSoftmax({ data, shape: [3, 4] }, { seed: 1, invalid });
    structuredClone(data.buffer, { transfer: [data.buffer] });
    assert.throws(() => y.backward(COTANGENT), {
      name: "Error",
      message: "logits: expected 12 elements as before, got 0",
    });
  }
});

test("a call from inside another is refused, and both leave the instance as it was", () => {
  class Calling extends Float32Array {
    static inside = 0;
    constructor(...given: [ArrayBuffer, number, number]) {
      super(...given);
      if (Calling.inside++ === 1) gs.softmax(LOGITS);
    }
  }
  const large = normals(140_000, 3);
  const data = new Calling(large.buffer as ArrayBuffer, 0, large.length);
  const call = (): unknown => gs.softmax({ data, shape: [1400, 100] });
  assert.throws(call, {
    name: "Error",
    message: "instance: expected one call at a time, got a call from inside another",
  });
  assertBits("after it", gs.gumbelSoftmax(LOGITS, { seed: 1 }).data, EXPECTED);
});

test("a tensor cannot be asked for from inside a call, whose memory would grow", () => {
  class Asking extends Float32Array {
    static inside = 0;
    constructor(...given: [ArrayBuffer, number, number]) {
      super(...given);
      if (Asking.inside++ === 1) gs.empty([1 << 22]);
    }
  }
  const large = normals(140_000, 3);
  const data = new Asking(large.buffer as ArrayBuffer, 0, large.length);
  assert.throws(() => gs.softmax({ data, shape: [1400, 100] }), {
    name: "Error",
    message: "instance: expected one call at a time, got a call from inside another",
  });
  assertBits("after it", gs.gumbelSoftmax(LOGITS, { seed: 1 }).data, EXPECTED);
});
