// Bytes that a page has to fetch: of the entry what a bundler or a CDN makes of it, of the kernels all.

import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { transformSync } from "esbuild";
import { file } from "./competitors.ts";
import type { Size } from "./result.ts";

export function sizes(): Size[] {
  const entry = readFileSync(file("../dist/index.js"), "utf8");
  const minified = transformSync(entry, { format: "esm", target: "es2022", minify: true }).code;
  return [
    size("dist/index.js, minified", Buffer.from(minified)),
    ...["dist/kernels.wasm", "dist/kernels.shared.wasm"].map((name) => size(name, readFileSync(file(`../${name}`)))),
  ];
}

function size(name: string, bytes: Uint8Array): Size {
  const gzip = gzipSync(bytes, { level: 9 }).length;
  return { file: name, raw: bytes.length, gzip, brotli: brotliCompressSync(bytes).length };
}
