// ONNX Runtime on one thread, as WebAssembly (`web`) or native (`node`): one small graph an operation, results in new
// arrays: onnxruntime-web leaves arrays that are given for them empty, to onnxruntime-node they made no difference.

import type { Operation } from "../cases.ts";
import { model } from "./onnx-model.ts";
import type { Input, Opened, Values, Work } from "./peer.ts";

interface Tensor {
  readonly data: Values;
}

/** What is used of onnxruntime-web and onnxruntime-node. */
interface Runtime {
  env: { versions: Record<string, string | undefined>; wasm: { numThreads: number } };
  Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => Tensor;
  InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
}

interface Session {
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

const ONE_THREAD = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: "sequential" };

export async function open(kind = "web"): Promise<Opened> {
  const module = (await import(`onnxruntime-${kind}`)) as { default?: Runtime } & Runtime;
  const runtime = module.default ?? module;
  if (kind === "web") runtime.env.wasm.numThreads = 1;
  return {
    name: kind === "web" ? "onnxruntime-web" : "onnxruntime native",
    versions: { [`onnxruntime-${kind}`]: runtime.env.versions[kind] ?? "", node: process.versions.node },
    threads: 1,
    prepare: (operation, input): Promise<Work> => prepare(runtime, operation, input),
  };
}

async function prepare(runtime: Runtime, operation: Operation, input: Input): Promise<Work> {
  const { bytes, inputs } = model(operation, input, input.tau);
  const session = await runtime.InferenceSession.create(bytes, ONE_THREAD);
  const { rows, classes, inner } = input;
  const dims = inner === 1 ? [rows, classes] : [rows, classes, inner];
  const feeds: Record<string, Tensor> = {};
  for (const name of inputs) feeds[name] = new runtime.Tensor("float32", input[name], dims);
  return {
    call: async () => (await session.run(feeds)).result!.data,
    close: () => void session.release(),
  };
}
