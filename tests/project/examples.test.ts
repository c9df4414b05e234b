// Every example in the README, in docs/ and in the docs of public functions runs, and what its `// =>` says is true. Every
// public function, class and method of the core has one.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import * as library from "gumbel-softmax";
import * as distributions from "gumbel-softmax/distributions";
import * as sampling from "gumbel-softmax/sampling";
import * as schedules from "gumbel-softmax/schedules";

type Names = Record<string, unknown>;

/** The entries, by the folder that their sources are in. */
const ENTRIES: Record<string, Names> = {
  src: library,
  "src/distributions": distributions,
  "src/sampling": sampling,
  "src/schedules": schedules,
};
const ALL: Names = Object.assign({}, ...Object.values(ENTRIES).reverse());

const AsyncFunction = (async () => {}).constructor as new (
  ...lines: string[]
) => (...values: unknown[]) => Promise<void>;

//  `expression; // => value` becomes a check; numbers are compared to the digits that are shown.
function checked(code: string): string {
  assert.match(code, /\/\/ => /, "an example shows at least one value");
  const checks = code
    .replace(
      /^import \{([^}]*)\} from "([^"]+)";/gm,
      (_, names: string, from) => `const {${names.replaceAll(" as ", ": ")}} = await imported("${from}", "${names}");`,
    )
    .replace(
      /^(?!\s*(?:const|let) )\s*(.+?); \/\/ => (.+)$/gm,
      (_, expression, value) => `check(${expression}, ${value});`,
    );
  assert.doesNotMatch(checks, /\/\/ => /, "a value that is not checked");
  return checks;
}

function check(got: unknown, shown: unknown): void {
  if (Array.isArray(shown)) {
    const list = Array.from(got as ArrayLike<unknown>);
    assert.equal(list.length, shown.length);
    list.forEach((value, i) => {
      check(value, shown[i]);
    });
  } else if (typeof shown === "number") {
    assert.ok(Object.is(got, shown) || Math.abs((got as number) - shown) <= 5.1e-5, `${got} is not ${shown}`);
  } else if (typeof shown === "object" && shown !== null) {
    assert.deepEqual(Object.keys(got as object), Object.keys(shown));
    for (const [name, value] of Object.entries(shown)) check((got as Names)[name], value);
  } else assert.equal(got, shown);
}

async function imported(from: string, names: string): Promise<Names> {
  const module: Names = await import(from);
  for (const name of names.split(",").map((name) => name.trim().split(" as ")[0]!)) {
    assert.ok(name === "" || name in module, `"${from}" has no ${name}`);
  }
  return module;
}

async function runs(code: string, names: Names): Promise<void> {
  const given = /\bgs = /.test(code) ? {} : { gs: library.loadSync() };
  const scope = { ...names, ...given, check, imported };
  await new AsyncFunction(...Object.keys(scope), `"use strict";{${checked(code)}\n}`)(...Object.values(scope));
}

for (const page of ["README.md", ...readdirSync("docs").map((name) => `docs/${name}`)].filter((p) =>
  p.endsWith(".md"),
)) {
  for (const [i, [, code]] of [...readFileSync(page, "utf8").matchAll(/```js\n([\s\S]*?)```/g)].entries()) {
    test(`${page}, example ${i + 1}`, () => runs(code!, ALL));
  }
}

/** The names whose doc has an example, as `file name`. */
const shown = new Set<string>();

/** Files of a folder and, of the core's, of all its rooms. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: folder === "src" })
    .map((name) => join(folder, String(name)))
    .filter((file) => file.endsWith(".ts"))
    .filter((file) => folder !== "src" || ENTRIES[dirname(file)] === undefined || dirname(file) === "src");
}

for (const folder of Object.keys(ENTRIES)) {
  for (const file of filesOf(folder)) {
    for (const [, doc, name] of readFileSync(file, "utf8").matchAll(
      /\/\*\*((?:(?!\*\/)[\s\S])*?@example(?:(?!\*\/)[\s\S])*)\*\/\n\s*(?:export )?(?:async )?(?:static )?(?:get )?(?:function |class |const )?(\w+)/g,
    )) {
      shown.add(`${file} ${name}`);
      for (const example of doc!.split("@example").slice(1)) {
        const code = example
          .replace(/^ *\* ?/gm, "")
          .replace(/^@[\s\S]*/m, "")
          .trim();
        test(`${file}, ${name}`, () => runs(code, { ...ALL, ...ENTRIES[folder] }));
      }
    }
  }
}

for (const [folder, entry] of Object.entries(ENTRIES)) {
  for (const name of Object.keys(entry).filter((name) => typeof entry[name] === "function")) {
    test(`${folder}: ${name} has an example`, () => {
      //  What an entry passes on may have its source beside the core's.
      const files = [...shown].filter((entry) => entry.endsWith(` ${name}`)).map((entry) => entry.split(" ")[0]!);
      assert.ok(files.some((file) => ["src", folder].includes(dirname(file))));
    });
  }
}

const core: object = Object.getPrototypeOf(library.loadSync());
for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(core))) {
  if (typeof value !== "function" || name === "constructor") continue;
  test(`GumbelSoftmax: ${name} has an example`, () => assert.ok(shown.has(`src/gumbel-softmax.ts ${name}`)));
}
