// `deno publish` with the arguments given, after `npm run build` and `npm run install:runtime`. JSR takes the
// sources and knows no loader for a .wasm: the kernels become modules, to which jsr.json maps the imports of src/.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { encode } from "./text.js";

const DENO = "tests/runtime/node_modules/deno/bin.cjs";
const SUFFIX = "?text";

const { imports } = JSON.parse(readFileSync("jsr.json", "utf8"));
for (const [from, to] of Object.entries(imports)) {
  const text = JSON.stringify(encode(readFileSync(from.slice(0, -SUFFIX.length))));
  writeFileSync(to, `const text: string = ${text};\nexport default text;\n`);
}

const args = [DENO, "publish", "--no-lock", "--no-npm", "--no-remote", ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
process.exitCode = status ?? 1;
