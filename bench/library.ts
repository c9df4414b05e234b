// The operations by this library: on the caller's own arrays, or on tensors inside the module's memory.

import { loadSync } from "gumbel-softmax";
import { type Operations, TAU } from "./cases.ts";

export function library(
  logits: Float32Array,
  cotangent: Float32Array,
  rows: number,
  classes: number,
  resident: boolean,
): Operations {
  const gs = loadSync();
  const shape = [rows, classes];
  const tensor = (values?: Float32Array): { data: Float32Array; shape: number[] } => {
    const made = resident ? gs.empty(shape) : { data: new Float32Array(rows * classes), shape };
    if (values) made.data.set(values);
    return made;
  };
  const z = tensor(logits);
  const c = tensor(cotangent);
  const out = tensor();
  const gradient = tensor();
  const index = new Int32Array(rows);
  let seed = 0;
  return {
    noise: () => gs.gumbel(shape, { seed: seed++, out }).data,
    softmax: () => gs.softmax(z, { tau: TAU, out }).data,
    soft: () => gs.gumbelSoftmax(z, { tau: TAU, seed: seed++, out }).data,
    hard: () => gs.gumbelSoftmax(z, { tau: TAU, seed: seed++, hard: true, out }).data,
    hardBackward: () =>
      gs.gumbelSoftmax(z, { tau: TAU, seed: seed++, hard: true, out }).backward(c, { out: gradient }).data,
    categorical: () => gs.categorical(z, { seed: seed++, out: index }).data,
  };
}
