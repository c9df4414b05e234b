// Programs that use the built package, each in a process of its own with a time limit.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Ended {
  /** Null if it had to be killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the text of an ES module. What it prints is all that it tells. */
export function program(text: string, limit = 120_000, flags: readonly string[] = []): Promise<Ended> {
  return start([...flags, "--input-type=module", "--eval", text], limit);
}

/** Runs a TypeScript file. */
export function file(url: URL, limit: number, ...args: readonly string[]): Promise<Ended> {
  return start(["--import", "tsx", fileURLToPath(url), ...args], limit);
}

function start(args: readonly string[], limit: number): Promise<Ended> {
  // Not the environment of the test runner, whose children report to it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, args, { cwd: ROOT, env, timeout: limit, killSignal: "SIGKILL" });
  const ended = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      ended[stream] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (code) => resolve({ code, ...ended }));
  });
}
