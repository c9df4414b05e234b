// The rooms of src/ and of assembly/: no circle of imports, and none upwards. Imports of types count: they make a file as hard to
// understand alone.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { cruise, type ICruiseResult } from "dependency-cruiser";

/** Rooms from the top to the bottom, as patterns of their files; those on one floor do not know each other. */
const FLOORS: readonly (readonly string[])[] = [
  ["index[.a-z-]*\\.ts", "cli/"],
  ["public\\.ts", "distributions/", "sampling/", "schedules/", "verify/"],
  ["load\\.ts"],
  ["gumbel-softmax\\.ts"],
  ["operations/"],
  ["run/"],
  ["threads/", "stream\\.ts"],
  ["memory/"],
  ["results\\.ts"],
  ["arguments/"],
  ["kernels/", "seed\\.ts"],
  ["check\\.ts", "math\\.ts", "wasm\\.d\\.ts"],
];

/** The same of the kernels, below which stands src/kernels/abi.ts alone. */
const KERNEL_FLOORS: readonly (readonly string[])[] = [
  ["index\\.ts", "pool\\.ts", "probe\\.ts"],
  ["gumbel-softmax\\.ts"],
  ["layouts/"],
  ["noise/"],
  ["memory/"],
  ["stages/"],
  ["lanes/"],
];

const within = (top: string, rooms: readonly string[]): string => `^${top}/(${rooms.join("|")})`;

const upwards = (top: string, floors: readonly (readonly string[])[]) =>
  floors.flatMap((rooms, floor) =>
    rooms.map((room) => ({
      name: `${top}/${room} imports from above, or from beside it`,
      severity: "error" as const,
      from: { path: within(top, [room]) },
      to: { path: within(top, [...floors.slice(0, floor).flat(), ...rooms.filter((other) => other !== room)]) },
    })),
  );

const forbidden = [
  ...upwards("src", FLOORS),
  ...upwards("assembly", KERNEL_FLOORS),
  {
    name: "the kernels import no TypeScript but the numbers that both languages share",
    severity: "error" as const,
    from: { path: "^assembly/" },
    to: { path: "^src/", pathNot: "^src/kernels/abi\\.ts$" },
  },
];

const { output } = await cruise(["src", "assembly"], {
  ruleSet: {
    forbidden: [{ name: "circle", severity: "error", from: {}, to: { circular: true } }, ...forbidden],
  },
  validate: true,
  tsPreCompilationDeps: true,
  doNotFollow: { path: ["node_modules", "^dist/", "^build/"] },
});
const { modules, summary } = output as ICruiseResult;
const sources = modules.filter(({ source }) => source.startsWith("src/"));
const kernels = modules.filter(({ source }) => source.startsWith("assembly/"));

test("no circle of imports, none upwards", () => {
  assert.deepEqual(
    summary.violations.map(({ from, to, rule }) => `${from} -> ${to}: ${rule.name}`),
    [],
  );
});

test("at most a dozen files stand on top of src/", () => {
  const top = readdirSync("src").filter((name) => name.endsWith(".ts"));
  assert.ok(top.length <= 12, top.join(", "));
});

test("the numbers that both languages share are plain literals, which either compiler reads", () => {
  const text = readFileSync("src/kernels/abi.ts", "utf8").replace(/\/\*\*[^*]*\*\/|^\/\/.*$/gm, "");
  const lines = text.split("\n").filter((line) => line !== "");
  assert.ok(lines.length > 20);
  for (const line of lines) assert.match(line, /^export const [A-Z_]+ = -?\d+;$/);
});

test("every file has a room, and imports of types are seen", () => {
  assert.ok(sources.length > 60, `${sources.length} files`);
  for (const { source } of sources) {
    const rooms = FLOORS.flat().filter((room) => new RegExp(within("src", [room])).test(source));
    assert.equal(rooms.length, 1, source);
  }
  assert.ok(kernels.length > 20, `${kernels.length} files of kernels`);
  for (const { source } of kernels) {
    const rooms = KERNEL_FLOORS.flat().filter((room) => new RegExp(within("assembly", [room])).test(source));
    assert.equal(rooms.length, 1, source);
  }
  const { dependencies: ways } = kernels.find(({ source }) => source === "assembly/layouts/columns.ts")!;
  assert.ok(ways.some(({ resolved }) => resolved === "assembly/noise/gumbel.ts"));
  const { dependencies } = sources.find(({ source }) => source === "src/run/engine.ts")!;
  assert.deepEqual(
    dependencies.filter(({ dependencyTypes }) => dependencyTypes.includes("type-only")).map(({ resolved }) => resolved),
    ["src/kernels/instance.ts", "src/memory/arena.ts", "src/threads/pool.ts"],
  );
});
