// Times all competitors that are there on the same work in one run, and writes bench/results/<machine>.json.
//
// Usage: npm run bench [-- --quick] [--only library,plain] [--operations soft,growth,start] [--shapes 4096x1024,64x32x1024]
//                      [--out DIR]

import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import { parseArgs } from "node:util";
import { CASES, label, OPERATIONS, TAU } from "./cases.ts";
import { Child } from "./child.ts";
import { COMPETITORS, file, resultFile } from "./competitors.ts";
import { Files } from "./files.ts";
import { growth } from "./growth.ts";
import { line, type Plan, race } from "./race.ts";
import type { Result } from "./result.ts";
import { sizes } from "./sizes.ts";
import { starts } from "./start.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    operations: { type: "string" },
    shapes: { type: "string" },
    out: { type: "string", default: file("results") },
  },
});
const { quick } = options;
const PLAN: Plan = quick
  ? { rounds: 2, warmup: 1, samples: 2, ns: 2e6 }
  : { rounds: 5, warmup: 1, samples: 3, ns: 4e7 };
const GROWTH_PLAN: Plan = quick ? PLAN : { ...PLAN, samples: 2 };
const GROWTH_ROWS = quick ? 2 ** 10 : 2 ** 22;
const STARTS = quick ? 1 : 7;

const competitors = choice(
  options.only,
  COMPETITORS.map(({ id }) => id),
);
const operations = choice(options.operations, [...OPERATIONS, "growth", "start"]);
const shapes = choice(
  options.shapes
    ?.split(",")
    .map((shape) => `[${shape.replaceAll("x", ",")}]`)
    .join(" "),
  CASES.map(({ shape }) => label(shape)),
);
const whole = !(options.only ?? options.operations ?? options.shapes);

const files = new Files();
const children: Child[] = [];
const result: Result = {
  unit: "nanoseconds per element",
  machine: {
    cpu: os.cpus()[0]!.model.trim(),
    cores: os.cpus().length,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    os: `${os.type()} ${os.release()}`,
    arch: os.arch(),
  },
  settings: { tau: TAU, rounds: PLAN.rounds, samples: PLAN.samples, ns: PLAN.ns },
  competitors: [],
  unavailable: {},
  language: [],
  race: [],
  growth: [],
  start: [],
  notStarted: {},
  sizes: sizes(),
};

try {
  const cases = CASES.filter(({ operation, shape }) => operations.has(operation) && shapes.has(label(shape)));
  if (cases.length > 0) await raceAll(cases);
  for (const child of children.splice(0)) await child.end();
  if (operations.has("growth")) result.growth = await growth(files, GROWTH_PLAN, GROWTH_ROWS);
  if (operations.has("start")) Object.assign(result, await starts(STARTS));
} finally {
  for (const child of children) await child.end();
  files.remove();
}

mkdirSync(options.out, { recursive: true });
const path = resultFile(`${quick ? "-quick" : ""}${whole ? "" : "-partial"}`, options.out);
writeFileSync(path, `${text(result)}\n`);
console.log(`wrote ${path}`);

async function raceAll(cases: typeof CASES): Promise<void> {
  for (const competitor of COMPETITORS.filter(({ id }) => competitors.has(id))) {
    const child = await Child.start(competitor);
    if (child instanceof Child) {
      children.push(child);
      result.competitors.push({ id: child.id, ...pick(child.hello) });
    } else {
      result.unavailable[child.id] = child.unavailable;
      console.log(`${child.id} is left out: ${child.unavailable}`);
    }
  }
  for (const work of cases) {
    const raced = await race(children, [work], files, PLAN);
    result.race.push(...raced);
    for (const each of raced) console.log(line(each));
  }
  result.language = files.drawn;
  for (const { shape, entropy, lead } of files.drawn) {
    console.log(
      `language ${label(shape)}: entropy ${entropy.toFixed(2)} nats, maximum ${lead.toFixed(1)} above the median`,
    );
  }
}

function pick({ name, threads, versions }: Child["hello"]): Pick<Child["hello"], "name" | "threads" | "versions"> {
  return { name, threads, versions };
}

/** Those of the list, or all. */
function choice(list: string | undefined, all: readonly string[]): ReadonlySet<string> {
  if (list === undefined) return new Set(all);
  const chosen = list.split(/ |,(?!\d+[\],])/);
  for (const name of chosen)
    if (!all.includes(name)) throw new RangeError(`expected some of ${[...new Set(all)].join(" ")}, got ${name}`);
  return new Set(chosen);
}

/** JSON with the samples of a round on one line. */
function text(result: Result): string {
  return JSON.stringify(result, null, 1).replace(/\[[\d\s.,e+-]*\]/g, (numbers) => numbers.replace(/\s+/g, ""));
}
