// examples/edge as wrangler serves it: bundled under its conditions, in a workerd process of its own.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WASM = "./kernels.wasm"; // as dist/index.workerd.js imports it

/** As much of miniflare as is used here; it is not among the packages of the repository's root. */
export interface MiniflareProcess {
  readonly ready: Promise<URL>;
  dispose(): Promise<void>;
}

export interface MiniflareModule {
  readonly Miniflare: new (options: object) => MiniflareProcess;
}

/** The options of miniflare that serve the example. */
export async function workerOptions(): Promise<object> {
  const directory = mkdtempSync(join(tmpdir(), "edge-"));
  try {
    cpSync(join(ROOT, "examples/edge"), directory, { recursive: true });
    const packages = join(directory, "node_modules");
    rmSync(packages, { recursive: true, force: true });
    mkdirSync(packages);
    symlinkSync(ROOT, join(packages, "gumbel-softmax"), "dir"); // what `npm install` makes of file:../..
    const wrangler = JSON.parse(readFileSync(join(directory, "wrangler.jsonc"), "utf8"));
    const bundle = await build({
      entryPoints: [join(directory, wrangler.main)],
      bundle: true,
      format: "esm",
      target: "es2022",
      conditions: ["workerd", "worker", "browser"],
      external: [WASM],
      write: false,
      logLevel: "warning",
    });
    return {
      modules: [
        { type: "ESModule", path: "worker.js", contents: bundle.outputFiles[0]!.text },
        { type: "CompiledWasm", path: "kernels.wasm", contents: readFileSync(join(ROOT, "dist/kernels.wasm")) },
      ],
      compatibilityDate: wrangler.compatibility_date,
      cf: false, // or it asks the network what a request from here looks like
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
