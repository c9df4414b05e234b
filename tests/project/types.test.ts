// The package's types as strict programs see them, checked to the last file, with and without those of a browser.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import test from "node:test";

const PROGRAM = `
import { fold, Generator, load, type LoadOptions, loadSync, type Sample, type Values } from "gumbel-softmax";
import { Categorical, RelaxedOneHotCategorical } from "gumbel-softmax/distributions";
import { sampleTokens, topK, verifyToken } from "gumbel-softmax/sampling";
import { exponential } from "gumbel-softmax/schedules";
const options: LoadOptions = { threads: "auto", module: undefined };
const gs = await load(options);
const y: Sample = gs.gumbelSoftmax([[1, 2, 3]], { tau: 0.5, hard: true, seed: 44n });
const dz: Float32Array = y.backward([[1, 0, 0]], { out: gs.empty([1, 3]) }).data;
using other = loadSync({ threads: 2 });
export const all = [dz, y.indices, y.seed, other.threads, fold(1, 2), new Generator().next()];
const seeds = BigUint64Array.of(1n);
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

const folder = mkdtempSync(join(tmpdir(), "gumbel-softmax-types-"));
test.after(() => rmSync(folder, { recursive: true }));

const installed = join(folder, "node_modules/gumbel-softmax");
mkdirSync(installed, { recursive: true });
cpSync("dist/types", join(installed, "dist/types"), { recursive: true });
cpSync("package.json", join(installed, "package.json"));
for (const name of ["@types", "undici-types"])
  symlinkSync(resolve("node_modules", name), join(folder, "node_modules", name));
writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
writeFileSync(join(folder, "program.ts"), PROGRAM);

for (const lib of [["es2022"], ["es2022", "dom"], ["es2022", "webworker"]]) {
  for (const module of ["nodenext", "preserve"]) {
    test(`lib ${lib}, module ${module}`, () => {
      const compilerOptions = {
        ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true },
        ...{ target: "es2022", module, lib: [...lib, "esnext.disposable"], types: ["node"] },
      };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
      const { status, stdout } = spawnSync(
        process.execPath,
        [resolve("node_modules/typescript/bin/tsc"), "-p", folder],
        {
          encoding: "utf8",
        },
      );
      assert.deepEqual({ status, stdout }, { status: 0, stdout: "" });
    });
  }
}
