// Failures by exit code: 2 for wrong usage, 1 for bad data or a failed read or write, 0 for a reader that left.

import { tmpdir } from "node:os";

/** A wrong command, option or value of an option: exit code 2. */
export class UsageError extends Error {}

/** Data that cannot be read or sampled: exit code 1. */
export class DataError extends Error {}

/** The reader of our output has closed it, as `head` does. Nobody is left to tell: exit code 0. */
export class ClosedPipe extends Error {}

/** The exit code that belongs to an error. */
export function exitCode(error: unknown): number {
  if (error instanceof ClosedPipe) return 0;
  return error instanceof UsageError ? 2 : 1;
}

/** One line that says what went wrong. */
export function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0] || "unknown error";
}

/** A system error ("ENOENT: no such file or directory, open 'x'") as the file's name and the reason. */
export function about(name: string, error: unknown): Error {
  if (error instanceof DataError || error instanceof UsageError || error instanceof ClosedPipe) return error;
  const message = describe(error);
  const damaged = String((error as { code?: unknown }).code).startsWith("Z_") ? "damaged compressed data: " : "";
  return new DataError(`${name}: ${damaged}${/^E[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message}`);
}

/** A system error about a temporary file, whose own name would tell the user nothing. */
export function aboutTemporary(error: unknown): Error {
  const explained = about(`temporary folder ${tmpdir()}`, error);
  return explained === error ? explained : new DataError(`${explained.message}; TMPDIR names another folder`);
}

/** Text from a file or an argument, made short and printable. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text);
}
