// The kernels' tests by as-pect, with plain and with shared memory at the same time. The last line is `N passed, N failed`.
// as-pect itself is content with a file that has no test and with no file at all; here both are failures.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";

//  What bin/asp.js starts; that one forces colours and may end before it has passed all output on.
const ASPECT = "node_modules/@as-pect/cli/lib/test.js";
const DIRECTORY = "tests/kernels";
const BUILDS = {
  plain: [],
  shared: ["--config", `${DIRECTORY}/shared.config.js`, "--as-config", `${DIRECTORY}/shared.asconfig.json`],
};
const FILE = /^(tests\/\S+): (\d+) passed, (\d+) failed$/;
const LOGO = /^.*?\n(?=⚡)/s;
/** A kernel that never ends is a failure too; a busy machine needs a tenth of this. */
const TIMEOUT_MS = 120_000;

function run(args) {
  return new Promise((resolve, reject) => {
    let output = "";
    const child = spawn(process.execPath, [ASPECT, ...args], { timeout: TIMEOUT_MS });
    child.on("error", reject);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        output += text;
      });
    }
    child.on("close", (status) => resolve({ status, output }));
  });
}

/** What one build's output says; each file that did not run or has no test counts as one failure. */
function count(build, { status, output }, expected) {
  const seen = new Set();
  const problems = [];
  let passed = 0;
  let failed = 0;
  for (const line of output.split("\n")) {
    const [, file, good, bad] = FILE.exec(line) ?? [];
    if (file === undefined) continue;
    seen.add(file);
    passed += Number(good);
    failed += Number(bad);
    if (Number(good) + Number(bad) === 0) problems.push(`${file} has no test`);
  }
  for (const file of expected) if (!seen.has(file)) problems.push(`${file} did not run`);
  if (expected.length === 0) problems.push(`${DIRECTORY} has no test`);
  if (status !== 0 && failed + problems.length === 0) problems.push(`as-pect ended with ${status}`);
  failed += problems.length;
  console.log(`${build}: ${seen.size} files, ${passed} passed, ${failed} failed`);
  if (failed > 0) console.log([output.replace(LOGO, "").trimEnd(), ...problems].join("\n"));
  return { passed, failed };
}

const specs = (directory) =>
  readdirSync(directory)
    .filter((name) => name.endsWith(".spec.ts"))
    .map((name) => `${directory}/${name}`);
const common = specs(DIRECTORY);
const expected = { plain: common, shared: [...common, ...specs(`${DIRECTORY}/shared`)] };
const outputs = await Promise.all(Object.values(BUILDS).map(run));
const counts = Object.keys(BUILDS).map((build, i) => count(build, outputs[i], expected[build]));
const passed = counts.reduce((sum, build) => sum + build.passed, 0);
const failed = counts.reduce((sum, build) => sum + build.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
