// The rooms of src/: no circle of imports, and none upwards. Imports of types count: they make a file as hard to understand alone.

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

const within = (rooms: readonly string[]): string => `^src/(${rooms.join("|")})`;

const forbidden = FLOORS.flatMap((rooms, floor) =>
  rooms.map((room) => ({
    name: `${room} imports from above, or from beside it`,
    severity: "error" as const,
    from: { path: within([room]) },
    to: { path: within([...FLOORS.slice(0, floor).flat(), ...rooms.filter((other) => other !== room)]) },
  })),
);

const { output } = await cruise(["src"], {
  ruleSet: {
    forbidden: [{ name: "circle", severity: "error", from: {}, to: { circular: true } }, ...forbidden],
  },
  validate: true,
  tsPreCompilationDeps: true,
  doNotFollow: { path: ["node_modules", "^dist/", "^build/"] },
});
const { modules, summary } = output as ICruiseResult;
const sources = modules.filter(({ source }) => source.startsWith("src/"));

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
    const rooms = FLOORS.flat().filter((room) => new RegExp(within([room])).test(source));
    assert.equal(rooms.length, 1, source);
  }
  const { dependencies } = sources.find(({ source }) => source === "src/run/engine.ts")!;
  assert.deepEqual(
    dependencies.filter(({ dependencyTypes }) => dependencyTypes.includes("type-only")).map(({ resolved }) => resolved),
    ["src/kernels/instance.ts", "src/memory/arena.ts", "src/threads/pool.ts"],
  );
});
