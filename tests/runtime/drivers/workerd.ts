// Cloudflare workerd, by Miniflare; the bundle is made as wrangler makes it.

import { readFileSync } from "node:fs";
import { type Driver, type Report, type Row, THREADS } from "../report.ts";
import { packageFile, packageModule } from "../tools.ts";
import { bundleFor, type Host } from "./bundle.ts";
import { withWorkplace } from "./workplace.ts";

interface Module {
  type: "ESModule" | "CompiledWasm";
  path: string;
  contents: string | Uint8Array;
}

/** What is used of Miniflare. */
interface Package {
  Miniflare: new (options: {
    modules: Module[];
    compatibilityDate: string;
  }) => { dispatchFetch(url: string): Promise<Response>; dispose(): Promise<void> };
}

const WRANGLER: Host = { conditions: ["workerd", "worker", "browser"], format: "esm", wasm: /\.wasm(\?module)?$/ };
const runtime = "Cloudflare workerd";

export const WORKERD: Driver = {
  runtime,
  async run(cases): Promise<Row> {
    const miniflare = await packageModule<Package>("miniflare");
    if (miniflare.found === undefined) return { runtime, skip: miniflare.missing };
    const { Miniflare } = miniflare.found;
    return withWorkplace(cases, "workerd.js", async (folder) => {
      const { text, modules } = await bundleFor(WRANGLER, folder, "workerd.js");
      const compiled = Array.from(modules, ([path, contents]): Module => ({ type: "CompiledWasm", path, contents }));
      const worker = new Miniflare({
        modules: [{ type: "ESModule", path: "worker.js", contents: text }, ...compiled],
        compatibilityDate: "2026-04-01",
      });
      try {
        const response = await worker.dispatchFetch(`http://localhost/?threads=${THREADS}`);
        if (!response.ok) throw new Error(await response.text());
        return { runtime, version: version(), threads: "no", report: (await response.json()) as Report };
      } finally {
        await worker.dispose();
      }
    });
  },
};

function version(): string {
  return JSON.parse(readFileSync(packageFile("workerd/package.json").found!, "utf8")).version;
}
