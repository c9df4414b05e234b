// Programs that open the address they are started with. Their helper processes end when they do.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

const PATIENCE_MS = 60_000;

/** Starts a program, to be ended; an interrupt of the tests ends it too. */
export function start(file: string, args: string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const started = spawn(file, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  started.stdout!.resume();
  return started;
}

/** What a program that was just started writes first. */
export async function firstOutput(started: ChildProcess): Promise<string> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const [output] = await once(started.stdout!, "data", { signal }).catch(() => {
    throw new Error(`${started.spawnfile} wrote nothing in ${PATIENCE_MS / 1000} s`);
  });
  return String(output).trim();
}

/** The number in what a program answers to `--version`. */
export async function versionOf(file: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { stdout } = await promisify(execFile)(file, ["--version"], { env, timeout: PATIENCE_MS });
  return /\d[\w.]*/.exec(stdout)?.[0] ?? stdout.trim();
}

/** Ends programs, the last one first. */
export async function end(programs: ChildProcess[]): Promise<void> {
  for (const program of programs.reverse()) {
    if (program.exitCode !== null || program.signalCode !== null) continue;
    const ended = once(program, "exit");
    program.kill("SIGKILL");
    await ended;
  }
}
