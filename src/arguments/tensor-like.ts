// Arrays as users hand them in, brought to one form: a numeric array and its shape.

import { allocate, expected, expectedBut, rowError } from "../check.ts";
import { codingOf } from "./element-type.ts";
import { declaresMore, type Fields, fieldsOf } from "./fields.ts";
import { fromBfloat16, fromFloat16 } from "./halves.ts";
import { inOrder, layoutOf } from "./layout.ts";
import type { HalfArray, NumericArray, Shape } from "./numeric-array.ts";
import { axisOf, classOfElement, elements, rowOfElement, sameShape } from "./shape.ts";

export type { NumericArray, Shape } from "./numeric-array.ts";

/** A number as JSON carries it, which has none for those that are not finite. */
export type JsonNumber = number | "-Infinity" | "Infinity" | "NaN";

/** Numbers nested to any depth, all rows of one length. */
export type Nested = readonly (JsonNumber | Nested | NumericArray | HalfArray)[];

/** How the data of a tensor lie and what they are, as other libraries declare it. Data are brought to C-order by one copy. */
export interface Declared {
  /** Distances in elements between neighbours along each axis (ndarray), or `strides` (stdlib). */
  readonly stride?: unknown;
  readonly strides?: unknown;
  /** Place of the first element in `data`. Default 0. */
  readonly offset?: unknown;
  /** "C" or "row-major", or "F" or "column-major", for data without strides. */
  readonly order?: unknown;
  /** Whether the first axis runs fastest (npyjs). Default false. */
  readonly fortranOrder?: unknown;
  /** Type of the elements (onnxruntime), or `dtype`. "float16" and "bfloat16" in a Uint16Array are bits, which are decoded. */
  readonly type?: unknown;
  readonly dtype?: unknown;
}

/** An array with its shape, as most libraries have it; `dims` is the same as `shape`. */
export type Shaped = Declared & { readonly data: NumericArray | HalfArray | readonly JsonNumber[] } & (
    | { readonly shape: Shape }
    | { readonly dims: Shape }
  );

/** f32 values in C-order: a typed array (one row), nested arrays, or data with a shape. */
export type TensorLike = NumericArray | HalfArray | Nested | Shaped;

/** The one form: `data` is in C-order, as many elements as `shape` holds. */
export interface Source {
  readonly data: NumericArray;
  readonly shape: readonly number[];
}

/** Whether a value is a typed array of numbers, of whatever realm. A Buffer of Node.js, and the like, is bytes. */
export function isNumeric(value: unknown): value is NumericArray {
  if (!ArrayBuffer.isView(value)) return false;
  const kind = (value as NumericArray)[Symbol.toStringTag] as string;
  if (kind === "Uint8Array") return !("readFloatLE" in value);
  return kind !== "DataView" && !kind.startsWith("Big");
}

//  The error for what is no array of numbers. Nobody knows what bytes stand for.
function wrongKind(value: unknown, name: string, wanted: string): Error {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (!/^(DataView|(Shared)?ArrayBuffer|Uint8Array)$/.test(tag)) return expected(TypeError, name, wanted, value);
  const { byteLength } = value as ArrayBuffer;
  const kind = Object.getPrototypeOf(value)?.constructor?.name ?? tag;
  const view = ArrayBuffer.isView(value)
    ? "new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)"
    : "new Float32Array(bytes)";
  return expectedBut(
    TypeError,
    name,
    `numbers, for example a view of bytes, ${view}`,
    `${kind} of ${byteLength} bytes`,
  );
}

/** Levels of nested arrays; a cyclic array has no end of them. */
const DEEPEST = 32;

/** Kind of array that plain arrays of numbers are flattened into; the kernels read all numbers as f32. */
type Flat = typeof Float32Array | typeof Float64Array;

/** 2^128 - 2^103: from here on, finite numbers round to Infinity in f32. */
const BEYOND_F32 = 3.4028235677973366e38;

/**
 * Brings any accepted form to the one form; `shape`, where given, is that of a flat array without one. Unless they are wanted as
 * f64, a finite number beyond f32 is a RangeError; `dim` then tells its row.
 */
export function source(
  value: unknown,
  name: string,
  shape?: readonly number[],
  Flat: Flat = Float32Array,
  dim?: number,
): Source {
  if (isNumeric(value)) {
    const whole = shape ?? [value.length];
    return sized(asNumbers(value, whole, name, Flat, dim), whole, name);
  }
  if (Array.isArray(value)) {
    const found = shapeOf(value, name);
    const whole = shape !== undefined && found.length === 1 ? shape : found;
    return sized(flatten(value, found, name, Flat, whole, dim), whole, name);
  }
  if (typeof value !== "object" || value === null || !("data" in value)) {
    throw wrongKind(value, name, "a Float32Array, { data, shape } or nested arrays of numbers");
  }
  const more = declaresMore(value);
  const fields: Fields = more ? fieldsOf(value) : value;
  const { data, shape: given, dims } = fields;
  const sizes = given ?? dims;
  if (!Array.isArray(sizes) && !isNumeric(sizes)) {
    throw expected(TypeError, `${name}.shape`, "an array of sizes", sizes);
  }
  const whole: number[] = [...sizes];
  const count = elements(whole, `${name}.shape`);
  if (more && dims !== undefined && !sameShape(dims, whole)) {
    throw expected(RangeError, `${name}.dims`, `the same as shape, [${sizes}]`, dims);
  }
  const numbers = more ? declared(fields, whole, count, name) : data;
  if (isNumeric(numbers)) return sized(asNumbers(numbers, whole, name, Flat, dim), whole, name, count);
  if (!Array.isArray(numbers)) throw wrongKind(numbers, `${name}.data`, "a typed array of numbers");
  return sized(flatten(numbers, [numbers.length], `${name}.data`, Flat, whole, dim), whole, name, count);
}

