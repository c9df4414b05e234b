// The kinds of array that numbers and sizes come in.

/** Float16Array, where the program's types know of it. */
export type HalfArray = typeof globalThis extends { Float16Array: { prototype: infer Half } } ? Half : never;

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

/** Sizes of the axes of an array. */
export type Shape = readonly number[] | NumericArray;
