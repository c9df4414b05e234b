// Runtimes that are programs: this Node, other versions of it, Deno and Bun.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { type Driver, type Ran, type Row, THREADS } from "../report.ts";
import { type Found, packageFile } from "../tools.ts";
import { withWorkplace } from "./workplace.ts";

/** Far more than the cases take, on a machine that is busy with others. */
const TIMEOUT_MS = 180_000;

const { platform, arch } = process;

export const PROCESSES: readonly Driver[] = [
  driver("Node that runs the tests", { found: process.execPath }),
  ...[20, 22, 24, 26].map((major) => driver(`Node ${major}`, packageFile(`node-${major}/bin/node`))),
  // Their own packages are shims that an install script replaces; the programs lie in those of the platform.
  driver("Deno", packageFile(`@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}/deno`), deno),
  driver("Bun", packageFile(`@oven/bun-${platform}-${arch === "arm64" ? "aarch64" : arch}/bin/bun`)),
];

//  No network, no caches outside the folder, no permission but to read the kernels' file.
function deno(folder: string): string[] {
  return ["run", "--cached-only", "--no-lock", "--node-modules-dir=manual", "--no-prompt", `--allow-read=${folder}`];
}

function driver(runtime: string, program: Found<string>, flags: (folder: string) => string[] = () => []): Driver {
  const run = async (cases: string): Promise<Row> => {
    if (program.found === undefined) return { runtime, skip: program.missing };
    const { found } = program;
    return withWorkplace(cases, "process.js", async (folder) => {
      const printed = await output(found, [...flags(folder), "process.js", String(THREADS)], folder);
      return { runtime, threads: "yes", ...(JSON.parse(printed) as Pick<Ran, "version" | "report">) };
    });
  };
  return { runtime, run };
}

/** What a program prints until it ends by itself. */
function output(program: string, args: string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, DENO_DIR: join(cwd, ".deno"), DENO_NO_UPDATE_CHECK: "1" };
    const child = spawn(program, args, { cwd, env, timeout: TIMEOUT_MS, killSignal: "SIGKILL" });
    let printed = "";
    let complaints = "";
    child.stdout.on("data", (chunk) => {
      printed += chunk;
    });
    child.stderr.on("data", (chunk) => {
      complaints += chunk;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(printed);
      const late = signal === "SIGKILL" ? `did not end by itself in ${TIMEOUT_MS / 1000} s` : undefined;
      const end = late ?? `ended with ${code ?? signal}`;
      reject(new Error([end, printed, complaints].filter((text) => text !== "").join("\n")));
    });
  });
}
