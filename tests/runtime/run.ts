// The cases in every runtime that is there, two at a time, as a table of runtime x (version, cases, digest, threads).
// Fails when a row is not as it must be, or with FORBID_SKIPS=1 when a runtime is missing.

import { DIGEST } from "../../src/verify/digest.ts";
import { DRIVERS } from "./drivers/index.ts";
import { bundleCases, type Row, wrongs } from "./report.ts";

const AT_ONCE = 2;
const HEAD = ["runtime", "version", "cases", "digest", "threads"];

type Outcome = Row | { runtime: string; error: string };

const cases = await bundleCases();
const outcomes: Outcome[] = [];
const waiting = DRIVERS.entries();
async function work(): Promise<void> {
  for (const [at, { runtime, run }] of waiting) {
    outcomes[at] = await run(cases).catch((error: unknown) => ({ runtime, error: String(error) }));
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, work));

const table = [HEAD, ...outcomes.map(cells)];
const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
for (const row of table)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
console.log(`\nSHA-256 over the output bits: ${DIGEST}`);

for (const outcome of outcomes) {
  const failed = "error" in outcome ? [outcome.error] : "skip" in outcome ? [] : wrongs(outcome);
  for (const text of failed) console.log(`failed   ${outcome.runtime}: ${text}`);
  if ("skip" in outcome) console.log(`skipped  ${outcome.runtime}: ${outcome.skip}`);
  if (failed.length > 0 || ("skip" in outcome && process.env.FORBID_SKIPS === "1")) process.exitCode = 1;
}

function cells(outcome: Outcome): string[] {
  const { runtime } = outcome;
  if ("skip" in outcome) return [runtime, "-", "skipped", "-", "-"];
  if ("error" in outcome) return [runtime, "-", "failed", "-", "-"];
  const { version, report } = outcome;
  const passed = report.cases - report.failures.length;
  const digest = report.digest === DIGEST ? "the same" : "different";
  return [runtime, version, `${passed} of ${report.cases}`, digest, String(report.threads)];
}
