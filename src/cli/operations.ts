// Carries out each command by a call of the library.

import type { load } from "gumbel-softmax";
import type { Settings } from "./arguments.ts";
import { DataError, UsageError } from "./errors.ts";
import { type Batch, product } from "./tensors.ts";

type Library = Awaited<ReturnType<typeof load>>;

/** The address of a batch's noise. */
interface Key {
  seed: bigint;
  rowOffset: bigint;
  classOffset: number;
}

/** Place of a batch in the input, for messages. */
interface Place {
  name: string;
  /** Number of the batch's first row. */
  row: number;
}

/** Computes a batch. An error names a row that cannot be sampled by its place in the whole input. */
export function computeRows(
  library: Library,
  settings: Settings,
  batch: Batch,
  dim: number,
  key: Key,
  place: Place,
): Float32Array | Int32Array {
  const { tau, hard, loc, scale, invalid } = settings;
  try {
    switch (settings.command) {
      case "sample":
        if (settings.scores) return pairs(library.categorical(batch, { dim, invalid, scores: true, ...key }));
        if (settings.indices) return library.categorical(batch, { dim, invalid, ...key }).data;
        return library.gumbelSoftmax(batch, { tau, hard, dim, invalid, ...key }).data;
      case "softmax":
        if (settings.log) return library.logSoftmax(batch, { tau, dim, invalid }).data;
        return library.softmax(batch, { tau, dim, invalid }).data;
      case "noise":
        return library.gumbel(batch.shape, { loc, scale, dim, ...key }).data;
      case "argmax":
        return library.argmax(batch, { dim, invalid }).data;
    }
  } catch (error) {
    // Beyond the checks of the arguments, the library has limits of its own.
    const { message } = error as Error;
    if (/^(tau|loc|scale): /.test(message)) throw new UsageError(`--${message}`);
    if (/^(row|class)Offset: /.test(message)) throw new UsageError(`--${message.replace("Offset", "-offset")}`);
    throw badRow(batch, dim, place) ?? error;
  }
}

/** Each class number, followed by the bits of its score. */
function pairs({ data, scores }: { data: Int32Array; scores?: Float32Array | undefined }): Int32Array {
  const bits = new Int32Array(scores!.buffer, scores!.byteOffset, scores!.length);
  const all = new Int32Array(2 * data.length);
  for (let i = 0; i < data.length; i++) {
    all[2 * i] = data[i]!;
    all[2 * i + 1] = bits[i]!;
  }
  return all;
}

// Applies the library's rule again, after a failure only: the library knows the row's number in the batch, not in the whole input.
function badRow(batch: Batch, dim: number, place: Place): DataError | undefined {
  const { data, shape } = batch;
  const classes = shape.at(dim)!;
  const inner = dim === -1 ? 1 : product(shape.slice(dim + 1));
  for (let row = 0; row < data.length / classes; row++) {
    const start = Math.floor(row / inner) * classes * inner + (row % inner);
    let largest = -Infinity;
    for (let index = 0; index < classes; index++) {
      const logit = data[start + index * inner]!;
      if (!(logit < Infinity)) {
        const at = where(batch, dim, place, row, start + index * inner);
        return new DataError(`${at}: expected logits below Infinity, got ${logit} in class ${index}`);
      }
      largest = Math.max(largest, logit);
    }
    if (largest === -Infinity) {
      return new DataError(`${where(batch, dim, place, row)}: expected a logit above -Infinity, got none`);
    }
  }
  return undefined;
}

/**
 * A row as its file counts. Where there are lines, it is the line, from 1, and among several rows of a line the number there; else it is
 * the number in the whole input, from 0. A row whose classes lie across the lines has a line only at the wrong `element`.
 */
function where({ data, shape, lines }: Batch, dim: number, place: Place, row: number, element?: number): string {
  const { name } = place;
  if (lines === undefined) return `${name}: row ${place.row + row}`;
  const perLine = data.length / lines.length;
  const classes = shape.at(dim)!;
  const rowsPerLine = perLine / classes;
  const inner = dim === -1 ? 1 : product(shape.slice(dim + 1));
  if (classes * inner > perLine) {
    const line = element === undefined ? "" : `:${lines[Math.floor(element / perLine)]}`;
    return `${name}${line}: row ${row}`;
  }
  const line = lines[Math.floor(row / rowsPerLine)]!;
  return rowsPerLine === 1 ? `${name}:${line}` : `${name}:${line}: row ${row % rowsPerLine} of the line`;
}
