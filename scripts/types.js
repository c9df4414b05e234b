// Rolls the declarations of each entry up into one file in dist/: no imports but of the main entry, no path of a source, and
// nothing that is marked @internal.
//
// They are for compilers from TypeScript 4.7 on, of which those below 5.2 know no Symbol.dispose. Where a declaration has it, it
// is declared; other declarations of it, of the compiler's own library or of @types/node, merge with that. JSR takes no
// sources that augment a global type, so that src/ does not do so itself.
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import { SUBPATHS } from "./entries.js";

const MAIN = "./index.js";
const DISPOSE = `
declare global {
    interface SymbolConstructor {
        readonly dispose: unique symbol;
    }
}
`;

const declareDispose = {
  name: "declare-dispose",
  renderChunk: (code) => (code.includes("[Symbol.dispose]") ? code + DISPOSE : null),
};

/** Takes modules that the main entry has already from there, where all that a subpath needs has to be exported. */
function takeFromMain(main) {
  return {
    name: "take-from-main",
    async resolveId(source, importer) {
      if (importer === undefined) return null;
      const resolved = await this.resolve(source, importer);
      return main.modules.includes(resolved?.id) ? { id: MAIN, external: true } : null;
    },
    generateBundle(_, bundle) {
      for (const { fileName, importedBindings } of Object.values(bundle)) {
        const missing = (importedBindings[MAIN] ?? []).filter((name) => !main.names.includes(name));
        if (missing.length > 0)
          this.error(`${fileName} needs types that ${MAIN} does not export: ${missing.join(", ")}`);
      }
    },
  };
}

/** Rolls one entry up; gives its modules, and the names that it exports. */
async function rollUp(name, input, main = { modules: [], names: [] }) {
  const bundle = await rollup({
    input,
    plugins: [takeFromMain(main), dts({ tsconfig: "tsconfig.build.json" }), declareDispose],
    onwarn(warning) {
      throw new Error(warning.message);
    },
  });
  const { output } = await bundle.write({ file: `dist/${name}.d.ts`, format: "esm" });
  await bundle.close();
  return { modules: output[0].moduleIds, names: output[0].exports };
}

const main = await rollUp("index", "src/index.ts");
for (const { name } of SUBPATHS) await rollUp(name, `src/${name}/index.ts`, main);
