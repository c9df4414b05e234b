// All tests: the kernels by as-pect, then tests/*/*.test.ts by node:test, two files at a time.
// The last line is `N passed, N failed`. With FORBID_SKIPS=1 a skipped test is a failure; no test at all always is.
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const kernels = spawnSync(process.execPath, ["scripts/aspect.js"], { encoding: "utf8" });
process.stdout.write(kernels.stdout);
process.stderr.write(kernels.stderr);
const counted = /(\d+) passed, (\d+) failed\s*$/.exec(kernels.stdout);
let passed = Number(counted?.[1] ?? 0);
let failed = Number(counted?.[2] ?? 0);
if (kernels.status !== 0 && failed === 0) failed = 1;

const files = readdirSync("tests")
  .filter((folder) => statSync(`tests/${folder}`).isDirectory())
  .flatMap((folder) => readdirSync(`tests/${folder}`).map((name) => `tests/${folder}/${name}`))
  .filter((file) => file.endsWith(".test.ts"));
const skipped = [];
const stream = run({ files, concurrency: 2 });
stream.on("test:pass", ({ name, skip, details }) => {
  if (details.type === "suite") return;
  if (skip === undefined) passed++;
  else skipped.push(`${name}: ${skip}`);
});
stream.on("test:fail", ({ details }) => {
  if (details.type !== "suite") failed++;
});
stream.compose(new spec()).pipe(process.stdout);

stream.on("end", () => {
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  process.on("exit", () => {
    for (const line of skipped) console.log(`skipped  ${line}`);
    if (skipped.length > 0 && process.env.FORBID_SKIPS === "1") {
      failed += skipped.length;
      process.exitCode = 1;
    }
    console.log(`${passed} passed, ${failed} failed`);
  });
});
