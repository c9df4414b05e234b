// From import to the first sample, in fresh processes.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { openChromium } from "../tests/runtime/browsers/chromium.ts";
import { serve } from "../tests/runtime/browsers/server.ts";
import { packageFile } from "../tests/runtime/tools.ts";
import { file } from "./competitors.ts";
import { PACKAGE } from "./package.ts";
import { rounded } from "./race.ts";
import type { Result, Started } from "./result.ts";
import { summary } from "./statistics.ts";

/** What first-sample.js tells: milliseconds, and the runtime's version where it can know it. */
interface Start {
  import: number;
  first: number;
  version?: string;
}

const SCRIPT = file("first-sample.js");

export async function starts(times: number): Promise<Pick<Result, "start" | "notStarted">> {
  const start: Started[] = [];
  const notStarted: Record<string, string> = {};
  for (const [runtime, run] of Object.entries({ Node: inNode, Deno: inDeno, Chromium: inChromium })) {
    const measured: Start[] = [];
    for (let i = 0; i < times && notStarted[runtime] === undefined; i++) {
      const one = await run();
      if (typeof one === "string") notStarted[runtime] = one;
      else measured.push(one);
    }
    if (measured.length === 0) {
      console.log(`${runtime} is left out: ${notStarted[runtime]}`);
      continue;
    }
    const row: Started = {
      runtime,
      version: measured[0]!.version ?? "",
      import: rounded(summary(measured.map((one) => one.import))),
      first: rounded(summary(measured.map((one) => one.first))),
    };
    console.log(
      `start in ${runtime} ${row.version}: import ${row.import.median} ms, first sample ${row.first.median} ms`,
    );
    start.push(row);
  }
  return { start, notStarted };
}

async function inNode(): Promise<Start> {
  return ask(process.execPath, [SCRIPT]);
}

async function inDeno(): Promise<Start | string> {
  const { platform, arch } = process;
  const deno = packageFile(`@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}/deno`);
  if (deno.found === undefined) return deno.missing;
  return ask(deno.found, ["run", "--cached-only", "--no-lock", "--no-prompt", `--allow-read=${file("..")}`, SCRIPT]);
}

async function ask(program: string, args: string[]): Promise<Start> {
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: "1" };
  const { stdout } = await promisify(execFile)(program, [...args, pathToFileURL(PACKAGE).href], { env });
  return JSON.parse(stdout) as Start;
}

/** In a browser that was just started, without a cache. */
async function inChromium(): Promise<Start | string> {
  const chromium = await openChromium();
  if (chromium.found === undefined) return chromium.missing;
  const site = await serve({
    dirs: { "/dist/": file("../dist") },
    texts: { "/index.html": "<!doctype html>", "/first-sample.js": readFileSync(SCRIPT, "utf8") },
  });
  try {
    const page = await chromium.found.newPage();
    await page.goto(`${site.url}/index.html`);
    const start = await page.evaluate(async () => {
      const script = "/first-sample.js";
      const { firstSample } = (await import(script)) as { firstSample(specifier: string): Promise<Start> };
      return firstSample("/dist/index.js");
    });
    return { ...start, version: chromium.found.version() };
  } finally {
    await chromium.found.close();
    await site.close();
  }
}
