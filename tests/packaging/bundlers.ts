// The bundlers, each called as its users do, without a configuration, in the folder of the consumer.

import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { type Found, packageFile } from "../runtime/tools.ts";
import { run } from "./consumer.ts";

interface Bundler {
  name: string;
  /** Bundles src/index.js to dist/main.js, or index.html to dist/; gives what the bundler said. */
  bundle: Found<(dir: string) => Promise<string>>;
}

export const BUNDLERS: Bundler[] = [
  { name: "esbuild", bundle: { found: esbuild } },
  {
    name: "Rollup",
    bundle: command("rollup/dist/bin/rollup", "src/index.js", "-p", "node-resolve", "-o", "dist/main.js"),
  },
  { name: "webpack", bundle: command("webpack-cli/bin/cli.js", "--mode", "production") },
  { name: "Vite", bundle: command("vite/bin/vite.js", "build") },
];

/** Bundles into a fresh dist/ that has a page; gives what the bundler said. */
export async function bundlePage(bundle: (dir: string) => Promise<string>, dir: string): Promise<string> {
  const page = join(dir, "dist/index.html");
  await rm(join(dir, "dist"), { recursive: true, force: true });
  const said = await bundle(dir);
  const html = await readFile(page, "utf8").catch(() => undefined);
  if (html === undefined) {
    const source = await readFile(join(dir, "index.html"), "utf8");
    await writeFile(page, source.replace("/src/index.js", "/main.js"));
  }
  return said;
}

async function esbuild(dir: string): Promise<string> {
  const { warnings } = await build({
    absWorkingDir: dir,
    entryPoints: ["src/index.js"],
    bundle: true,
    format: "esm",
    outfile: "dist/main.js",
    logLevel: "silent",
  });
  return warnings.map(({ text }) => `warning: ${text}`).join("\n");
}

function command(bin: string, ...args: string[]): Bundler["bundle"] {
  const at = packageFile(bin, "packaging");
  if (at.found === undefined) return at;
  return {
    found: async (dir) => {
      const { stdout, stderr } = await run(process.execPath, [at.found, ...args], dir);
      return stdout + stderr;
    },
  };
}
