// Arrays as users hand them in, brought to one form: a numeric array and its shape.

import { expected, expectedBut } from "../check.ts";
import { elements, sameShape } from "./shape.ts";

/** A typed array of numbers; any but Float32Array is converted to f32 on the way in. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** A number as JSON carries it, which has none for those that are not finite. */
export type JsonNumber = number | "-Infinity" | "Infinity" | "NaN";

/** Numbers nested to any depth, all rows of one length. */
export type Nested = readonly (JsonNumber | Nested | NumericArray)[];

/** An array with its shape, as most libraries have it; `dims` is the same as `shape`. */
export type Shaped =
  | { readonly data: NumericArray | readonly JsonNumber[]; readonly shape: readonly number[] }
  | { readonly data: NumericArray | readonly JsonNumber[]; readonly dims: readonly number[] };

/** f32 values in C-order: a typed array (one row), nested arrays, or data with a shape. */
export type TensorLike = NumericArray | Nested | Shaped;

/** The one form: `data` is in C-order, as many elements as `shape` holds. */
export interface Source {
  readonly data: NumericArray;
  readonly shape: readonly number[];
}

/** Whether a value is a typed array of numbers, of whatever realm. */
export function isNumeric(value: unknown): value is NumericArray {
  if (!ArrayBuffer.isView(value)) return false;
  const kind = (value as NumericArray)[Symbol.toStringTag] as string;
  return kind !== "DataView" && !kind.startsWith("Big");
}

/** Levels of nested arrays; a cyclic array has no end of them. */
const DEEPEST = 32;

/** Kind of array that plain arrays of numbers are flattened into. */
type Flat = typeof Float32Array | typeof Float64Array;

/** Brings any accepted form to the one form; `shape`, where given, is that of a flat array without one. */
export function source(value: unknown, name: string, shape?: readonly number[], Flat: Flat = Float32Array): Source {
  if (isNumeric(value)) return sized(value, shape ?? [value.length], name);
  if (Array.isArray(value)) {
    const found = shapeOf(value, name);
    const flat = flatten(value, found, name, Flat);
    return sized(flat, shape !== undefined && found.length === 1 ? shape : found, name);
  }
  if (typeof value !== "object" || value === null || !("data" in value)) {
    throw expected(TypeError, name, "a Float32Array, { data, shape } or nested arrays of numbers", value);
  }
  const { data, shape: given, dims } = value as { data: unknown; shape?: unknown; dims?: unknown };
  const sizes = given ?? dims;
  if (!Array.isArray(sizes) && !isNumeric(sizes))
    throw expected(TypeError, `${name}.shape`, "an array of sizes", sizes);
  const whole: number[] = [...sizes];
  const count = elements(whole, `${name}.shape`);
  if (given !== undefined && dims !== undefined && !sameShape(dims, whole)) {
    throw expected(RangeError, `${name}.dims`, `the same as shape, [${sizes}]`, dims);
  }
  const numbers = Array.isArray(data) ? flatten(data, [data.length], `${name}.data`, Flat) : data;
  if (!isNumeric(numbers)) throw expected(TypeError, `${name}.data`, "a typed array of numbers", data);
  return sized(numbers, whole, name, count);
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

function flatten(value: Nested, shape: readonly number[], name: string, Flat: Flat): NumericArray {
  checkRows(value, 0, shape, name);
  const flat = new Flat(elements(shape, name));
  let at = 0;
  const fill = (level: unknown, depth: number): void => {
    if (depth === shape.length) {
      const value = typeof level === "number" ? level : notFinite(level);
      if (value === undefined) throw expected(TypeError, name, "numbers", level);
      flat[at++] = value;
      return;
    }
    const values = level as Nested;
    for (let i = 0; i < values.length; i++) fill(values[i], depth + 1);
  };
  fill(value, 0);
  return flat;
}

//  A number that JSON carries as a string.
function notFinite(value: unknown): number | undefined {
  return value === "-Infinity" || value === "Infinity" || value === "NaN" ? Number(value) : undefined;
}

//  Before room is made for `shape`: a hundred brackets, ragged, can show one of 2^32 elements.
function checkRows(level: unknown, depth: number, shape: readonly number[], name: string): void {
  if (!Array.isArray(level) && !isNumeric(level)) {
    throw expected(TypeError, name, `nested arrays of one shape, here of length ${shape[depth]}`, level);
  }
  if (level.length !== shape[depth]) {
    throw expected(TypeError, name, `rows of one length, here ${shape[depth]}`, level);
  }
  if (depth + 1 === shape.length) return;
  for (let i = 0; i < level.length; i++) checkRows(level[i], depth + 1, shape, name);
}

/** A shape given as an argument; its sizes are checked by whoever counts its elements. */
export function checkShape(value: unknown, name: string): number[] {
  if (!Array.isArray(value)) throw expected(TypeError, name, "an array of sizes", value);
  return [...value];
}