//  Data as their tensor declares them: typed ones in C-order and as numbers. Data of another kind are given back.
function declared(fields: Fields, shape: readonly number[], count: number, name: string): unknown {
  const { data } = fields;
  const isPlain = Array.isArray(data);
  if (!isPlain && !isNumeric(data)) return data;
  const tag: string = isPlain ? "Array" : data[Symbol.toStringTag];
  const coding = codingOf(fields, tag, name);
  const layout = layoutOf(fields, shape, name);
  if (layout === undefined && coding === "numbers") return data;
  const flat = isPlain ? flatten(data, [data.length], `${name}.data`, Float64Array) : data;
  if (!isNumeric(flat)) return data;
  const own = layout ? inOrder(asBits(flat), layout, shape, count, name) : flat;
  if (coding === "bfloat16") return decoded(own as Uint16Array, fromBfloat16);
  return coding === "float16" || tag === "Float16Array" ? decoded(own as Uint16Array, fromFloat16) : own;
}

type Decode = (bits: Uint16Array, out: Float32Array) => Float32Array;

function decoded(bits: Uint16Array, decode: Decode): Float32Array {
  return decode(bits, allocate(Float32Array, bits.length));
}

//  The bits of a Float16Array, or any other array as it is.
function asBits(data: NumericArray): NumericArray {
  if ((data[Symbol.toStringTag] as string) !== "Float16Array") return data;
  return new Uint16Array(data.buffer, data.byteOffset, data.length);
}

//  A typed array as the kernels may read it: engines convert a Float16Array at a fraction of the pace of `decoded`.
function asNumbers(
  data: NumericArray,
  shape: readonly number[],
  name: string,
  Flat: Flat,
  dim: number | undefined,
): NumericArray {
  const kind: string = data[Symbol.toStringTag];
  if (kind === "Float16Array") return decoded(asBits(data) as Uint16Array, fromFloat16);
  if (kind !== "Float64Array" || Flat !== Float32Array) return data;
  for (let i = 0; i < data.length; i++) {
    const size = Math.abs(data[i]!);
    if (size >= BEYOND_F32 && size < Infinity) throw beyondF32(data[i]!, i, shape, name, dim);
  }
  return data;
}

function beyondF32(value: number, position: number, shape: readonly number[], name: string, dim?: number): Error {
  const axis = axisOf(shape, dim, name);
  const [row, wrong] = [rowOfElement(position, axis), classOfElement(position, axis)];
  const wanted = "numbers that f32 can hold, up to 3.4028235e38";
  return rowError(RangeError, name, wanted, `${value} in row ${row} at class ${wrong}`, row, wrong);
}

function sized(
  data: NumericArray,
  shape: readonly number[],
  name: string,
  count: number = elements(shape, `${name}.shape`),
): Source {
  if (count !== data.length) {
    throw expectedBut(RangeError, name, `as many elements as shape [${shape}] holds`, `${data.length}`);
  }
  return { data, shape };
}

//  The shape that the first elements show.
function shapeOf(value: Nested, name: string): number[] {
  const shape: number[] = [];
  let level: unknown = value;
  while (Array.isArray(level) || isNumeric(level)) {
    if (shape.length === DEEPEST) throw expectedBut(TypeError, name, `at most ${DEEPEST} levels of arrays`, "more");
    shape.push(level.length);
    level = level[0];
  }
  return shape;
}

function flatten(
  value: Nested,
  nesting: readonly number[],
  name: string,
  Flat: Flat,
  shape: readonly number[] = nesting,
  dim?: number,
): NumericArray {
  checkRows(value, 0, nesting, name);
  const count = elements(nesting, name);
  const flat: Float32Array | Float64Array = allocate<Float32Array | Float64Array>(Flat, count);
  let at = 0;
  const fill = (level: unknown, depth: number): void => {
    if (depth === nesting.length) {
      const number = typeof level === "number" ? level : spelled(level, name);
      flat[at++] = number;
      if (Flat !== Float32Array || !(Math.abs(number) >= BEYOND_F32) || Math.abs(number) === Infinity) return;
      throw beyondF32(number, at - 1, shape, name, dim);
    }
    const values = level as Nested;
    for (let i = 0; i < values.length; i++) fill(values[i], depth + 1);
  };
  fill(value, 0);
  return flat;
}

//  Numbers that JSON has no form for, as results are written there.
function spelled(value: unknown, name: string): number {
  if (value === "-Infinity" || value === "Infinity" || value === "NaN") return Number(value);
  throw wrongKind(value, name, "numbers");
}

//  Before room is made for `shape`: a hundred brackets, ragged, can show one of 2^32 elements.
function checkRows(level: unknown, depth: number, shape: readonly number[], name: string): void {
  if (!Array.isArray(level) && !isNumeric(level)) {
    throw wrongKind(level, name, `nested arrays of one shape, here of length ${shape[depth]}`);
  }
  if (level.length !== shape[depth]) {
    throw expected(TypeError, name, `rows of one length, here ${shape[depth]}`, level);
  }
  if (depth + 1 === shape.length) return;
  for (let i = 0; i < level.length; i++) checkRows(level[i], depth + 1, shape, name);
}

/** A shape given as an argument; its sizes are checked by whoever counts its elements. */
export function checkShape(value: unknown, name: string): number[] {
  if (Array.isArray(value) || isNumeric(value)) return [...value];
  throw expected(TypeError, name, "an array of sizes", value);
}
