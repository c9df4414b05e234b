// Files that must not stay behind: unfinished output, and copies of a pipe. Removed on failure, and on Ctrl-C too.

import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";

const paths = new Set<string>();
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Gives a new name in a directory. Its file is removed when the process ends, unless `keep` is called. */
export function temporaryIn(directory: string): string {
  const path = join(directory, `.gumbel-softmax-${randomBytes(6).toString("hex")}.tmp`);
  if (paths.size === 0) for (const signal of SIGNALS) process.on(signal, removeAndDie);
  paths.add(path);
  return path;
}

export function keep(path: string): void {
  paths.delete(path);
  if (paths.size === 0) for (const signal of SIGNALS) process.off(signal, removeAndDie);
}

export function remove(path: string): void {
  rmSync(path, { force: true });
  keep(path);
}

// The signal is sent again without a handler, so that the process ends the way its parent expects.
function removeAndDie(signal: NodeJS.Signals): void {
  for (const path of paths) remove(path);
  process.kill(process.pid, signal);
}
