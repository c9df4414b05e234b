// Compiles the C beside this file where that is possible, and lets it speak the protocol on this process's own pipes.
//
// Usage: node run.js [--stages]

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const here = import.meta.dirname;
const FLAGS = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O3", "-msse4.2", "-ffp-contract=off", "-Wno-psabi"];

function unavailable(reason) {
  console.log(JSON.stringify({ unavailable: reason }));
}

if (process.arch !== "x64") {
  unavailable(`written for x86-64, this is ${process.arch}`);
} else {
  const compiler = process.env.CC ?? "gcc";
  const folder = mkdtempSync(path.join(os.tmpdir(), "limit-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const binary = path.join(folder, "limit");
  const sources = readdirSync(here).filter((name) => name.endsWith(".c"));
  const built = spawnSync(compiler, [...FLAGS, ...sources, "-o", binary, "-lm"], { cwd: here, encoding: "utf8" });
  if (built.status === 0) {
    const child = spawn(binary, process.argv.slice(2), { stdio: "inherit" });
    child.on("close", (code) => {
      remove();
      process.exitCode = code ?? 1;
    });
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  } else {
    remove();
    unavailable(
      `${compiler} does not compile it: ${built.error?.message ?? built.stderr.split("\n").find((line) => line.includes("error"))}`,
    );
  }
}
