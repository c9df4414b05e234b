// Every example in the README, in docs/ and in the docs of public functions runs, and what its `// =>` says is true. Every
// public function, class and method of the core has one. The README's page loads the file it names, and its picture is the one
// that the library draws.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
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

// `expression; // => value` becomes a check; numbers are compared to the digits that are shown.
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

test("README.md has no loop in which a seed is fixed: its readers copy it", () => {
  const loops = [...readFileSync("README.md", "utf8").matchAll(/\b(?:for|while) \(.*\{\n([\s\S]*?)\n\}/g)];
  assert.ok(loops.length > 0);
  for (const [, body] of loops) assert.doesNotMatch(body!, /seed: *["\d]/);
});

test("README.md, the page without a bundler", async () => {
  const [, html] = /```html\n([\s\S]*?)```/.exec(readFileSync("README.md", "utf8"))!;
  const [, map] = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html!)!;
  const [, program] = /<script type="module">([\s\S]*?)<\/script>/.exec(html!)!;
  for (const [name, address] of Object.entries<string>(JSON.parse(map!).imports)) {
    assert.ok(program!.includes(`from "${name}"`));
    assert.ok(existsSync(address.replace("/node_modules/gumbel-softmax/", "/")), address);
  }
  const added: number[] = [];
  const document = { body: { append: (value: number) => added.push(value) } };
  await runs(`${program!.replace(/^ {2}/gm, "")}\ndone; // => true`, { ...ALL, document, done: true });
  assert.ok(added.length === 1 && added[0]! >= 0 && added[0]! < 3);
});

test("the README's picture is what the library draws", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/temperatures.js", "--check"], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
});

/** The names whose doc has an example, with the entries that their sources belong to. */
const shown = new Map<string, Set<string>>();

/** The entry that a source belongs to: the one with the deepest folder around it. */
function entryOf(file: string): string {
  const around = Object.keys(ENTRIES).filter((folder) => file.startsWith(join(folder, sep)));
  return around.reduce((a, b) => (b.length > a.length ? b : a));
}

for (const file of readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => join("src", name))) {
  const folder = entryOf(file);
  for (const [, doc, name] of readFileSync(file, "utf8").matchAll(
    /\/\*\*((?:(?!\*\/)[\s\S])*?@example(?:(?!\*\/)[\s\S])*)\*\/\n\s*(?:export )?(?:async )?(?:static )?(?:get )?(?:function |class |const )?(\w+)/g,
  )) {
    shown.set(name!, (shown.get(name!) ?? new Set()).add(folder));
    for (const example of doc!.split("@example").slice(1)) {
      const code = example
        .replace(/^ *\* ?/gm, "")
        .replace(/^@[\s\S]*/m, "")
        .trim();
      test(`${file}, ${name}`, () => runs(code, { ...ALL, ...ENTRIES[folder] }));
    }
  }
}

for (const [folder, entry] of Object.entries(ENTRIES)) {
  for (const name of Object.keys(entry).filter((name) => typeof entry[name] === "function")) {
    // What an entry passes on may have its source in the core.
    test(`${folder}: ${name} has an example`, () => {
      assert.ok(shown.get(name)?.has(folder) || shown.get(name)?.has("src"));
    });
  }
}

const core: object = Object.getPrototypeOf(library.loadSync());
for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(core))) {
  if (typeof value !== "function" || name === "constructor") continue;
  test(`GumbelSoftmax: ${name} has an example`, () => assert.ok(shown.get(name)?.has("src")));
}
