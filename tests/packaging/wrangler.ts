// Cloudflare's wrangler on the worker of the consumer, without an account, a configuration or a network.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { type Found, packageFile } from "../runtime/tools.ts";
import { run } from "./consumer.ts";

export const wrangler: Found<string> = packageFile("wrangler/bin/wrangler.js", "packaging");

const WORKER = ["src/worker.js", "--name", "sample", "--compatibility-date", "2026-04-01"];

/** Keeps it from calling home, and from writing outside the folder. */
function quiet(dir: string): Record<string, string> {
  return {
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_HIDE_BANNER: "true",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    XDG_CONFIG_HOME: dir,
    CI: "1",
    NO_COLOR: "1",
  };
}

/** What `wrangler deploy` would upload, into a folder. */
export async function bundleWorker(bin: string, dir: string, outdir: string): Promise<void> {
  await run(process.execPath, [bin, "deploy", ...WORKER, "--dry-run", "--outdir", outdir], dir, quiet(dir));
}

/** The answer of the worker under `wrangler dev`, with some compatibility flags. */
export async function askWorker(bin: string, dir: string, flags: string[]): Promise<unknown> {
  const args = [bin, "dev", ...WORKER, "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0"];
  for (const flag of flags) args.push("--compatibility-flags", flag);
  const child = spawn(process.execPath, args, {
    cwd: dir,
    env: { ...process.env, ...quiet(dir) },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 180_000,
    killSignal: "SIGINT",
  });
  const ended = once(child, "exit");
  try {
    return await (await fetch(await addressOf(child))).json();
  } finally {
    child.kill("SIGINT");
    await ended;
  }
}

/** The address that it prints when it is ready; an error with all that it printed when it ends before. */
async function addressOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  let printed = "";
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        printed += text;
        const [, address] = /Ready on (http:\/\/[\d.]+:\d+)\D/.exec(printed) ?? [];
        if (address !== undefined) resolve(address);
      });
    }
    child.on("error", reject).on("exit", () => reject(new Error(printed)));
  });
}
