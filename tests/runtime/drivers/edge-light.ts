// The Vercel edge runtime's VM; the bundle is made as Next.js makes it, whose `?module` imports read a global of the host.

import { readFileSync } from "node:fs";
import { type Driver, type Report, type Row, THREADS } from "../report.ts";
import { packageFile, packageModule } from "../tools.ts";
import { bundleFor, type Host } from "./bundle.ts";
import { withWorkplace } from "./workplace.ts";

/** What is used of the VM. */
interface Package {
  EdgeVM: new (options: {
    codeGeneration: { strings: boolean; wasm: boolean };
    initialCode: string;
    extend: <T extends object>(context: T) => T;
  }) => { dispatchFetch(url: string): Promise<Response> };
}

const NEXT: Host = {
  conditions: ["edge-light", "worker", "browser"],
  format: "iife",
  wasm: /\.wasm\?module$/,
  module: (name) => `export default globalThis[${JSON.stringify(name)}];`,
};
const runtime = "Vercel edge VM";

export const EDGE_LIGHT: Driver = {
  runtime,
  async run(cases): Promise<Row> {
    const vm = await packageModule<Package>("@edge-runtime/vm");
    if (vm.found === undefined) return { runtime, skip: vm.missing };
    const { EdgeVM } = vm.found;
    return withWorkplace(cases, "edge-light.js", async (folder) => {
      const { text, modules } = await bundleFor(NEXT, folder, "edge-light.js");
      const globals = Array.from(modules, ([name, bytes]) => [name, new WebAssembly.Module(new Uint8Array(bytes))]);
      const edge = new EdgeVM({
        // As deployed: neither text nor bytes are compiled. The VM by itself would do both.
        codeGeneration: { strings: false, wasm: false },
        initialCode: text,
        extend: (context) => Object.assign(context, Object.fromEntries(globals)),
      });
      const response = await edge.dispatchFetch(`http://localhost/?threads=${THREADS}`);
      if (!response.ok) throw new Error(await response.text());
      return { runtime, version: version(), threads: "no", report: (await response.json()) as Report };
    });
  },
};

function version(): string {
  return JSON.parse(readFileSync(packageFile("@edge-runtime/vm/package.json").found!, "utf8")).version;
}
