// Bundles the library (the .wasm inlined as text, the bare .wasm beside it) and the command line into dist/.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";
import { encode } from "./text.js";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const common = { bundle: true, format: "esm", target: "es2022", logLevel: "warning", legalComments: "none" };

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
for (const name of ["kernels.wasm", "kernels.shared.wasm"]) copyFileSync(`build/${name}`, `dist/${name}`);

const text = {
  name: "text",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.wasm\?text$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.slice(0, path.indexOf("?"))),
      namespace: "text",
    }));
    onLoad({ filter: /.*/, namespace: "text" }, ({ path }) => ({
      contents: encode(readFileSync(path)),
      loader: "text",
    }));
  },
};

await build({
  ...common,
  entryPoints: ["src/index.ts", "src/index.workerd.ts", "src/index.edge-light.ts"],
  outdir: "dist",
  platform: "neutral",
  plugins: [text],
  //  What the edge entries import stands beside them in dist/ and is the bundler's of the host.
  external: ["./kernels.wasm", "*.wasm?module"],
  minify: true,
  //  Node shows the line of an uncaught error; it should not be all of the file.
  lineLimit: 1000,
  sourcemap: true,
});

await build({
  ...common,
  entryPoints: ["src/cli/main.ts"],
  outfile: "dist/cli.js",
  platform: "node",
  external: ["gumbel-softmax"],
  define: { VERSION: JSON.stringify(version) },
  banner: { js: "#!/usr/bin/env node" },
});
chmodSync("dist/cli.js", 0o755);
