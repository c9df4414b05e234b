// What a page has to fetch.

import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { file } from "./competitors.ts";
import type { Size } from "./result.ts";

const FILES = ["index.js", "kernels.wasm", "kernels.shared.wasm"];

export function sizes(): Size[] {
  return FILES.map((name) => {
    const bytes = readFileSync(file(`../dist/${name}`));
    const gzip = gzipSync(bytes, { level: 9 }).length;
    return { file: `dist/${name}`, raw: bytes.length, gzip, brotli: brotliCompressSync(bytes).length };
  });
}
