// The package's types, from the packed tarball, as editors and strict programs see them: compilers from TypeScript 4.7 on, every way
// they have to find a file, checked to the last declaration or not, and with and without the types of a browser.

import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, describe, it } from "node:test";
import ts from "typescript";
import { install, run } from "../packaging/consumer.ts";
import { packageFile } from "../runtime/tools.ts";

const PROGRAM = `
import { fold, Generator, load, type LoadOptions, loadSync, type Sample, type Values } from "gumbel-softmax";
import { Categorical, RelaxedOneHotCategorical } from "gumbel-softmax/distributions";
import { sampleTokens, topK, verifyToken } from "gumbel-softmax/sampling";
import { exponential } from "gumbel-softmax/schedules";
const options: LoadOptions = { threads: "auto", module: undefined };
const gs = await load(options);
const y: Sample = gs.gumbelSoftmax([[1, 2, 3]], { tau: 0.5, hard: true, seed: 44n });
const dz: Float32Array = y.backward([[1, 0, 0]], { out: gs.empty([1, 3]) }).data;
const other = loadSync({ threads: 2 });
export const all = [dz, y.indices, y.seed, other.threads, fold(1, 2), new Generator().next()];
other[Symbol.dispose]();
const seeds = BigUint64Array.of(BigInt(1));
const rows = gs.gumbelSoftmax([[1, 2, 3]], { estimator: "reinmax", seeds });
const estimated: BigUint64Array = rows.seeds;
const seeded = (own: boolean) => (own ? { tau: 0.5, seeds } : { tau: 0.5, seed: 1 });
const either = gs.gumbelSoftmax([[1, 2, 3]], seeded(true));
const used: bigint = either.seed ?? either.seeds[0]!;
const again: Values = gs.gumbelSoftmaxBackward([[1, 0, 0]], [[1, 2, 3]], seeded(false));
const drawn = gs.categorical([[1, 2, 3]], { numSamples: 4, ...(used > 0n ? { seed: used } : { seeds }) });
const { probs } = new Categorical([[1, 2, 3]], { unimix: 0.1 });
const relaxed = new RelaxedOneHotCategorical(0.5, probs).sample(gs, seeded(true));
const tokens = sampleTokens(gs, [[1, 2, 3]], { topP: 0.9, seeds, position: [7] });
const valid: boolean = verifyToken(gs, tokens.indices[0]!, [1, 2, 3], { seed: used, position: 7 }).valid;
const tau: number = exponential({ rate: 1e-4 })(1);
export const others = [estimated, again, drawn.indices, relaxed.data, topK(gs, [1, 2, 3], 2).indices, valid, tau];
// @ts-expect-error
gs.gumbelSoftmax([[1, 2, 3]], { seed: 1, seeds });
// @ts-expect-error
gs.gumbelSoftmax([[1, 2, 3]], { estimator: "straight" });
// @ts-expect-error
loadSync({ threads: "many" });
// @ts-expect-error
gs.gumbelSoftmax("logits");
// @ts-expect-error
gs.gumbelSoftmaxBackward([1], [1], { tau: 1 });
`;
/** For compilers from 5.2 on. */
const USING = `
import { loadSync } from "gumbel-softmax";
using gs = loadSync();
export const threads: number = gs.threads;
`;

/** The names of the compilers' packages in tests/packaging. */
const COMPILERS = { "4.7": "ts47", "4.9": "ts49", "5.0": "ts50", "5.4": "ts54", "5.9": "ts59", "6.0": "ts60" };
/** The ways to find a package, and the first compiler that has them. */
const RESOLUTIONS = [
  { name: "node10", since: 4.7, options: { module: "esnext", moduleResolution: "node" } },
  { name: "node16", since: 4.7, options: { module: "node16" } },
  { name: "nodenext", since: 4.7, options: { module: "nodenext" } },
  { name: "bundler", since: 5, options: { module: "esnext", moduleResolution: "bundler" } },
];
const ALWAYS = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, target: "es2022" };
/** Compilers below cannot read today's @types/node. */
const READS_TYPES_OF_NODE = 5.3;

