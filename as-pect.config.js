// as-pect compiles the kernels by itself, with plain and with shared memory (tests/kernels/shared.config.js); `npm run
// test:kernels` runs both.
import { tsImport } from "tsx/esm/api";

/** The bounds reach the tests as imported globals, so that each of them is stated once. */
const tolerance = await tsImport("./tests/tolerance.ts", import.meta.url);

const INITIAL_PAGES = 64;
const MAXIMUM_PAGES = 256;

export function config(shared) {
  return {
    entries: ["tests/kernels/*.spec.ts", ...(shared ? ["tests/kernels/shared/*.spec.ts"] : [])],
    include: [],
    disclude: [/node_modules/],
    reporter: "tests/kernels/reporter.js",
    async instantiate(_memory, createImports, instantiate, binary) {
      const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES, shared });
      return instantiate(binary, createImports({ env: { memory }, tolerance }));
    },
  };
}

export default config(false);
