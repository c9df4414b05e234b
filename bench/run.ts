// Times every operation on every shape, the competitors in turn and the order turned from round to round, and writes
// bench/results/<cpu>.json: machine, versions, and nanoseconds per element as median and quartiles.
//
// Usage: npm run bench [-- --quick]

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { measure } from "mitata";
import { inputs, OPERATIONS, type Operation, type Operations, SHAPES } from "./cases.ts";
import { library } from "./library.ts";
import { plain } from "./plain.ts";

const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 1 : 5;
const ROUND_NS = quick ? 2e7 : 1e8;

interface Row {
  operation: Operation;
  shape: readonly [number, number];
  competitor: string;
  median: number;
  lower: number;
  upper: number;
}

let sink = 0;
const rows: Row[] = [];
for (const shape of SHAPES) {
  const [r, c] = shape;
  const { logits, cotangent } = inputs(r * c);
  const competitors: [string, Operations][] = [
    ["gumbel-softmax", library(logits, cotangent, r, c, false)],
    ["gumbel-softmax, resident", library(logits, cotangent, r, c, true)],
    ["plain TypeScript", plain(logits, cotangent, r, c)],
  ];
  for (const operation of OPERATIONS) {
    const samples = new Map<string, number[]>(competitors.map(([name]) => [name, []]));
    for (let round = 0; round < ROUNDS; round++) {
      const order = round % 2 === 0 ? competitors : [...competitors].reverse();
      for (const [name, operations] of order) {
        const run = operations[operation];
        const stats = await measure(
          () => {
            sink += run()[0]!;
          },
          { min_cpu_time: ROUND_NS, min_samples: 3, warmup_samples: 2 },
        );
        for (const sample of stats.samples) samples.get(name)!.push(sample / (r * c));
      }
    }
    const medians: string[] = [];
    for (const [name] of competitors) {
      const sorted = samples.get(name)!.sort((a, b) => a - b);
      const at = (q: number): number => sorted[Math.floor(q * (sorted.length - 1))]!;
      rows.push({
        operation,
        shape,
        competitor: name,
        median: at(0.5),
        lower: at(0.25),
        upper: at(0.75),
      });
      medians.push(`${name} ${at(0.5).toFixed(2)}`);
    }
    console.log(`${operation.padEnd(14)} [${shape}]`.padEnd(32), medians.join("   "));
  }
}

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const cpu = os.cpus()[0]!.model.trim();
const result = {
  unit: "nanoseconds per element",
  machine: { cpu, cores: os.cpus().length, os: `${os.type()} ${os.release()}`, arch: os.arch() },
  versions: { "gumbel-softmax": version, node: process.version, v8: process.versions.v8 },
  rows,
};
mkdirSync("bench/results", { recursive: true });
const file = `bench/results/${cpu.toLowerCase().replace(/[^a-z0-9]+/g, "-")}${quick ? "-quick" : ""}.json`;
writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
console.log(`wrote ${file}${Number.isFinite(sink) ? "" : " (a result was not finite)"}`);
