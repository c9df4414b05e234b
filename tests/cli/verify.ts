// `verify`: the digest of this machine's bits, and what it says when they are others.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, it } from "node:test";
import { CALLS, DIGEST } from "../../src/verify/digest.ts";
import { CLI, succeed, workplace } from "./helpers.ts";

const { path } = workplace();

describe("verify", { concurrency: 2 }, () => {
  it("prints runtime, digest, known answer and verdict", async () => {
    const { version, platform, arch } = process;
    const expected = [
      `Node ${version.slice(1)} on ${platform} ${arch}, 1 thread`,
      `digest    ${DIGEST}`,
      `expected  ${DIGEST}`,
      "the same bits",
      "",
    ];
    assert.deepEqual((await succeed(["verify"])).toString().split("\n"), expected);
  });

  it("with threads", async () => {
    assert.match((await succeed(["verify", "--threads", "2"])).toString(), /, 2 threads\n[\s\S]*\nthe same bits\n$/);
    assert.match((await succeed(["verify", "--threads", "auto"])).toString(), /\nthe same bits\n$/);
  });

  it("different bits: said, and exit code 1", () => {
    // The package once more, but for one result.
    const dist = path("dist");
    cpSync(dirname(CLI), dist, { recursive: true });
    cpSync(new URL("../../package.json", import.meta.url), path("package.json"));
    const real = path("real");
    mkdirSync(real);
    cpSync(path("dist/index.js"), path("real/index.js"));
    writeFileSync(path("dist/index.js"), 'export * from "../real/index.js"; export const fold = () => 0n;');
    const { status, stdout, stderr } = spawnSync(process.execPath, [path("dist/cli.js"), "verify"], {
      encoding: "utf8",
    });
    assert.equal(stderr, "");
    assert.match(stdout, new RegExp(`\ndigest    (?!${DIGEST})[0-9a-f]{64}\nexpected  ${DIGEST}\ndifferent bits\n$`));
    assert.equal(status, 1);
  });

  it("--help tells how many calls, and what the exit code means", async () => {
    const text = (await succeed(["verify", "--help"])).toString();
    assert.match(
      text,
      new RegExp(`output of ${CALLS.length} fixed groups of calls\\.\nExit code 0: the same bits, 1: diff`),
    );
    assert.ok(!text.includes("Formats:") && !text.includes("FILE"), text);
  });
});
