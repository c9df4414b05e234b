// The type that a tensor says its elements have: `type` in onnxruntime and transformers.js, `dtype` in ndarray, stdlib and npyjs,
// `dataType` in WebNN.

import { expected, expectedBut } from "../check.ts";
import type { Fields } from "./fields.ts";

/** Forms of data that are numbers as they stand, and two that have to be decoded. */
export type Coding = "numbers" | "float16" | "bfloat16";

/** A tag of typed arrays, or "Array" for a plain one. */
export type Tag = string;

const INT8 = "Int8Array";
const UINT8 = "Uint8Array";
const INT16 = "Int16Array";
const UINT16 = "Uint16Array";
const INT32 = "Int32Array";
const UINT32 = "Uint32Array";
const INT64 = "BigInt64Array";
const UINT64 = "BigUint64Array";
const FLOAT32 = "Float32Array";
const FLOAT64 = "Float64Array";
const HALVES = "Uint16Array or Float16Array";
/** Bits of bfloat16. */
const UPPER_HALVES = "Uint16Array of bits";
/** Of types that say nothing about the data. */
const ANY = "";

//  Which arrays a type fits, by its names in JavaScript, NumPy, PyTorch and safetensors. "i8" is one byte to some, eight to others.
function typesByName(): Readonly<Record<string, string>> {
  return {
    __proto__: null as never,
    ...{ float32: FLOAT32, f32: FLOAT32, f4: FLOAT32, float: FLOAT32, single: FLOAT32 },
    ...{ float64: FLOAT64, f64: FLOAT64, f8: FLOAT64, double: FLOAT64 },
    ...{ float16: HALVES, f16: HALVES, f2: HALVES, half: HALVES },
    ...{ bfloat16: UPPER_HALVES, bf16: UPPER_HALVES },
    ...{ int8: INT8, i1: INT8, i8: `${INT8} or ${INT64}`, uint8: UINT8, u1: UINT8, u8: `${UINT8} or ${UINT64}` },
    ...{ uint8c: "Uint8ClampedArray", uint8clamped: "Uint8ClampedArray", uint8_clamped: "Uint8ClampedArray" },
    ...{ bool: UINT8, boolean: UINT8, b1: UINT8 },
    ...{ int16: INT16, i16: INT16, i2: INT16, uint16: UINT16, u16: UINT16, u2: UINT16 },
    ...{ int32: INT32, i32: INT32, i4: INT32, int: INT32, uint32: UINT32, u32: UINT32, u4: UINT32 },
    ...{ int64: INT64, i64: INT64, long: INT64, uint64: UINT64, u64: UINT64 },
    ...{ generic: ANY, array: ANY, any: ANY },
  };
}

const TYPES = /* @__PURE__ */ typesByName();

/** How data of this tag are coded. Throws a TypeError for a declared type that does not fit them, or that is not known. */
export function codingOf({ type, dtype, dataType, fortranOrder }: Fields, tag: Tag, name: string): Coding {
  const declared = dtype ?? dataType ?? type;
  if (declared === undefined) return "numbers";
  const field = dtype !== undefined ? "dtype" : dataType !== undefined ? "dataType" : "type";
  const own = nameOf(declared);
  const fits = TYPES[own];
  if (fits === undefined) {
    throw expected(TypeError, `${name}.${field}`, 'a type of real numbers, such as "float32" or "float16"', declared);
  }
  const other = type === undefined ? fits : (TYPES[nameOf(type)] ?? fits);
  if (other !== fits) throw expected(TypeError, `${name}.type`, `the same as ${field}, "${own}"`, type);
  const isBits = fits === HALVES || fits === UPPER_HALVES;
  // npyjs decodes the halves of a file, and still names them.
  const isDecoded = isBits && tag === FLOAT32 && fortranOrder !== undefined;
  if (fits === ANY || isDecoded || (tag === "Array" && !isBits)) return "numbers";
  if (!fits.split(" ").includes(tag)) {
    throw expectedBut(TypeError, `${name}.${field}`, `"${own}" with data in ${fits}`, tag);
  }
  if (!isBits || tag === "Float16Array") return "numbers";
  return fits === HALVES ? "float16" : "bfloat16";
}

//  A type's name in lower case, without the library it is written with, byte order of this machine, or "Array" behind it.
function nameOf(declared: unknown): string {
  const text = typeof declared === "function" ? declared.name : String(declared);
  return text
    .toLowerCase()
    .replace(/^(torch|tf|np|numpy|jnp)\./, "")
    .replace(/^[<=|]/, "")
    .replace(/(?<=\d)array$/, "");
}
