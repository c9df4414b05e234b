// Builds dist/: the entries, readable, with comments and source maps, the kernels inlined in index.js as text; the bare .wasm
// beside them; the command line; and THIRD-PARTY.txt, the notices of code that is not ours.
//
// Rollup puts the entries together, because it leaves statements and comments as they are, and TypeScript takes the types out.
// esbuild, which drops comments, bundles the command line: nobody imports that, and it may bring CommonJS packages along.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";
import { rollup } from "rollup";
import ts from "typescript";
import { SUBPATHS } from "./entries.js";
import { notices } from "./notices.js";
import { encode } from "./text.js";

/** Each is a file that imports no other, so that a page may fetch it as it is. */
const ENTRIES = {
  index: "src/index.ts",
  "index.workerd": "src/index.workerd.ts",
  "index.edge-light": "src/index.edge-light.ts",
  ...Object.fromEntries(SUBPATHS.map(({ name }) => [name, `src/${name}/index.ts`])),
};
/** The edge entries leave these to the bundler of their host. */
const EXTERNAL = ["./kernels.wasm", "./kernels.wasm?module"];
const TARGET = "es2022";

const typescript = {
  name: "typescript",
  transform(code, fileName) {
    if (!fileName.endsWith(".ts")) return null;
    const compilerOptions = { target: TARGET, module: "esnext", verbatimModuleSyntax: true, sourceMap: true };
    const { outputText, sourceMapText } = ts.transpileModule(code, { fileName, compilerOptions });
    return { code: outputText, map: sourceMapText };
  },
};

const SUFFIX = "?text";
const kernelsAsText = {
  name: "kernels-as-text",
  resolveId(id, importer) {
    return id.endsWith(SUFFIX) ? resolve(importer, "..", id) : null;
  },
  load(id) {
    if (!id.endsWith(SUFFIX)) return null;
    const text = encode(readFileSync(id.slice(0, -SUFFIX.length)));
    return { code: `export default ${JSON.stringify(text)};`, map: { mappings: "" } };
  },
};

/** Bundles one entry; gives the files that are in it. */
async function bundleEntry(name, input) {
  const bundle = await rollup({
    input,
    external: EXTERNAL,
    plugins: [kernelsAsText, typescript],
    onwarn(warning) {
      throw new Error(warning.message);
    },
  });
  const { output } = await bundle.write({ file: `dist/${name}.js`, format: "esm", sourcemap: true });
  await bundle.close();
  return output[0].moduleIds;
}

/** Bundles the command line; gives the files that are in it. */
async function bundleCommand() {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  const { metafile } = await build({
    entryPoints: ["src/cli/main.ts"],
    outfile: "dist/cli.js",
    bundle: true,
    format: "esm",
    target: TARGET,
    platform: "node",
    external: ["gumbel-softmax"],
    define: { VERSION: JSON.stringify(version) },
    banner: { js: "#!/usr/bin/env node" },
    sourcemap: true,
    metafile: true,
    //  They are in THIRD-PARTY.txt.
    legalComments: "none",
    logLevel: "warning",
  });
  chmodSync("dist/cli.js", 0o755);
  return Object.keys(metafile.inputs);
}

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
for (const name of ["kernels.wasm", "kernels.shared.wasm"]) copyFileSync(`build/${name}`, `dist/${name}`);
const bundled = await Promise.all([
  ...Object.entries(ENTRIES).map(([name, input]) => bundleEntry(name, input)),
  bundleCommand(),
]);
writeFileSync("dist/THIRD-PARTY.txt", notices(bundled.flat()));
