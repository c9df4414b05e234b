// Tells formats by the names of files.

import { extname } from "node:path";

/** The formats that are written; all of them are read, and .npz is too. */
export const FORMATS = ["npy", "csv", "jsonl", "json"] as const;
export const INPUT_FORMATS = ["npy", "npz", "csv", "jsonl", "json"] as const;
export type Format = (typeof FORMATS)[number];
export type InputFormat = (typeof INPUT_FORMATS)[number];

const EXTENSIONS: Record<string, InputFormat> = {
  ".npy": "npy",
  ".csv": "csv",
  ".tsv": "csv",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".json": "json",
  ".npz": "npz",
};

export interface Named {
  /** Without ".gz", in lower case; "" if there is none. */
  extension: string;
  /** undefined: the name does not tell */
  format: InputFormat | undefined;
  gzip: boolean;
}

export function readName(path: string): Named {
  const gzip = isGzip(path);
  const extension = extname(gzip ? path.slice(0, -".gz".length) : path).toLowerCase();
  return { extension, format: EXTENSIONS[extension], gzip };
}

export function isGzip(path: string): boolean {
  return /\.gz$/i.test(path);
}

/** A name that tells of a format which is not read. The bytes of a .txt, and of a name without extension, tell theirs. */
export function isUnknownInput({ extension, format }: Named): boolean {
  return extension !== "" && extension !== ".txt" && format === undefined;
}

/** A name that tells of a format which is not written. */
export function isUnknownOutput({ extension, format }: Named): boolean {
  return extension !== "" && (format === undefined || format === "npz");
}

/** All extensions, for messages. */
export const KNOWN_OUTPUTS: string = Object.keys(EXTENSIONS)
  .filter((extension) => extension !== ".npz")
  .join(", ");
export const KNOWN_INPUTS: string = Object.keys(EXTENSIONS).join(", ");
