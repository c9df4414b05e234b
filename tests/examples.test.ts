// Every example in the README and in the docs of public functions runs, and what its `// =>` says is true.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import * as library from "gumbel-softmax";

const AsyncFunction = (async () => {}).constructor as new (
  ...lines: string[]
) => (...values: unknown[]) => Promise<void>;

//  `expression; // => value` becomes a check; numbers are compared to the digits that are shown.
function checked(code: string): string {
  return code
    .replace(/^import .*$/gm, "")
    .replace(
      /^(?!\s*(?:const|let) )\s*(.+?); \/\/ => (.+)$/gm,
      (_, expression, value) => `check(${expression}, ${value});`,
    );
}

function check(got: unknown, shown: unknown): void {
  if (Array.isArray(shown)) {
    const list = Array.from(got as ArrayLike<unknown>);
    assert.equal(list.length, shown.length);
    list.forEach((value, i) => {
      check(value, shown[i]);
    });
  } else if (typeof shown === "number")
    assert.ok(Math.abs((got as number) - shown) <= 5.1e-5, `${got} is not ${shown}`);
  else assert.equal(got, shown);
}

async function runs(code: string, scope: Record<string, unknown>): Promise<void> {
  const names = { ...library, check, ...scope };
  await new AsyncFunction(...Object.keys(names), `"use strict";{${checked(code)}\n}`)(...Object.values(names));
}

const readme = readFileSync("README.md", "utf8");
for (const [i, [, code]] of [...readme.matchAll(/```js\n([\s\S]*?)```/g)].entries()) {
  test(`README, example ${i + 1}`, async () => {
    assert.match(code!, /\/\/ => /, "an example shows at least one value");
    await runs(code!, {});
  });
}

for (const file of readdirSync("src").filter((name) => name.endsWith(".ts"))) {
  const source = readFileSync(`src/${file}`, "utf8");
  for (const [, doc, name] of source.matchAll(
    /\/\*\*((?:(?!\*\/)[\s\S])*?@example(?:(?!\*\/)[\s\S])*)\*\/\n\s*(?:export )?(?:async )?(?:function |class )?(\w+)/g,
  )) {
    const code = doc!
      .split("@example")[1]!
      .replace(/^ *\* ?/gm, "")
      .trim();
    test(`${file}, ${name}`, () => runs(code, /\bgs = /.test(code) ? {} : { gs: library.loadSync() }));
  }
}
