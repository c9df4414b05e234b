// The shared cases in every runtime that is there, from the built package: see tests/runtime/.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DRIVERS } from "../runtime/drivers/index.ts";
import { bundleCases, wrongs } from "../runtime/report.ts";

describe("runtimes", { concurrency: 2 }, () => {
  const cases = bundleCases();
  for (const { runtime, run } of DRIVERS) {
    it(runtime, async (context) => {
      const row = await run(await cases);
      if ("skip" in row) context.skip(row.skip);
      else assert.deepEqual(wrongs(row), []);
    });
  }
});
