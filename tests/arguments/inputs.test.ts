// Tensors as other libraries hand them over: 16-bit floats, declared layouts and types, bytes, numbers beyond f32.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync, type TensorLike } from "gumbel-softmax";
import { Categorical } from "gumbel-softmax/distributions";
import { sampleTokens, topK } from "gumbel-softmax/sampling";
import { normals } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { assertBits } from "../tolerance.ts";

const gs = loadSync();
const DATA = normals(24, 7);
const SHAPE = [2, 3, 4];
const WANTED = gs.softmax({ data: DATA, shape: SHAPE }).data;
const given = (tensor: object): TensorLike => tensor as TensorLike;

/** A float16 by the definition of IEEE 754. */
function half(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size =
    exponent === 31
      ? fraction > 0
        ? Number.NaN
        : Infinity
      : exponent === 0
        ? fraction * 2 ** -24
        : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits >> 15 ? -size : size;
}

/** Numbers as the kernels read them: each is the only logit of its row, and without noise the row's score. */
function read(tensor: object): Float32Array {
  return gs.categorical(given(tensor), { dim: 1, noiseScale: 0, scores: true, invalid: "mark" }).scores!;
}

test("all 65,536 halves are exact, and all bfloat16", () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
  for (const field of ["type", "dtype", "dataType"]) {
    const halves = read({ [field]: "float16", data: bits, dims: [65536, 1] });
    const uppers = read({ [field]: "bfloat16", data: bits, dims: [65536, 1] });
    for (let i = 0; i < 65536; i++) {
      const upper = new Float32Array(Uint32Array.of(i << 16).buffer)[0]!;
      for (const [got, exact] of [
        [halves[i], half(i)],
        [uppers[i], upper],
      ] as const) {
        // Rows that are NaN or infinite are marked: their score is -Infinity.
        const wanted = Number.isFinite(exact) ? exact : -Infinity;
        assert.ok(Object.is(got, wanted), `bits ${i}, ${field}: got ${got}, wanted ${wanted}`);
      }
    }
  }
});

test("many halves, which go by a table, are the same", () => {
  const bits = Uint16Array.from({ length: 0x80000 + 3 }, (_, i) => (i * 7919) & 0x7bff);
  const scores = read({ type: "float16", data: bits, dims: [bits.length, 1] });
  assert.ok(scores.every((score, i) => score === half(bits[i]!)));
});

test("float16 of onnxruntime gives the token that the numbers give, everywhere", () => {
  const bits = Uint16Array.of(0x3c00, 0xc000, 0x4400, 0x7bff, 0xfc00, 0x0001); // 1, -2, 4, 65504, -Infinity, 2^-24
  const numbers = [...bits].map(half);
  const tensor = given({ type: "float16", data: bits, dims: [1, 6] });
  assert.equal(sampleTokens(gs, tensor, { temperature: 0 }).indices[0], 3);
  assert.equal(topK(gs, tensor, 1, { noiseScale: 0 }).indices[0], 3);
  assertBits("softmax", gs.softmax(tensor, { tau: 1e4 }).data, gs.softmax([numbers], { tau: 1e4 }).data);
  assert.equal(gs.argmax(bits).indices[0], 4, "a bare Uint16Array stays numbers");
  assert.equal(gs.argmax({ data: bits, shape: [6] }).indices[0], 4);
  assert.equal(gs.argmax(given({ type: "uint16", data: bits, dims: [6] })).indices[0], 4);
  assert.deepEqual([...new Categorical(tensor).logits.shape], [1, 6]);
  const y = gs.gumbelSoftmax(tensor, { tau: 1e4, seed: 1 });
  const c = given({ type: "float16", data: Uint16Array.of(0x3c00, 0, 0, 0, 0, 0), dims: [1, 6] });
  assertBits("cotangent", y.backward(c).data, y.backward([[1, 0, 0, 0, 0, 0]]).data);
  // npyjs decodes the halves of a file itself.
  const own = { dtype: "float16", data: Float32Array.of(1, 2), shape: [2], fortranOrder: false };
  assertBits("npyjs", gs.softmax(given(own)).data, gs.softmax([1, 2]).data);
  const Half = (globalThis as { Float16Array?: { from(values: Iterable<number>): ArrayLike<number> } }).Float16Array;
  if (Half) {
    const values = Half.from(numbers) as never;
    for (const z of [values, [values], { data: values, shape: [6] }, { type: "float16", data: values, dims: [6] }]) {
      assert.equal(gs.argmax(given(z)).indices[0], 3);
    }
  }
});

