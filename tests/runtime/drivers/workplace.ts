// A folder as a user has it: the built package in node_modules, the bundled cases, and a program that runs them.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Lends the folder; `program` is a file beside this one, and lies there under its own name. */
export async function withWorkplace<T>(
  cases: string,
  program: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "gumbel-softmax-runtime-"));
  try {
    const installed = join(folder, "node_modules", "gumbel-softmax");
    mkdirSync(installed, { recursive: true });
    for (const part of ["package.json", "dist"]) cpSync(join(ROOT, part), join(installed, part), { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "type": "module", "dependencies": { "gumbel-softmax": "*" } }');
    writeFileSync(join(folder, "cases.js"), cases);
    cpSync(fileURLToPath(new URL(program, import.meta.url)), join(folder, program));
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
