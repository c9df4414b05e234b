// Carries out each command by a call of the library.

import type { load } from "gumbel-softmax";
import type { Settings } from "./arguments.ts";
import { DataError, UsageError } from "./errors.ts";
import { type Batch, product } from "./tensors.ts";

type Library = Awaited<ReturnType<typeof load>>;

/** The address of a batch's noise. */
interface Key {
  seed: bigint;
  /** The number of the batch's first row in the whole input. */
  rowOffset: number;
}

/** Computes a batch. An error names a row that cannot be sampled by its number in the whole input. */
export function computeRows(
  library: Library,
  settings: Settings,
  batch: Batch,
  dim: number,
  key: Key,
  name: string,
): Float32Array | Int32Array {
  const { tau, hard, loc, scale } = settings;
  try {
    switch (settings.command) {
      case "sample":
        if (settings.indices) return library.categorical(batch, { dim, ...key }).data;
        return library.gumbelSoftmax(batch, { tau, hard, dim, ...key }).data;
      case "softmax":
        if (settings.log) return library.logSoftmax(batch, { tau, dim }).data;
        return library.softmax(batch, { tau, dim }).data;
      case "noise":
        return library.gumbel(batch.shape, { loc, scale, dim, ...key }).data;
      case "argmax":
        return library.argmax(batch, { dim }).data;
    }
  } catch (error) {
    // Beyond the checks of the arguments, the library has limits of its own.
    const { message } = error as Error;
    if (/^(tau|loc|scale): /.test(message)) throw new UsageError(`--${message}`);
    throw badRow(batch, dim, key.rowOffset, name) ?? error;
  }
}

// Applies the library's rule again, after a failure only: the library knows the row's number in the batch, not in the whole input.
function badRow({ data, shape }: Batch, dim: number, rowOffset: number, name: string): DataError | undefined {
  const classes = shape.at(dim)!;
  const inner = dim === -1 ? 1 : product(shape.slice(dim + 1));
  for (let row = 0; row < data.length / classes; row++) {
    const start = Math.floor(row / inner) * classes * inner + (row % inner);
    let largest = -Infinity;
    for (let index = 0; index < classes; index++) {
      const logit = data[start + index * inner]!;
      if (!(logit < Infinity)) {
        return new DataError(
          `${name}: row ${rowOffset + row}: expected logits below Infinity, got ${logit} in class ${index}`,
        );
      }
      largest = Math.max(largest, logit);
    }
    if (largest === -Infinity) {
      return new DataError(`${name}: row ${rowOffset + row}: expected a logit above -Infinity, got none`);
    }
  }
  return undefined;
}
