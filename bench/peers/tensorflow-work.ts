// The operations by TensorFlow.js, in Node or on a page. Its softmax takes the last axis alone, so that classes along another
// one are transposed there and back.

import type { Operation } from "../cases.ts";
import type { Call, Input, Values, Work } from "./peer.ts";

interface Tensor {
  dataSync(): Values;
  dispose(): void;
}

/** What is used of tfjs-core. */
export interface Core {
  version_core: string;
  setBackend(name: "wasm"): Promise<boolean>;
  tidy<R>(work: () => R): R;
  tensor(values: Float32Array, shape: number[]): Tensor;
  randomUniform(shape: number[]): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor | number): Tensor;
  neg(x: Tensor): Tensor;
  log(x: Tensor): Tensor;
  sum(x: Tensor, axis: number, keepDims: true): Tensor;
  softmax(x: Tensor): Tensor;
  argMax(x: Tensor, axis: number): Tensor;
  oneHot(indices: Tensor, depth: number): Tensor;
  multinomial(logits: Tensor, samples: number): Tensor;
  transpose(x: Tensor, order: number[]): Tensor;
  reshape(x: Tensor, shape: number[]): Tensor;
}

/** What is used of tfjs-backend-wasm. */
export interface Backend {
  setWasmPaths(folder: string): void;
  setThreadsCount(count: number): void;
  getThreadsCount(): number;
}

/** Starts the backend on so many threads; the reason, if it cannot. */
export async function start(tf: Core, backend: Backend, folder: string, threads: number): Promise<string | undefined> {
  backend.setWasmPaths(folder);
  backend.setThreadsCount(threads);
  if (!(await tf.setBackend("wasm"))) return "its WebAssembly backend does not start";
  const got = backend.getThreadsCount();
  return got === threads ? undefined : `asked for ${threads} threads, it has ${got}`;
}

export function prepare(tf: Core, operation: Operation, input: Input): Work {
  const { rows, classes, inner, tau } = input;
  const shape = inner === 1 ? [rows, classes] : [rows, classes, inner];
  const axis = 1;
  const z = tf.tensor(input.logits, shape);
  const c = operation === "hardBackward" ? tf.tensor(input.cotangent, shape) : undefined;
  const swap = (x: Tensor): Tensor => (inner === 1 ? x : tf.transpose(x, [0, 2, 1]));

  const noise = (): Tensor => tf.neg(tf.log(tf.neg(tf.log(tf.randomUniform(shape)))));
  const perturbed = (): Tensor => tf.add(z, noise());
  const softmax = (x: Tensor): Tensor => swap(tf.softmax(swap(tf.mul(x, 1 / tau))));
  const oneHot = (x: Tensor): Tensor => swap(tf.oneHot(tf.argMax(x, axis), classes));

  const results: Record<Operation, () => Tensor[]> = {
    noise: () => [noise()],
    softmax: () => [softmax(z)],
    soft: () => [softmax(perturbed())],
    hard: () => [oneHot(perturbed())],
    hardBackward: () => {
      const p = perturbed();
      const y = softmax(p);
      const dot = tf.sum(tf.mul(c!, y), axis, true);
      return [oneHot(p), tf.mul(tf.mul(y, tf.sub(c!, dot)), 1 / tau)];
    },
    categorical: () => [tf.multinomial(tf.reshape(swap(z), [rows * inner, classes]), 1)],
  };
  const call: Call = () => {
    // Read outside of `tidy`, which would search an array for tensors, element by element.
    const tensors = tf.tidy(results[operation]);
    const values = tensors.map((tensor) => tensor.dataSync());
    for (const tensor of tensors) tensor.dispose();
    return values.at(-1)!;
  };
  return {
    call,
    close: () => {
      z.dispose();
      c?.dispose();
    },
  };
}
