// jax-js on WebAssembly, from its arrays to typed arrays. Operation by operation: under its `jit` they were as fast, and its
// categorical sampler was slower.

import { createRequire } from "node:module";
import type { Operation } from "../cases.ts";
import type { Call, Input, Opened, Values, Work } from "./peer.ts";

/** What is used of an array: whatever takes one in owns it from then on, but not what was handed over as `ref`. */
interface Tensor {
  readonly ref: Tensor;
  add(other: Tensor): Tensor;
  sub(other: Tensor): Tensor;
  mul(other: Tensor | number): Tensor;
  dispose(): void;
  dataSync(): Values;
}

interface Jax {
  init(device: "wasm"): Promise<string[]>;
  defaultDevice(device: "wasm"): string;
  numpy: {
    array(values: Float32Array, options: { shape: number[] }): Tensor;
    argmax(x: Tensor, axis: number): Tensor;
    sum(x: Tensor, axis: number, options: { keepdims: true }): Tensor;
    moveaxis(x: Tensor, from: number, to: number): Tensor;
  };
  nn: { softmax(x: Tensor, axis: number): Tensor; oneHot(x: Tensor, classes: number): Tensor };
  random: {
    key(seed: number): Tensor;
    gumbel(key: Tensor, shape: number[]): Tensor;
    categorical(key: Tensor, logits: Tensor, options: { axis: number }): Tensor;
  };
}

export async function open(): Promise<Opened> {
  // It asks how many cores there are, and Node 20 has no navigator that could tell.
  const host = globalThis as { navigator?: unknown };
  host.navigator ??= { hardwareConcurrency: 1, userAgent: "" };
  const jax = (await import("@jax-js/jax" as string)) as Jax;
  if (!(await jax.init("wasm")).includes("wasm")) return { unavailable: "its WebAssembly backend does not start" };
  jax.defaultDevice("wasm");
  const manifest = new URL("package.json", new URL("../", import.meta.resolve("@jax-js/jax")));
  const { version } = createRequire(import.meta.url)(manifest.pathname) as { version: string };
  return {
    name: "jax-js wasm",
    versions: { "jax-js": version, node: process.versions.node },
    threads: 1,
    prepare: (operation, input): Work => prepare(jax, operation, input),
  };
}

function prepare({ numpy, nn, random }: Jax, operation: Operation, input: Input): Work {
  const { rows, classes, inner, tau } = input;
  const shape = inner === 1 ? [rows, classes] : [rows, classes, inner];
  const axis = 1;
  const z = numpy.array(input.logits, { shape });
  const c = operation === "hardBackward" ? numpy.array(input.cotangent, { shape }) : undefined;
  let seed = 0;

  const noise = (): Tensor => random.gumbel(random.key(seed++), shape);
  const softmax = (x: Tensor): Tensor => nn.softmax(x.mul(1 / tau), axis);
  const oneHot = (x: Tensor): Tensor => {
    const hot = nn.oneHot(numpy.argmax(x, axis), classes);
    return inner === 1 ? hot : numpy.moveaxis(hot, -1, axis);
  };

  const calls: Record<Operation, Call> = {
    noise: () => noise().dataSync(),
    softmax: () => softmax(z.ref).dataSync(),
    soft: () => softmax(z.ref.add(noise())).dataSync(),
    hard: () => oneHot(z.ref.add(noise())).dataSync(),
    hardBackward: () => {
      const p = z.ref.add(noise());
      oneHot(p.ref).dataSync();
      const y = softmax(p);
      const dot = numpy.sum(c!.ref.mul(y.ref), axis, { keepdims: true });
      return y
        .mul(c!.ref.sub(dot))
        .mul(1 / tau)
        .dataSync();
    },
    categorical: () => random.categorical(random.key(seed++), z.ref, { axis }).dataSync(),
  };
  return {
    call: calls[operation],
    close: () => {
      z.dispose();
      c?.dispose();
    },
  };
}
