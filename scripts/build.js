// Bundles the library (the .wasm inlined as text, the bare .wasm beside it) and the command line into dist/.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { build } from "esbuild";
import { minify } from "terser";
import { encode } from "./text.js";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const common = { bundle: true, format: "esm", target: "es2022", logLevel: "warning", legalComments: "none" };

const SUBPATHS = ["distributions", "sampling", "schedules"];

//  Properties that only the inside knows: their names are not shipped. None may be an option, a property of a result, an export
//  of the kernels or a field of what a worker is told.
const INSIDE =
  "allocate arena area axis before block busy bytes capacity check classes cotangent cotangentAt cut draws failure firstClass floats gradient guarded host index inner inPlace instance kernels kind lead logits logitsAt lost mark merge onCotangent outAt outer overlaps place prove range redo reviver rowHi rowLo rows samples seedHi seedLo share slot slots start started store sums take task unavailable view workers";

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

const { outputFiles } = await build({
  ...common,
  entryPoints: ["src/index.ts", "src/index.workerd.ts", "src/index.edge-light.ts"],
  outdir: "dist",
  platform: "neutral",
  plugins: [text],
  //  What the edge entries import stands beside them in dist/ and is the bundler's of the host.
  external: ["./kernels.wasm", "*.wasm?module"],
  mangleProps: new RegExp(`^(${INSIDE.replaceAll(" ", "|")})$`),
  sourcemap: true,
  //  Whitespace is for terser: esbuild drops with it the notes that a call may be dropped.
  minifySyntax: true,
  minifyIdentifiers: true,
  write: false,
});
//  terser makes the entries 2 % smaller than esbuild does, which the size they may have needs.
for (const { path, text: code } of outputFiles.filter((file) => file.path.endsWith(".js"))) {
  const url = `${basename(path)}.map`;
  const content = outputFiles.find((file) => file.path === `${path}.map`).text;
  const shrunk = await minify(code, {
    module: true,
    ecma: 2022,
    compress: { passes: 3 },
    //  Node shows the line of an uncaught error; it should not be all of the file.
    format: { max_line_len: 8000, preserve_annotations: true },
    sourceMap: { content, url },
  });
  writeFileSync(path, shrunk.code);
  writeFileSync(`${path}.map`, shrunk.map);
}

//  What is not kernels: functions of numbers, or of an instance that they are given, each entry on its own.
await build({
  ...common,
  entryPoints: Object.fromEntries(SUBPATHS.map((name) => [name, `src/${name}/index.ts`])),
  outdir: "dist",
  platform: "neutral",
  minify: true,
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
