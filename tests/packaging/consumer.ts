// The program in consumer/, with the package installed as its users get it: packed, and from the tarball.

import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What consumer/src/sample.js gives. */
export interface Answer {
  data: number[];
  /** Entries of a large sample on which one thread and two disagree. */
  different: number;
  threads: number;
  threadsUnavailable: string | null;
}

export interface Consumer {
  dir: string;
  remove(): Promise<void>;
}

export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));
const TEMPLATE = fileURLToPath(new URL("consumer", import.meta.url));

/** A hanging tool is a failure too; none takes a tenth of this alone. */
const TIMEOUT_MS = 180_000;

/** Installs the consumer in a folder of its own. The package has no dependencies, so npm needs no network for it. */
export async function install(): Promise<Consumer> {
  const dir = await mkdtemp(join(tmpdir(), "gumbel-softmax-packaging-"));
  await cp(TEMPLATE, dir, { recursive: true });
  const tarball = (await run("npm", ["pack", "--silent", "--pack-destination", dir], ROOT)).stdout.trim();
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", join(dir, tarball)], dir);
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** What a program prints; an error with all of it when it fails. */
export function run(
  program: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(program, args, {
    cwd,
    env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...env },
    timeout: TIMEOUT_MS,
  });
}
