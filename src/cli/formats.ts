// Finds the format of bytes: by option, by the file's extension, by the first bytes.

import { extname } from "node:path";
import { openCsv } from "./csv.ts";
import { DataError } from "./errors.ts";
import type { Bytes } from "./input.ts";
import { openJsonLines } from "./jsonl.ts";
import { NpyWriter, openNpy } from "./npy.ts";
import { openOutput } from "./output.ts";
import { type Reader, UNKNOWN, type Writer } from "./tensors.ts";
import { TextWriter } from "./text.ts";

export const FORMATS = ["npy", "csv", "jsonl"] as const;
export type Format = (typeof FORMATS)[number];

const EXTENSIONS: Record<string, Format> = { ".npy": "npy", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl" };

export function formatOfName(path: string | undefined): Format | undefined {
  return path === undefined ? undefined : EXTENSIONS[extname(path).toLowerCase()];
}

/** The format by the first bytes: NumPy's magic, a bracket, or else text without control characters. */
export async function formatOfBytes(bytes: Bytes): Promise<Format> {
  const start = (await bytes.peek(4096))?.subarray(0, 4096).toString("latin1") ?? "";
  if (start.startsWith("\x93NUMPY")) return "npy";
  if (/^(\xef\xbb\xbf)?\s*[[{]/.test(start)) return "jsonl";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they tell binary data from text
  if (/[\0-\x08\x0e-\x1f]/.test(start)) throw new DataError(`${bytes.name}: neither .npy nor CSV nor JSON lines`);
  return "csv";
}

export function openReader(bytes: Bytes, format: Format): Promise<Reader> {
  return { npy: openNpy, csv: openCsv, jsonl: openJsonLines }[format](bytes);
}

interface Result {
  /** Class numbers instead of floats. */
  indices: boolean;
  /** The shape of one draw; its first length may be UNKNOWN. */
  shape: readonly number[];
  draws: number;
}

/**
 * Opens a writer. In .npy several draws get an axis in front; in text they follow one another. A line of text holds one index of the first
 * axis. Without a second axis, floats share one line and class numbers have a line each.
 */
export async function openWriter(path: string | undefined, format: Format, result: Result): Promise<Writer> {
  const { indices, shape, draws } = result;
  if (format === "npy") {
    const output = await openOutput(path, shape.includes(UNKNOWN));
    return new NpyWriter(output, indices ? "i4" : "f4", draws > 1 ? [draws, ...shape] : shape);
  }
  const line = shape.length > 1 || indices ? shape.slice(1) : shape;
  return new TextWriter(await openOutput(path, false), format === "jsonl", line);
}
