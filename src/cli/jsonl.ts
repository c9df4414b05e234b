// JSON: one array of numbers per line, nested or not, or an object that holds it as "logits"; all of one shape. Or one document, an
// array of such arrays, over as many lines as it likes.
//
// JSON has no infinities. Strings stand for them, in the spellings that CSV takes; and the bare words that Python's json.dumps writes
// are read as well.

import { readFloat } from "./decimal.ts";
import { DataError, quote } from "./errors.ts";
import type { Bytes } from "./input.ts";
import { type Part, partsOf } from "./json-array.ts";
import { blocksOfLines, type Line } from "./lines.ts";
import { type Batch, itemsPerBatch, lineReader, outsideF32, product, type Reader, slabs } from "./tensors.ts";

// As many axes as a NumPy array may have.
const DEEPEST = 64;

interface Item {
  value: unknown;
  /** Of the line on which it begins, if that is known. */
  number: number | undefined;
}

export function openJsonLines(bytes: Bytes): Promise<Reader> {
  return tensorReader(itemsOf(blocksOfLines(bytes), bytes.name), bytes);
}

export async function openJson(bytes: Bytes): Promise<Reader> {
  const blocks = partsOf(bytes);
  let first: Part | undefined;
  let rest: Iterator<Part> | undefined;
  while (first === undefined) {
    const { done, value } = await blocks.next();
    if (done) break;
    rest = value[Symbol.iterator]();
    first = rest.next().value;
  }
  if (first?.whole) {
    const value = parse(first, bytes.name);
    if (!Array.isArray(value) || !Array.isArray(value[0])) return rowReader(value, bytes);
    async function* elements(values: unknown[]): AsyncGenerator<Item[]> {
      yield values.map((element) => ({ value: element, number: undefined }));
    }
    return tensorReader(elements(value), bytes);
  }
  async function* parts(): AsyncGenerator<Iterable<Line>> {
    if (first) yield [first];
    if (rest) yield { [Symbol.iterator]: () => rest };
    yield* blocks;
  }
  return tensorReader(itemsOf(parts(), bytes.name), bytes);
}

function tensorReader(blocks: AsyncGenerator<Iterable<Item>>, bytes: Bytes): Promise<Reader> {
  return lineReader(tensors(blocks, bytes.name), bytes.name, () => bytes.fraction());
}

/** Items by the block: a promise for each would take longer than its numbers. */
async function* itemsOf(blocks: AsyncGenerator<Iterable<Line>>, name: string): AsyncGenerator<Iterable<Item>> {
  function* parsed(lines: Iterable<Line>): Generator<Item> {
    for (const line of lines) yield { value: parse(line, name), number: line.number };
  }
  for await (const lines of blocks) yield parsed(lines);
}

/** A document that is a single row. */
function rowReader(value: unknown, bytes: Bytes): Reader {
  const where = `${bytes.name}:1`;
  const shape = shapeOf(value, where);
  const data = new Float32Array(product(shape));
  flatten(value, shape, 0, data, 0, where);
  return { shape, fraction: () => bytes.fraction(), batches: (dim) => slabs(shape, dim, () => data) };
}

async function* tensors(blocks: AsyncGenerator<Iterable<Item>>, name: string): AsyncGenerator<Batch> {
  let shape: number[] | undefined;
  let data = new Float32Array(0);
  let lines: Float64Array | undefined;
  let size = 0;
  let most = 0;
  let filled = 0;
  let count = 0;
  const batch = (): Batch => ({
    data: data.subarray(0, filled),
    shape: [count, ...shape!],
    ...(lines && { lines: lines.subarray(0, count) }),
  });
  for await (const items of blocks) {
    for (const { value, number } of items) {
      const where = number === undefined ? name : `${name}:${number}`;
      if (shape === undefined) {
        shape = shapeOf(value, where);
        size = product(shape);
        most = itemsPerBatch(size);
        data = new Float32Array(most * size);
        if (number !== undefined) lines = new Float64Array(most);
      }
      filled = flatten(value, shape, 0, data, filled, where);
      if (lines) lines[count] = number!;
      if (++count < most) continue;
      yield batch();
      filled = 0;
      count = 0;
    }
  }
  if (count > 0) yield batch();
}

function parse({ block, start, end, number }: Line, name: string): unknown {
  const text = block.toString("utf8", start, end);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    try {
      value = JSON.parse(withQuotedWords(text));
    } catch {
      const hint =
        text.startsWith("[") && !text.includes("]")
          ? "; for an array over several lines, give --input-format json"
          : "";
      throw new DataError(`${name}:${number}: not JSON: ${quote(text)}${hint}`);
    }
  }
  if (value !== null && typeof value === "object" && "logits" in value) return value.logits;
  return value;
}

/** The text with its bare words for what is not finite in quotes. */
function withQuotedWords(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|[-+]?\b(?:infinity|inf|nan)\b/gi, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  );
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
    else data[at++] = typeof element === "number" ? inRange(element, where) : word(element, where);
  }
  return at;
}

function inRange(value: number, where: string): number {
  // JSON.parse makes Infinity of digits beyond f64.
  if (Number.isFinite(Math.fround(value))) return value;
  throw new DataError(
    `${where}: ${outsideF32(Number.isFinite(value) ? String(value) : `one beyond ${Math.sign(value) * 1.8}e308`)}`,
  );
}

const float = new Float32Array(1);

function word(value: unknown, where: string): number {
  if (typeof value === "string" && !/\d/.test(value)) {
    const bytes = Buffer.from(value.trim());
    if (readFloat(bytes, 0, bytes.length, float, 0)) return float[0]!;
  }
  const hint = value === null ? '; write a masked class as the string "-Infinity"' : "";
  throw new DataError(`${where}: expected a number, got ${quote(JSON.stringify(value))}${hint}`);
}
