// The subpaths cost what is used of them: no kernels, no function that was not asked for, and nothing runs at import.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import * as distributions from "gumbel-softmax/distributions";
import * as sampling from "gumbel-softmax/sampling";
import { refuses } from "../support/refuses.ts";

const SUBPATHS = ["distributions", "sampling", "schedules"];

/** The kernels, whatever starts them, and the entries of the core: no subpath may import them. */
const CORE = /^src\/((kernels|threads|run)\/.+|(index[.\w-]*|gumbel-softmax|load)\.ts$)/;
/** A part of the inlined kernels' text. */
const KERNELS = /(?<="[^"]{2000,})[^'"`$\\{}]{40}(?=[^"]{10000})/.exec(readFileSync("dist/index.js", "utf8"))![0];

/** The bundle of a program that imports the file as "it", as if no package.json called the library free of side effects. */
async function bundle(program: string, file: string): Promise<{ text: string; inputs: string[] }> {
  const it: Plugin = {
    name: "it",
    setup: ({ onResolve }) => onResolve({ filter: /^it$/ }, () => ({ path: resolve(file), sideEffects: true })),
  };
  const { metafile, outputFiles } = await build({
    stdin: { contents: program, resolveDir: "." },
    plugins: [it],
    bundle: true,
    format: "esm",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  return { text: outputFiles[0]!.text, inputs: Object.keys(metafile.inputs) };
}

async function namesOf(subpath: string): Promise<string[]> {
  const entry: Record<string, unknown> = await import(`gumbel-softmax/${subpath}`);
  return Object.keys(entry).filter((name) => typeof entry[name] === "function");
}

it("knows the core by its files", async () => {
  const { inputs } = await bundle('export * from "it";', "src/load.ts");
  const rooms = inputs.filter((name) => CORE.test(name)).map((name) => name.split("/")[1]);
  for (const room of ["kernels", "threads", "run", "gumbel-softmax.ts", "load.ts"])
    assert.ok(rooms.includes(room), room);
});

for (const subpath of SUBPATHS) {
  const [dist, source] = [`dist/${subpath}.js`, `src/${subpath}/index.ts`];

  describe(`gumbel-softmax/${subpath}`, () => {
    it("leaves nothing of an import that is not used", async () => {
      const names = (await namesOf(subpath)).join(", ");
      for (const program of ['import "it";', `import { ${names} } from "it";`]) {
        assert.equal((await bundle(program, dist)).text.trim(), "", program);
      }
    });

    it("looks up nothing at import but plain constructors, and imports nothing", async () => {
      const args = ["--experimental-vm-modules", "--no-warnings", "tests/packaging/import.js", dist];
      const { names, imports } = JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
      assert.deepEqual(imports, []);
      assert.deepEqual(
        names.filter((name: string) => !["Set", "Symbol"].includes(name)),
        [],
      );
    });

    it("has neither the kernels nor the core in it", async () => {
      assert.ok(!readFileSync(dist, "utf8").includes(KERNELS));
      const { inputs } = await bundle('export * from "it";', source);
      assert.deepEqual(
        inputs.filter((name) => CORE.test(name)),
        [],
      );
    });

    it("gives one function without the others, but those that it calls", async () => {
      const names = await namesOf(subpath);
      for (const name of names) {
        const { text } = await bundle(`export { ${name} } from "it";`, source);
        assert.ok(declares(text, name), `${name} is in its bundle`);
        for (const other of names.filter((other) => other !== name && declares(text, other))) {
          const uses = text.match(new RegExp(`\\b${other}\\b`, "g"))!.length;
          assert.ok(uses > 1, `the bundle of ${name} has ${other}, which nothing in it uses`);
        }
      }
    });
  });
}

it("one schedule's bundle: small, without the words of the others, and it runs", async () => {
  const { text } = await bundle(
    'import { constant } from "it"; export const tau = constant(0.5)(44);',
    "dist/schedules.js",
  );
  for (const word of ["rate", "factor", "over", "from", "every"]) assert.ok(!text.includes(`"${word}"`), word);
  const { tau } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  assert.equal(tau, 0.5);
  assert.ok(text.length < readFileSync("dist/schedules.js").length / 2);
});

it("every function that draws refuses what is no instance", () => {
  const [not, z] = [[1, 2] as never, [1, 2]];
  for (const call of [
    () => sampling.topK(not, z, 1),
    () => sampling.conditionalGumbel(not, z, { index: [0] }),
    () => sampling.sampleTokens(not, z),
    () => sampling.verifyToken(not, 0, z, { seed: 1 }),
    () => new distributions.Categorical(z).sample(not),
    () => new distributions.OneHotCategorical(z).sample(not),
    () => new distributions.RelaxedOneHotCategorical(1, z).sample(not),
    () => new distributions.ExpRelaxedOneHotCategorical(1, z).sample(not),
    () => new distributions.RelaxedBernoulli(1, z).sample(not),
    () => new distributions.LogitRelaxedBernoulli(1, z).sample(not),
    () => new distributions.Gumbel().sample(not, [2]),
  ]) {
    refuses("TypeError", "gs", call);
  }
});

function declares(text: string, name: string): boolean {
  return new RegExp(`^(async )?(function\\*? ${name}\\(|class ${name}\\b|(var|let|const) ${name} =)`, "m").test(text);
}