/** As ndarray has it: a class whose `order` is an array of axes, and whose views share their data. */
class Strided {
  readonly data: unknown;
  readonly shape: number[];
  readonly stride: number[];
  readonly offset: number;
  constructor(data: unknown, shape: number[], stride: number[], offset: number) {
    [this.data, this.shape, this.stride, this.offset] = [data, shape, stride, offset];
  }
  get order(): number[] {
    return this.stride.map((_, i) => i).sort((a, b) => this.stride[a]! - this.stride[b]!);
  }
  get dtype(): string {
    return Array.isArray(this.data) ? "array" : "float32";
  }
}

/** The tensor's elements, laid out by strides from an offset in an array of `length` that is NaN elsewhere. */
function laid(strides: number[], offset: number, length: number): Float32Array {
  const data = new Float32Array(length).fill(Number.NaN);
  DATA.forEach((value, e) => {
    const index = [Math.floor(e / 12), Math.floor(e / 4) % 3, e % 4];
    data[index.reduce((at, i, axis) => at + i * strides[axis]!, offset)] = value;
  });
  return data;
}

test("declared strides, offsets and orders are honoured", () => {
  for (const [strides, offset, length] of [
    [[12, 4, 1], 0, 24],
    [[12, 4, 1], 3, 30],
    [[1, 2, 6], 0, 24],
    [[1, 2, 6], 5, 40],
    [[4, 8, 1], 0, 24],
    [[-12, 4, 1], 12, 24],
    [[12, -4, -1], 11, 24],
    [[24, 8, 2], 1, 50],
  ] as [number[], number, number][]) {
    const data = laid(strides, offset, length);
    const plain = [...data].map((value) => (Number.isNaN(value) ? 1e300 : value));
    const f64 = Float64Array.from(plain);
    for (const tensor of [
      new Strided(data, SHAPE, strides, offset),
      new Strided(plain, SHAPE, strides, offset),
      { data, shape: SHAPE, strides, offset, order: "row-major", dtype: "float32" },
      { data: f64, shape: SHAPE, strides: Int32Array.from(strides), offset, order: "column-major", dtype: "float64" },
      { data, dims: SHAPE, stride: strides, offset },
    ]) {
      assertBits(`strides [${strides}], offset ${offset}`, gs.softmax(given(tensor)).data, WANTED);
    }
  }
  const byColumns = laid([1, 2, 6], 0, 24);
  for (const more of [
    { fortranOrder: true },
    { fortran_order: true },
    { order: "F" },
    { order: "column-major" },
    { strides: [1, 2, 6], fortranOrder: true },
  ]) {
    assertBits("by columns", gs.softmax(given({ data: byColumns, shape: SHAPE, ...more })).data, WANTED);
    assertBits("by columns", gs.softmax(given({ data: [...byColumns], shape: SHAPE, ...more })).data, WANTED);
  }
  for (const more of [
    { fortranOrder: false },
    { order: "C" },
    { order: "row-major" },
    { strides: null, offset: null },
  ]) {
    assertBits("by rows", gs.softmax(given({ data: DATA, shape: SHAPE, ...more })).data, WANTED);
  }
  // A broadcast row, and 16-bit floats by columns.
  const broadcast = gs.softmax(given({ data: Float32Array.of(1, 2), shape: [3, 2], strides: [0, 1] })).data;
  assertBits(
    "broadcast",
    broadcast,
    gs.softmax([
      [1, 2],
      [1, 2],
      [1, 2],
    ]).data,
  );
  const bits = Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400); // 1, 2, 3, 4
  const turned = gs.softmax(given({ data: bits, shape: [2, 2], dtype: "float16", fortranOrder: true })).data;
  assertBits(
    "halves",
    turned,
    gs.softmax([
      [1, 3],
      [2, 4],
    ]).data,
  );
  const tensor = gs.empty(SHAPE);
  tensor.data.set(byColumns);
  assertBits("resident", gs.softmax(given({ data: tensor.data, shape: SHAPE, order: "F" })).data, WANTED);
  tensor.free();
});