const consumer = await install();
after(() => consumer.remove());

for (const name of ["@types", "undici-types"]) {
  symlinkSync(resolve("node_modules", name), join(consumer.dir, "node_modules", name));
}

/** Compiles files as a project of the consumer. Whatever the compiler says is a failure. */
async function compile(compiler: string, name: string, options: object, files: Record<string, string>): Promise<void> {
  const dir = join(consumer.dir, name);
  mkdirSync(dir);
  const compilerOptions = { ...ALWAYS, ...options };
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(dir, file), text);
  const { code, stdout } = await run(process.execPath, [compiler, "-p", dir], dir).catch((error) => error);
  assert.deepEqual({ code, stdout }, { code: undefined, stdout: "" });
}

for (const [version, name] of Object.entries(COMPILERS)) {
  const compiler = packageFile(`${name}/bin/tsc`, "packaging");
  const number = Number(version);

  describe(`TypeScript ${version}`, { concurrency: 2 }, () => {
    for (const { name, options } of RESOLUTIONS.filter(({ since }) => number >= since)) {
      for (const skipLibCheck of [false, true]) {
        it(`${name}, skipLibCheck ${skipLibCheck}`, { skip: compiler.missing ?? false }, async () => {
          const more = {
            //  A browser's declarations take three times as long to check as all else.
            ...(name === "node10" ? {} : { lib: ["es2022"] }),
            ...(number < 6 ? {} : { ignoreDeprecations: "6.0" }),
            types: number < READS_TYPES_OF_NODE ? [] : ["node"],
            skipLibCheck,
          };
          const folder = `${version}-${name}-${skipLibCheck}`;
          await compile(compiler.found!, folder, { ...options, ...more }, { "program.ts": PROGRAM });
        });
      }
    }
  });
}

describe("the compiler that builds the package", { concurrency: 2 }, () => {
  for (const lib of [["es2022"], ["es2022", "dom"], ["es2022", "webworker"]]) {
    for (const module of ["nodenext", "preserve"]) {
      it(`compiles with lib ${lib}, module ${module}`, async () => {
        const options = { module, lib: [...lib, "esnext.disposable"], types: ["node"], skipLibCheck: false };
        const files = { "program.ts": PROGRAM, "using.ts": USING };
        await compile(resolve("node_modules/typescript/bin/tsc"), [...lib, module].join("-"), options, files);
      });
    }
  }
});

describe("what an editor shows", () => {
  const files = ["index", "distributions", "sampling", "schedules"].map((name) =>
    join(consumer.dir, `node_modules/gumbel-softmax/dist/${name}.d.ts`),
  );
  const program = ts.createProgram(files, { types: [], lib: ["lib.es2022.d.ts"] });
  const checker = program.getTypeChecker();
  const isDocumented = (symbol: ts.Symbol) => symbol.getDocumentationComment(checker).length > 0;
  const exported = files
    .flatMap((file) => checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!))
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));

  it("documents every function and class", () => {
    const symbols = exported.filter(({ flags }) => flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class));
    assert.ok(symbols.length > 15);
    assert.deepEqual(
      symbols.filter((symbol) => !isDocumented(symbol)).map(({ name }) => name),
      [],
    );
  });

  it("documents every method and every option", () => {
    const members = exported.flatMap(({ name, flags, members }) => {
      const kept = (member: ts.Symbol) => name.endsWith("Options") || member.flags & ts.SymbolFlags.Method;
      const inside = flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class) ? [...(members ?? [])] : [];
      return inside
        .filter(([, member]) => kept(member))
        .map(([, member]) => ({ name: `${name}.${member.name}`, member }));
    });
    assert.ok(members.length > 60);
    assert.deepEqual(
      members.filter(({ name, member }) => !isDocumented(member) && !name.includes("@dispose")).map(({ name }) => name),
      [],
    );
  });

  it("has nothing internal, and no path of a source", () => {
    for (const file of files) assert.doesNotMatch(program.getSourceFile(file)!.text, /@internal|\.ts['"]/);
  });
});
