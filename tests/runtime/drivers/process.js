// Runs the cases in Node, Deno or Bun and prints what they hand back. It ends by itself: an instance with threads stays open.
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import * as library from "gumbel-softmax";
import { runCases } from "./cases.js";

const threads = Number(process.argv[2]);
const kernels = readFileSync(fileURLToPath(import.meta.resolve("gumbel-softmax/kernels.wasm")));
const report = await runCases(library, { threads, module: await WebAssembly.compile(kernels) });
const version = globalThis.Deno?.version.deno ?? globalThis.Bun?.version ?? process.versions.node;
console.log(JSON.stringify({ version, report }));

const open = await library.load({ threads });
open.softmax({ data: new Float32Array(1_000_000), shape: [10_000, 100] });
