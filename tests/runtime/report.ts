// What the cases hand back, how a runtime's row is made of it and judged, and the one file that every runtime is given.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { DIGEST } from "../../src/verify/digest.ts";

/** The package under test, as the runtime resolved it. */
export type Library = typeof import("gumbel-softmax");

/** What `runCases(library, { threads })` of cases.ts gives; plain JSON, so that it can be sent out of any runtime. */
export interface Report {
  /** How many cases ran. */
  cases: number;
  /** `case: message` of each that failed. */
  failures: string[];
  /** SHA-256 over the output bits of the calls of src/verify/digest.ts, with one thread and with those that were had. */
  digest: string;
  /** `gs.threads` of an instance that was asked for `threads`. */
  threads: number;
  threadsUnavailable?: string | undefined;
}

/** A runtime that ran the cases. */
export interface Ran {
  /** For example "Node 22" or "Chromium, isolated, in a worker". */
  runtime: string;
  version: string;
  /** Whether this runtime must give the threads that were asked for, or must say why it cannot. */
  threads: "yes" | "no";
  report: Report;
}

/** A runtime that is not on this machine. */
interface Skipped {
  runtime: string;
  /** The reason, which names the command that would bring it. */
  skip: string;
}

export type Row = Ran | Skipped;

/** Threads that every runtime is asked for. */
export const THREADS = 2;

/** Makes the row of one runtime. */
export interface Driver {
  runtime: string;
  /** Throws if the runtime is there and yet cannot be driven to a report. */
  run(bundle: string): Promise<Row>;
}

/** cases.ts as the text of one ESM file without imports, which exports `runCases`; the library is handed to it. */
export async function bundleCases(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("cases.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    logLevel: "warning",
    write: false,
  });
  return outputFiles[0]!.text;
}

/** What is wrong with a row; nothing, if it is as it must be. */
export function wrongs({ threads, report }: Ran): string[] {
  const wrong = [...report.failures];
  if (report.cases === 0) wrong.push("no case ran");
  if (report.digest !== DIGEST) wrong.push(`digest: expected ${DIGEST}, got ${report.digest}`);
  if (threads === "yes" && report.threads !== THREADS) {
    wrong.push(`threads: expected ${THREADS}, got ${report.threads}: ${report.threadsUnavailable}`);
  }
  if (threads === "no" && (report.threads !== 1 || !report.threadsUnavailable)) {
    wrong.push(`threads: expected 1 and a reason, got ${report.threads} and ${report.threadsUnavailable}`);
  }
  return wrong;
}
