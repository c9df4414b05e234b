// Finds the format of bytes, and opens readers and writers.

import { type CsvOptions, openCsv } from "./csv.ts";
import { DataError } from "./errors.ts";
import type { Bytes } from "./input.ts";
import { openJson, openJsonLines } from "./jsonl.ts";
import type { Format, InputFormat } from "./names.ts";
import { NpyWriter, openNpy } from "./npy.ts";
import { openOutput } from "./output.ts";
import { type Reader, UNKNOWN, type Values, type Writer } from "./tensors.ts";
import { TextWriter } from "./text.ts";

/** The format by the first bytes: NumPy's magic or that of a zip, a bracket, or else text without control characters. */
export async function formatOfBytes(bytes: Bytes): Promise<InputFormat> {
  const start = (await bytes.peek(4096))?.subarray(0, 4096).toString("latin1") ?? "";
  if (start.startsWith("\x93NUMPY")) return "npy";
  if (start.startsWith("PK\x03\x04") || start.startsWith("PK\x05\x06")) return "npz";
  const text = start.replace(/^\xef\xbb\xbf/, "").trimStart();
  if (/^[[{]/.test(text)) return isWholeLine(text) ? "jsonl" : "json";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they tell binary data from text
  if (/[\0-\x08\x0e-\x1f]/.test(start)) throw new DataError(`${bytes.name}: neither .npy nor .npz nor CSV nor JSON`);
  return "csv";
}

/** Whether the first line closes what it opens, as each one of JSON lines does. One that is longer than the start is taken for such. */
function isWholeLine(text: string): boolean {
  const line = /^[^\n]*(?=\n)/.exec(text)?.[0];
  if (line === undefined) return true;
  const marks = line.replaceAll(/"(?:[^"\\]|\\.)*"/g, "");
  return count(marks, /[[{]/g) === count(marks, /[\]}]/g);
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

export function openReader(bytes: Bytes, format: Format, csv: CsvOptions): Promise<Reader> {
  if (format === "csv") return openCsv(bytes, csv);
  return { npy: openNpy, jsonl: openJsonLines, json: openJson }[format](bytes);
}

interface Result {
  values: Values;
  /** The shape of one draw; its first length may be UNKNOWN. */
  shape: readonly number[];
  draws: number;
  /** Of CSV. */
  delimiter: string;
  /** Of CSV. */
  header: readonly string[] | undefined;
}

/**
 * Opens a writer. In .npy and .json several draws get an axis in front; in other text they follow one another. A line of text holds one
 * index of the first axis. Without a second axis, floats share one line and class numbers have a line each.
 */
export async function openWriter(path: string | undefined, format: Format, result: Result): Promise<Writer> {
  const { values, shape, draws, delimiter, header } = result;
  if (format === "npy") {
    const output = await openOutput(path, shape.includes(UNKNOWN));
    return new NpyWriter(output, values, draws > 1 ? [draws, ...shape] : shape);
  }
  const array = shape.length > 1 || (values !== "floats" && shape.length > 0);
  const line = array ? shape.slice(1) : shape;
  const output = await openOutput(path, false);
  return new TextWriter(output, { format, line, values, delimiter, header, array, draws: draws > 1 });
}
