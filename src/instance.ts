// Instantiates the kernels once and types what they export. Addresses are bytes, counts elements.

import { expectedBut } from "./check.ts";

/** The exports of assembly/index.ts. */
export interface Kernels {
  scratchBytes(): number;
  sample(
    kind: number,
    pass: number,
    out: number,
    max: number,
    index: number,
    sums: number,
    logits: number,
    cotangent: number,
    scratch: number,
    outer: number,
    classes: number,
    inner: number,
    from: number,
    rowLo: number,
    rowHi: number,
    block: number,
    lead: number,
    seedLo: number,
    seedHi: number,
    scale: number,
    tau: number,
  ): number;
  gumbel(
    out: number,
    scratch: number,
    outer: number,
    classes: number,
    inner: number,
    rowLo: number,
    rowHi: number,
    block: number,
    lead: number,
    seedLo: number,
    seedHi: number,
    loc: number,
    scale: number,
  ): void;
  firstNotFinite(at: number, n: number): number;
}

export interface Instance {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
}

const KERNELS: readonly (keyof Kernels)[] = ["scratchBytes", "sample", "gumbel", "firstNotFinite"];

/** Pages of 64 KB at the start: static data, scratch, and the areas that arena.ts sets aside at once. */
const INITIAL_PAGES = 32;
const MAXIMUM_PAGES = 65536;

/** An instance of the plain kernels with a memory of its own. */
export function instantiate(module: WebAssembly.Module): Instance {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES });
  const wanted = "the kernels of this version, for plain memory (gumbel-softmax/kernels.wasm)";
  if (!KERNELS.every((name) => WebAssembly.Module.exports(module).some((entry) => entry.name === name))) {
    throw expectedBut(TypeError, "module", wanted, "another module");
  }
  try {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    return { kernels: exports as unknown as Kernels, memory };
  } catch (error) {
    throw expectedBut(TypeError, "module", wanted, `one that does not link: ${(error as Error).message}`);
  }
}

/** The bytes of an inlined .wasm. */
export function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
