// Minifies the entry as a user's bundler does, for size-limit, into build/size/; prints the share of each room (folder of src/)
// and the cost of the kernels' text. Needs a build.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const ENTRY = "dist/index.js";
const MINIFIED = "build/size/index.js";
const MINIFY = { format: "esm", target: "es2022", minify: true };

async function minify(code) {
  return (await transform(code, MINIFY)).code;
}

const compressed = (code) => ({ gzip: gzipSync(code, { level: 9 }).length, brotli: brotliCompressSync(code).length });

/** Bytes that the files of each room have in the minified entry, the largest first. */
async function rooms() {
  const { metafile } = await build({
    ...MINIFY,
    entryPoints: ["src/index.ts"],
    bundle: true,
    write: false,
    metafile: true,
    //  Their text is counted where it ships.
    loader: { ".wasm": "empty" },
  });
  const bytes = new Map();
  for (const [path, { bytesInOutput }] of Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs),
  )) {
    const room = /^src\/([^/]+)\//.exec(path)?.[1] ?? "";
    const name = room === "" ? "src/*.ts" : `src/${room}/`;
    bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
  }
  return [...bytes].sort(([, a], [, b]) => b - a);
}

const code = readFileSync(ENTRY, "utf8");
const [text] = /"[^"\n]{10000,}"/.exec(code);
const minified = await minify(code);
mkdirSync("build/size", { recursive: true });
writeFileSync(MINIFIED, minified);

const [all, rest] = [minified, await minify(code.replace(text, '""'))].map(compressed);
const parts = [...(await rooms()), ["the kernels as text", text.length]];
const line = (name, bytes) =>
  `${name.padEnd(20)} ${String(bytes).padStart(6)} ${((100 * bytes) / minified.length).toFixed(1).padStart(5)} %`;
console.log(`${ENTRY}, minified: bytes, and their share`);
for (const [name, bytes] of parts) console.log(line(name, bytes));
console.log(line("all", minified.length));
console.log(`compressed: gzip ${all.gzip}, brotli ${all.brotli}`);
console.log(`of these the kernels' text costs gzip ${all.gzip - rest.gzip}, brotli ${all.brotli - rest.brotli}\n`);
