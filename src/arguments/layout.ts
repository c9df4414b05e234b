// Layouts that tensors declare: strides and an offset (ndarray, stdlib), or the order of the axes (npyjs, stdlib).

import { allocate, checkBoolean, checkSize, expected, expectedBut } from "../check.ts";
import type { Fields } from "./fields.ts";
import type { NumericArray } from "./numeric-array.ts";
import { sameShape } from "./shape.ts";

/** Element (i, j, …) stands at offset + i*strides[0] + j*strides[1] + … */
export interface Layout {
  readonly strides: readonly number[];
  readonly offset: number;
}

/** The layout that a tensor declares, or undefined for all of its data in C-order. */
export function layoutOf(fields: Fields, shape: readonly number[], name: string): Layout | undefined {
  const { stride, strides: own = stride, offset, order, fortranOrder } = fields;
  const field = `${name}.${fields.strides === undefined ? "stride" : "strides"}`;
  if (stride !== undefined && own !== stride && !sameShape(stride, listOf(own, field))) {
    throw expected(RangeError, `${name}.stride`, "the same as strides", stride);
  }
  const byColumns = checkBoolean(fortranOrder, `${name}.fortranOrder`, false);
  const columns = stridesOf(shape, true);
  if (own !== undefined) {
    const strides = listOf(own, field);
    for (const stride of strides) {
      if (!Number.isSafeInteger(stride)) throw expected(RangeError, field, "safe integers", stride);
    }
    // An array without axes has one stride in stdlib.
    if (strides.length !== shape.length && shape.length > 0) {
      throw expectedBut(RangeError, field, `${shape.length} of them, one for each axis`, `${strides.length}`);
    }
    if (byColumns && !sameShape(strides, columns)) {
      throw expectedBut(RangeError, field, `[${columns}], as fortranOrder says`, `[${strides}]`);
    }
    return { strides, offset: checkSize(offset, `${name}.offset`, 0) };
  }
  const inColumns = order === undefined ? byColumns : isByColumns(order, name);
  if (fortranOrder !== undefined && inColumns !== byColumns) {
    throw expected(RangeError, `${name}.order`, `that of fortranOrder, which is ${byColumns}`, order);
  }
  if (offset === undefined && !inColumns) return undefined;
  return {
    strides: inColumns ? columns : stridesOf(shape, false),
    offset: checkSize(offset, `${name}.offset`, 0),
  };
}

//  ndarray gives an order of axes, too, by their strides; it has those as well.
function isByColumns(order: unknown, name: string): boolean {
  const wanted = '"C", "F", "row-major" or "column-major"';
  if (typeof order !== "string") throw expected(TypeError, `${name}.order`, wanted, order);
  if (/^(c|row-major)$/i.test(order)) return false;
  if (/^(f|column-major)$/i.test(order)) return true;
  throw expected(TypeError, `${name}.order`, wanted, order);
}

function listOf(strides: unknown, name: string): number[] {
  if (Array.isArray(strides) || ArrayBuffer.isView(strides)) return [...(strides as Int32Array)];
  throw expected(TypeError, name, "an array of strides", strides);
}

function stridesOf(shape: readonly number[], byColumns: boolean): number[] {
  const strides: number[] = new Array(shape.length);
  let step = 1;
  for (let i = 0; i < shape.length; i++) {
    const axis = byColumns ? i : shape.length - 1 - i;
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** Data of a layout in C-order: a part of them where they lie so, or else a copy. */
export function inOrder(
  data: NumericArray,
  layout: Layout,
  shape: readonly number[],
  count: number,
  name: string,
): NumericArray {
  const { strides, offset } = layout;
  if (count === 0) return data.subarray(0, 0);
  let [first, last] = [offset, offset];
  for (let i = 0; i < shape.length; i++) {
    const reach = strides[i]! * (shape[i]! - 1);
    if (reach < 0) first += reach;
    else last += reach;
  }
  if (first < 0 || last >= data.length) {
    throw expectedBut(RangeError, name, `a layout within its ${data.length} elements`, `elements ${first} to ${last}`);
  }
  if (isCOrder(strides, shape)) return count === data.length ? data : data.subarray(offset, offset + count);
  return gathered(data, layout, shape, count);
}

/** Whether strides are those of C-order; those of axes of length 1 do not matter. */
export function isCOrder(strides: readonly number[], shape: readonly number[]): boolean {
  const wanted = stridesOf(shape, false);
  return shape.every((size, i) => size === 1 || strides[i] === wanted[i]);
}

//  Line by line along the last axis. 16-bit integers stay what they are, for they may be the bits of floats.
function gathered(data: NumericArray, layout: Layout, shape: readonly number[], count: number): NumericArray {
  const tag = data[Symbol.toStringTag];
  const Kind = tag === "Float32Array" ? Float32Array : tag === "Uint16Array" ? Uint16Array : Float64Array;
  const out: NumericArray = allocate<NumericArray>(Kind, count);
  const { strides } = layout;
  const line = shape.length - 1;
  const [length, step] = [shape[line]!, strides[line]!];
  const index = new Array<number>(shape.length).fill(0);
  let start = layout.offset;
  for (let at = 0; at < count; ) {
    for (let i = 0, from = start; i < length; i++, from += step) out[at++] = data[from]!;
    for (let d = line - 1; d >= 0; d--) {
      start += strides[d]!;
      if (++index[d]! < shape[d]!) break;
      start -= strides[d]! * shape[d]!;
      index[d] = 0;
    }
  }
  return out;
}
