// Bundles a program as the bundler of an edge host does: under the host's conditions, the .wasm files kept apart as modules.

import { readFileSync } from "node:fs";
import { build, type Format } from "esbuild";

export interface Bundle {
  text: string;
  /** The .wasm files that it imports, by the names it has for them. */
  modules: Map<string, Uint8Array>;
}

export interface Host {
  conditions: string[];
  format: Format;
  /** Imports that give a compiled module. */
  wasm: RegExp;
  /** The text of a module that gives the compiled module of this name; without it, the import is left to the host. */
  module?: (name: string) => string;
}

/** Bundles a program of a workplace. */
export async function bundleFor(host: Host, folder: string, program: string): Promise<Bundle> {
  const modules = new Map<string, Uint8Array>();
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: [program],
    bundle: true,
    format: host.format,
    target: "es2022",
    conditions: host.conditions,
    mainFields: ["browser", "module", "main"],
    logLevel: "warning",
    write: false,
    plugins: [
      {
        name: "compiled modules",
        setup(bundler) {
          bundler.onResolve({ filter: host.wasm }, async ({ path, kind, importer, resolveDir, pluginData }) => {
            if (pluginData === "resolving") return undefined;
            const bare = path.replace("?module", "");
            const options = { kind, importer, resolveDir, pluginData: "resolving" };
            const found = await bundler.resolve(bare, options);
            if (found.errors.length > 0) return { errors: found.errors };
            const name = `kernels${modules.size}.wasm`;
            modules.set(name, readFileSync(found.path));
            return host.module ? { path: name, namespace: "compiled" } : { path: `./${name}`, external: true };
          });
          bundler.onLoad({ filter: /./, namespace: "compiled" }, ({ path }) => ({ contents: host.module!(path) }));
        },
      },
    ],
  });
  return { text: outputFiles[0]!.text, modules };
}
