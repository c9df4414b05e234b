// What is made of the benchmark's samples: medians, ratios, tables, plots.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LARGE, type Operation, type Shape, TAU, VOCABULARIES } from "../../bench/cases.ts";
import { page } from "../../bench/report/page.ts";
import { bars, curves } from "../../bench/report/plots.ts";
import { readmeTable, withTable } from "../../bench/report/readme.ts";
import { others, reached } from "../../bench/report/targets.ts";
import type { Raced, Result, Timing } from "../../bench/result.ts";
import { ratio, summary, thin } from "../../bench/statistics.ts";

describe("statistics", () => {
  it("medians and quartiles", () => {
    assert.deepEqual(summary([4, 1, 3, 2, 5]), { median: 3, lower: 2, upper: 4 });
    assert.deepEqual(summary([1, 2]), { median: 1.5, lower: 1.25, upper: 1.75 });
  });
  it("ratios of the rounds that both took part in", () => {
    assert.deepEqual(ratio([[10], [], [40]], [[1], [1], [2]]), { median: 15, lower: 12.5, upper: 17.5 });
    assert.equal(ratio([[]], [[1]]), undefined);
  });
  it("thinning keeps the quartiles", () => {
    const thinned = thin(
      Array.from({ length: 1001 }, (_, i) => (i * 3) % 1001),
      15,
    );
    assert.equal(thinned.length, 15);
    assert.equal(summary(thinned).median, 500);
  });
});

describe("reports", () => {
  const timing = (ns: number, more: Partial<Timing> = {}): Timing => {
    return { median: ns, lower: ns, upper: ns, rounds: [[ns], [ns]], ...more };
  };
  const raced = (operation: Operation, shape: Shape, timings: Raced["timings"]): Raced => {
    return { operation, shape, logits: "flat", timings, unsupported: {} };
  };
  const [first, second] = LARGE as [Shape, Shape];
  const result: Result = {
    unit: "nanoseconds per element",
    machine: { cpu: "A <processor>", cores: 2, memory: "8 GiB", os: "Linux", arch: "x64" },
    settings: { tau: TAU, rounds: 2, samples: 1, ns: 1 },
    competitors: [
      { id: "library", name: "ours", threads: 1, versions: { "gumbel-softmax": "1.0.0", node: "20.0.0" } },
      { id: "torch-eager", name: "theirs <3", threads: 1, versions: { torch: "2.0.0" } },
    ],
    unavailable: { jax: "it is not there" },
    language: [{ shape: VOCABULARIES[0]!, entropy: 2, lead: 25 }],
    race: [
      raced("soft", first, { library: timing(5), "torch-eager": timing(30, { nan: 3 }) }),
      raced("soft", second, { library: timing(10), "torch-eager": timing(40) }),
      raced("categorical", VOCABULARIES[0]!, { library: timing(4) }),
      { ...raced("categorical", VOCABULARIES[0]!, { library: timing(1) }), logits: "language" },
    ],
    growth: [
      { shape: { rows: 16, classes: 32, inner: 1 }, timings: { library: timing(5) } },
      { shape: { rows: 32, classes: 32, inner: 1 }, timings: { library: timing(6) } },
    ],
    start: [{ runtime: "Node", version: "20.0.0", import: summary([1]), first: summary([2]) }],
    notStarted: { Deno: "deno is not there" },
    sizes: [{ file: "dist/index.js", raw: 3, gzip: 2, brotli: 1 }],
  };

  it("the README's table stands between its markers", () => {
    const readme = withTable("before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n", result);
    assert.equal(readme, `before\n<!-- bench -->\n${readmeTable(result)}\n<!-- /bench -->\nafter\n`);
    assert.equal(withTable(readme, result), readme);
    assert.match(readme, /^\| soft sample \[32768,32\] \| 5\.00 \| 30\.0 † \|$/m);
    assert.match(readme, /† with NaN/);
    assert.throws(() => withTable("no markers", result), /expected the markers/);
  });
  it("the targets are judged by the ratios of the rounds", () => {
    const eager = reached(result).find(({ target }) => target.of === "torch-eager" && target.operation === "soft")!;
    assert.equal(eager.ratios["[32768,32]"]!.median, 6);
    assert.deepEqual(eager.met, { "[32768,32]": true, "[65536,10]": false });
    const [peaked] = others(result);
    assert.deepEqual([peaked!.measured.median, peaked!.met], [0.25, true]);
  });
  it("the page has every part", () => {
    const text = page(result, ["soft.svg"]);
    assert.match(
      text,
      /\| soft sample \| against PyTorch eager \| at least 5 \|.*6\.00 \(6\.00–6\.00\).*\*\*4\.00.*\*\*no\*\* \|/,
    );
    assert.match(text, /Not there: jax: it is not there/);
    assert.match(text, /theirs <3, \[32768,32\]: 3 NaN and 0 infinite/);
    assert.match(text, /\| dist\/index\.js \| 3 \| 2 \| 1 \|/);
    assert.match(text, /\| Node 20\.0\.0 \| 1\.00/);
    assert.doesNotMatch(text, /undefined|NaN \(/);
  });
  it("the plots are whole", () => {
    for (const plot of [bars(result), curves(result)]) {
      assert.match(plot, /^<svg [\s\S]*<\/svg>\n$/);
      assert.doesNotMatch(plot, /NaN|undefined|Infinity|theirs <3/);
    }
    assert.match(bars(result), /theirs &lt;3/);
  });
});
