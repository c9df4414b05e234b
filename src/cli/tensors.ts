// Tensors as readers give and writers take them: in C-order, cut along their leading axes into batches.
//
// Rows are independent, so a tensor of shape [...outer, classes, ...inner] can be cut anywhere in its outer axes. A batch is a
// number of whole [classes, ...inner] items; row numbers go on from batch to batch through `rowOffset`, so that the result does
// not depend on where the cuts fall.

import { DataError, UsageError } from "./errors.ts";

/** Elements in a batch: large enough to hide the cost of a call, small enough to stay in a processor's cache. */
const BATCH = 65536;

/** The leading length of a tensor whose end has not been read yet. */
export const UNKNOWN = -1;

export interface Batch {
  /** Valid until the next batch is asked for; empty when only a shape was given. */
  data: Float32Array;
  /** [items, ...the shape of an item] */
  shape: number[];
  /** For text: the number of each line whose elements these are; all have equally many. Valid as long as `data`. */
  lines?: Float64Array;
}

/** The look of a CSV, which its result takes on. */
interface CsvLook {
  delimiter: string;
  /** The names of the classes, as they stand in the file. */
  header: string[] | undefined;
}

export interface Reader {
  /** The whole tensor's shape; its first length is UNKNOWN for text. */
  readonly shape: number[];
  /** Only of a CSV. */
  readonly csv?: CsvLook;
  /** The part already read, from 0 to 1, if the size is known. */
  fraction(): number | undefined;
  /** The batches; a text is cut into lines whatever `dim` (negative) is. */
  batches(dim: number): AsyncGenerator<Batch>;
}

/** The kind of values that a result has: f32, class numbers, or each class number (i32) followed by its score (the bits of an f32). */
export type Values = "floats" | "indices" | "pairs";

export interface Writer {
  write(data: Float32Array | Int32Array): Promise<void>;
  /** After the last batch of each draw. */
  endDraw(): Promise<void>;
  /** `leading` is the final length of the first axis, for a shape that was UNKNOWN. */
  end(leading: number): Promise<void>;
  /** Gives up and leaves no file behind. */
  discard(): Promise<void>;
}

export function product(lengths: readonly number[]): number {
  return lengths.reduce((size, length) => size * length, 1);
}

/** Number of items of a size in a batch. */
export function itemsPerBatch(itemSize: number): number {
  return Math.max(1, Math.floor(BATCH / Math.max(1, itemSize)));
}

/** The axis of the classes counted from the end, which stays the same when leading axes are merged. */
export function axisFromEnd(dim: number, shape: readonly number[], name: string): number {
  const rank = shape.length;
  if (rank === 0) throw new DataError(`${name}: expected an array, got a single number`);
  if (dim < -rank || dim >= rank) {
    throw new UsageError(`--dim: expected an integer from ${-rank} to ${rank - 1} for ${rank} axes, got ${dim}`);
  }
  const axis = dim < 0 ? dim : dim - rank;
  if (shape.at(axis) === 0) throw new DataError(`${name}: expected at least one class along --dim ${dim}, got 0`);
  return axis;
}

/** The message about a finite number beyond f32. It would become an infinity, which nobody gave; -Infinity would be a mask. */
export function outsideF32(text: string): string {
  return `expected numbers from -3.4028235e38 to 3.4028235e38, got ${text}`;
}

/** A tensor of known shape as batches whose data comes from `take(elements)`, called in order. */
export async function* slabs(
  shape: readonly number[],
  dim: number,
  take: (elements: number) => Float32Array | Promise<Float32Array>,
): AsyncGenerator<Batch> {
  const item = shape.slice(dim);
  const items = product(shape.slice(0, dim));
  const step = itemsPerBatch(product(item));
  for (let start = 0; start < items; start += step) {
    const count = Math.min(step, items - start);
    yield { data: await take(count * product(item)), shape: [count, ...item] };
  }
}

/** A reader that has a shape and no data, for noise. */
export function shapeReader(shape: number[]): Reader {
  const none = new Float32Array(0);
  let given = 0;
  const take = (elements: number): Float32Array => {
    given += elements;
    return none;
  };
  return { shape, fraction: () => given / product(shape), batches: (dim) => slabs(shape, dim, take) };
}

/** Batches of text lines as a reader: the first one tells the shape of a line. */
export async function lineReader(
  batches: AsyncGenerator<Batch>,
  name: string,
  fraction: () => number | undefined,
): Promise<Reader> {
  const first = await batches.next();
  if (first.done) throw new DataError(`${name}: expected numbers, got no row at all`);
  async function* all(): AsyncGenerator<Batch> {
    yield (first as IteratorYieldResult<Batch>).value;
    yield* batches;
  }
  return { shape: [UNKNOWN, ...first.value.shape.slice(1)], fraction, batches: all };
}

/** The whole tensor in memory, for classes that lie along an axis whose end is not known. */
export async function gather(reader: Reader, dim: number): Promise<Reader> {
  const parts: Float32Array[] = [];
  const numbers: Float64Array[] = [];
  let count = 0;
  for await (const { data, shape, lines } of reader.batches(dim)) {
    parts.push(data.slice());
    count += shape[0]!;
    if (lines) numbers.push(lines.slice());
  }
  const whole = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
  const lines = numbers.length > 0 ? new Float64Array(count) : undefined;
  joinInto(whole, parts);
  if (lines) joinInto(lines, numbers);
  const shape = [count, ...reader.shape.slice(1)];
  async function* batches(axis: number): AsyncGenerator<Batch> {
    for await (const batch of slabs(shape, axis, () => whole)) yield { ...batch, ...(lines && { lines }) };
  }
  return { ...reader, shape, batches };
}

function joinInto(whole: Float32Array | Float64Array, parts: (Float32Array | Float64Array)[]): void {
  let at = 0;
  for (const part of parts.splice(0)) {
    whole.set(part, at);
    at += part.length;
  }
}
