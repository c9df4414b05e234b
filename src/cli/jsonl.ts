// JSON lines: one array of numbers per line, nested or not, or an object that holds it as "logits"; all of one shape.
// JSON has no infinities: the strings "-Infinity" and "-inf" stand for a masked class.

import { DataError, quote } from "./errors.ts";
import type { Bytes } from "./input.ts";
import { blocksOfLines } from "./lines.ts";
import { type Batch, itemsPerBatch, lineReader, product, type Reader } from "./tensors.ts";

// As many axes as a NumPy array may have.
const DEEPEST = 64;

const WORDS: ReadonlyMap<unknown, number> = new Map([
  ["-Infinity", -Infinity],
  ["-inf", -Infinity],
  ["Infinity", Infinity],
  ["inf", Infinity],
  ["NaN", Number.NaN],
  ["nan", Number.NaN],
]);

export function openJsonLines(bytes: Bytes): Promise<Reader> {
  return lineReader(tensors(bytes), bytes.name, () => bytes.fraction());
}

async function* tensors(bytes: Bytes): AsyncGenerator<Batch> {
  let shape: number[] | undefined;
  let data = new Float32Array(0);
  let size = 0;
  let filled = 0;
  let count = 0;
  for await (const lines of blocksOfLines(bytes)) {
    for (const { block, start, end, number } of lines) {
      const where = `${bytes.name}:${number}`;
      const value = parse(block.toString("utf8", start, end), where);
      if (shape === undefined) {
        shape = shapeOf(value, where);
        size = product(shape);
        data = new Float32Array(itemsPerBatch(size) * size);
      }
      filled = flatten(value, shape, 0, data, filled, where);
      if (++count === itemsPerBatch(size)) {
        yield { data, shape: [count, ...shape] };
        filled = 0;
        count = 0;
      }
    }
  }
  if (count > 0) yield { data: data.subarray(0, filled), shape: [count, ...shape!] };
}

function parse(text: string, where: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const hint = /\b(Infinity|NaN)\b/.test(text) ? '; write a masked class as the string "-Infinity"' : "";
    throw new DataError(`${where}: not JSON: ${quote(text)}${hint}`);
  }
  if (value !== null && typeof value === "object" && "logits" in value) return value.logits;
  return value;
}

function shapeOf(value: unknown, where: string): number[] {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) {
    shape.push(inner.length);
    if (shape.length > DEEPEST) throw new DataError(`${where}: more than ${DEEPEST} axes`);
  }
  if (shape.length === 0) {
    throw new DataError(
      `${where}: expected an array of numbers or {"logits": [...]}, got ${quote(JSON.stringify(value))}`,
    );
  }
  return shape;
}

function flatten(
  value: unknown,
  shape: readonly number[],
  axis: number,
  data: Float32Array,
  at: number,
  where: string,
): number {
  if (!Array.isArray(value) || value.length !== shape[axis]) {
    const got = Array.isArray(value) ? `${value.length} numbers` : quote(JSON.stringify(value));
    throw new DataError(`${where}: expected an array of shape [${shape.join(", ")}], got ${got} at depth ${axis + 1}`);
  }
  for (const element of value) {
    if (axis < shape.length - 1) at = flatten(element, shape, axis + 1, data, at, where);
    else data[at++] = typeof element === "number" ? element : word(element, where);
  }
  return at;
}

function word(value: unknown, where: string): number {
  const known = WORDS.get(value);
  if (known !== undefined) return known;
  const hint = value === null ? '; write a masked class as the string "-Infinity"' : "";
  throw new DataError(`${where}: expected a number, got ${quote(JSON.stringify(value))}${hint}`);
}
