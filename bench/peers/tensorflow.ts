// TensorFlow.js with its WebAssembly backend, from tensors to typed arrays, in Node, where it has no threads.

import { createRequire } from "node:module";
import { dirname } from "node:path";
import type { Opened, Work } from "./peer.ts";
import { type Backend, type Core, prepare, start } from "./tensorflow-work.ts";

export async function open(): Promise<Opened> {
  const tf = (await import("@tensorflow/tfjs-core" as string)) as Core;
  const backend = (await import("@tensorflow/tfjs-backend-wasm" as string)) as Backend;
  const folder = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"));
  const failure = await start(tf, backend, `${folder}/`, 1);
  if (failure !== undefined) return { unavailable: failure };
  return {
    name: "TensorFlow.js wasm",
    versions: { tensorflow: tf.version_core, node: process.versions.node },
    threads: 1,
    prepare: (operation, input): Work => prepare(tf, operation, input),
  };
}