test("layouts that make no sense, and places for results in another order, are refused by name", () => {
  const softmax = (more: object) => () => gs.softmax(given({ data: DATA, shape: SHAPE, ...more }));
  refuses("RangeError", "logits.strides", softmax({ strides: [12, 4] }));
  refuses("RangeError", "logits", softmax({ strides: [12, 4, 2] }));
  refuses("RangeError", "logits", softmax({ strides: [-12, 4, 1] }));
  refuses("RangeError", "logits", softmax({ offset: 1 }));
  refuses("RangeError", "logits.stride", softmax({ stride: [12, 4, 0.5] }));
  refuses("TypeError", "logits.strides", softmax({ strides: "12,4,1" }));
  refuses("RangeError", "logits.stride", softmax({ strides: [12, 4, 1], stride: [1, 2, 6] }));
  refuses("RangeError", "logits.strides", softmax({ strides: [12, 4, 1], fortranOrder: true }));
  refuses("RangeError", "logits.order", softmax({ order: "C", fortranOrder: true }));
  for (const order of ["K", "A", "", 1, [2, 1, 0]]) refuses("TypeError", "logits.order", softmax({ order }));
  refuses("TypeError", "logits.fortranOrder", softmax({ fortranOrder: "yes" }));
  for (const offset of [-1, 0.5]) refuses("RangeError", "logits.offset", softmax({ offset }));
  const data = new Float32Array(24);
  for (const more of [{ order: "F" }, { fortranOrder: true }, { strides: [1, 2, 6] }, { offset: 1 }]) {
    const out = { data, shape: SHAPE, ...more };
    refuses("TypeError", "out", () => gs.softmax({ data: DATA, shape: SHAPE }, { out } as never));
  }
  refuses("TypeError", "out", () => gs.softmax([1], { out: { data: new Float32Array(1), dtype: "float16" } as never }));
  const out = { data, shape: SHAPE, order: "row-major", strides: [12, 4, 1], offset: 0, dtype: "float32" };
  assertBits("in C-order", gs.softmax({ data: DATA, shape: SHAPE }, { out } as never).data, WANTED);
});

test("a type that does not fit its data is refused by name", () => {
  const arrays = [Float32Array, Float64Array, Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array];
  for (const Kind of arrays) {
    const own = Kind.name.replace("Array", "").toLowerCase();
    for (const name of ["float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32", "float16"]) {
      for (const field of ["type", "dtype"]) {
        const call = () => gs.softmax(given({ [field]: name, data: new Kind(2), dims: [2] }));
        const fits = name === own || (name === "float16" && own === "uint16");
        if (fits) assert.deepEqual([...call().data], [0.5, 0.5]);
        else refuses("TypeError", `logits.${field}`, call);
      }
    }
  }
  for (const type of ["string", "complex64", "int4", "float8e4m3fn", ">f4", {}, 5]) {
    refuses("TypeError", "logits.type", () => gs.softmax(given({ type, data: new Float32Array(2), dims: [2] })));
  }
  for (const type of ["<f4", "torch.float32", "F32", "FLOAT32", "Float32Array", Float32Array, "generic"]) {
    assert.deepEqual([...gs.softmax(given({ type, data: new Float32Array(2), dims: [2] })).data], [0.5, 0.5]);
  }
  // Plain numbers fit any type but those of bits.
  assert.deepEqual([...gs.softmax(given({ dtype: "int32", data: [1, 1], shape: [2] })).data], [0.5, 0.5]);
  refuses("TypeError", "logits.type", () => gs.softmax(given({ type: "float16", data: [15360, 0], dims: [2] })));
  refuses("TypeError", "logits.type", () =>
    gs.softmax(given({ type: "float16", dtype: "uint16", data: new Uint16Array(2), shape: [2] })),
  );
});

test("bytes are refused, and the error says how to view them", () => {
  const bytes = Buffer.from(Float32Array.of(1, 2, 3).buffer);
  const [buffer, view] = [new ArrayBuffer(8), new DataView(new ArrayBuffer(8))];
  for (const value of [bytes, view, buffer, new SharedArrayBuffer(8)]) {
    for (const z of [value, { data: value, shape: [12] }, { data: value, dims: [12], type: "uint8" }, [value, value]]) {
      refuses("TypeError", "logits", () => gs.softmax(given(z)), /new Float32Array\(bytes|arrays of one shape/);
      refuses("TypeError", "logits", () => sampleTokens(gs, given(z)));
    }
  }
  assert.equal(gs.argmax(new Uint8Array([1, 3, 2])).indices[0], 1);
  assert.equal(gs.argmax(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)).indices[0], 2);
});

