// Shapes: [outer, classes, inner] around an axis, in C-order.

import { checkSize, expected, expectedBut } from "../check.ts";

/** Class numbers are i32. */
const MOST_CLASSES = 0x7fffffff;

/** An array seen along `dim`: element (o, c, i) stands at (o * classes + c) * inner + i; (o, i) is row o * inner + i. */
export interface Axis {
  readonly dim: number;
  readonly outer: number;
  readonly classes: number;
  readonly inner: number;
  readonly rows: number;
}

/** Number of elements of a shape. Throws a RangeError for a size that is negative or fractional, and for too many in all. */
export function elements(shape: readonly number[], name: string): number {
  let count = 1;
  for (let i = 0; i < shape.length; i++) count *= checkSize(shape[i], name);
  if (!Number.isSafeInteger(count)) throw expectedBut(RangeError, name, "a safe number of elements", `[${shape}]`);
  return count;
}

/** The axis `dim` of a shape, negative from the end; `name` is the argument the shape came from. It has `least` classes or more. */
export function axis(shape: readonly number[], dim: unknown, name: string, least: 0 | 1 = 1): Axis {
  const rank = shape.length;
  if (rank === 0) throw expectedBut(RangeError, name, "at least one axis", "shape []");
  if (typeof dim !== "number") throw expected(TypeError, "dim", "an integer", dim);
  if (!Number.isInteger(dim) || dim < -rank || dim >= rank) {
    throw expected(RangeError, "dim", `an integer from ${-rank} to ${rank - 1}`, dim);
  }
  const at = dim < 0 ? dim + rank : dim;
  const classes = shape[at]!;
  if (classes < least)
    throw expectedBut(RangeError, name, "at least one class along dim", `shape [${shape}], dim ${dim}`);
  if (classes > MOST_CLASSES) throw expectedBut(RangeError, name, "fewer than 2^31 classes along dim", `${classes}`);
  let outer = 1;
  let inner = 1;
  for (let i = 0; i < at; i++) outer *= shape[i]!;
  for (let i = at + 1; i < rank; i++) inner *= shape[i]!;
  return { dim: at, outer, classes, inner, rows: outer * inner };
}

/** The axis that an option `dim` names, by default the last one. */
export function axisOf(shape: readonly number[], dim: number | undefined, name: string, least?: 0 | 1): Axis {
  return axis(shape, dim === undefined ? -1 : dim, name, least);
}

/** Position of class 0 of a row; the other classes follow at steps of `inner`. */
export function rowStart(row: number, { classes, inner }: Pick<Axis, "classes" | "inner">): number {
  return Math.floor(row / inner) * classes * inner + (row % inner);
}

/** The row that an element belongs to. */
export function rowOfElement(position: number, { classes, inner }: Pick<Axis, "classes" | "inner">): number {
  return Math.floor(position / (classes * inner)) * inner + (position % inner);
}

/** The class that an element belongs to. */
export function classOfElement(position: number, { classes, inner }: Pick<Axis, "classes" | "inner">): number {
  return Math.floor(position / inner) % classes;
}

export function sameShape(given: unknown, shape: readonly number[]): boolean {
  const sizes = given as ArrayLike<unknown>;
  if (typeof given !== "object" || given === null || sizes.length !== shape.length) return false;
  for (let i = 0; i < shape.length; i++) if (sizes[i] !== shape[i]) return false;
  return true;
}