test("a finite number beyond f32, of either sign, is an error that names it", () => {
  const beyond = 2 ** 128 - 2 ** 103;
  for (const value of [1e300, -1e300, 1e39, -1e39, Number.MAX_VALUE, beyond, -beyond]) {
    const said = new RegExp(`${String(value).replace("+", "\\+")} in row 1 at class 2`);
    const row = [0, 1, value];
    const f64 = { data: Float64Array.of(1, 2, 3, ...row), shape: [2, 3] };
    for (const z of [[[1, 2, 3], row], f64, { data: [...f64.data], dims: [2, 3] }, [Float64Array.of(1, 2, 3), row]]) {
      for (const call of [
        () => gs.gumbelSoftmax(z, { seed: 1 }),
        () => gs.gumbelSoftmax(z, { seed: 1, invalid: "mark" }),
        () => gs.softmax(z),
        () => gs.logSoftmax(z, { invalid: "mark" }),
        () => gs.categorical(z),
        () => gs.argmax(z),
        () => topK(gs, z, 1),
        () => sampleTokens(gs, z),
      ]) {
        refuses("RangeError", "logits", call, said);
      }
      refuses("RangeError", "cotangent", () => gs.softmaxBackward(z, { data: normals(6, 1), shape: [2, 3] }), said);
    }
    const turned = { data: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, value), shape: [3, 3] };
    refuses("RangeError", "logits", () => gs.softmax(turned, { dim: 0 }), /in row 2 at class 2/);
  }
  // These round to the largest f32: people write it so.
  for (const value of [3.4028235e38, -3.4028235e38, 3.4028234663852886e38]) {
    assert.equal(gs.argmax([0, -value]).indices[0], value > 0 ? 0 : 1);
    assert.equal(gs.argmax(Float64Array.of(0, -value)).indices[0], value > 0 ? 0 : 1);
  }
  assert.equal(gs.argmax([-Infinity, 1e-300]).indices[0], 1);
  assert.deepEqual([...gs.softmax(["-Infinity", 1] as never).data], [0, 1]);
  refuses("RangeError", "logits", () => gs.softmax(["Infinity", 1] as never));
  refuses("RangeError", "logits", () => gs.softmax([["NaN", 1]] as never));
});

test("typed arrays are shapes; a number is the shape of one axis; sizes of 0 give empty results", () => {
  const noise = gs.gumbel([2, 3], { seed: 1 });
  for (const Kind of [Int32Array, Uint32Array, Uint8Array, Float64Array]) {
    assertBits(Kind.name, gs.gumbel(Kind.of(2, 3), { seed: 1 }).data, noise.data);
    assert.deepEqual(gs.gumbel(Kind.of(2, 3), { seed: 1 }).shape, [2, 3]);
    assert.deepEqual(gs.empty(Kind.of(2, 3)).shape, [2, 3]);
  }
  assertBits("one axis", gs.gumbel(3, { seed: 1 }).data, gs.gumbel([3], { seed: 1 }).data);
  assertBits("no axis", gs.gumbel([], { seed: 1 }).data, gs.gumbel([1], { seed: 1 }).data);
  assert.deepEqual(gs.gumbel([], { seed: 1 }).shape, []);
  for (const shape of [[0], [0, 3], [3, 0], [2, 0, 3], [0, 0]]) {
    for (const dim of [0, -1]) {
      const { data, shape: got } = gs.gumbel(shape, { dim });
      assert.deepEqual([data.length, got], [0, shape]);
    }
    const tensor = gs.empty(shape);
    assert.deepEqual([tensor.data.length, tensor.shape], [0, shape]);
    tensor.free();
  }
  assert.deepEqual([...gs.gumbel(0).data], []);
});

test("a tensor is freed at the end of its block", () => {
  const tensor = gs.empty([4]);
  tensor[Symbol.dispose]();
  tensor[Symbol.dispose]();
  assert.throws(() => tensor.data, { name: "Error", message: /tensor: expected .+, got .+/ });
});
