// This library: on the caller's own arrays with `out`, or (`resident`) on tensors inside the module's memory.

import type { Operation } from "../cases.ts";
import { importPackage, VERSION } from "../package.ts";
import type { Call, Input, Peer, Work } from "./peer.ts";

interface Tensor {
  readonly data: Float32Array;
  readonly shape: number[];
  free?(): void;
}

export async function open(where = "caller", threads = "1"): Promise<Peer> {
  const memories = watchMemories();
  const { load } = await importPackage();
  const gs = await load({ threads: Number(threads) });

  function prepare(operation: Operation, input: Input): Work {
    const { rows, classes, inner, tau } = input;
    const shape = inner === 1 ? [rows, classes] : [rows, classes, inner];
    const dim = 1;
    const held: Tensor[] = [];
    const tensor = (values?: Float32Array): Tensor => {
      if (where !== "resident") return { data: values ?? new Float32Array(rows * classes * inner), shape };
      const made = gs.empty(shape);
      if (values) made.data.set(values);
      held.push(made);
      return made;
    };
    let seed = 0;
    const calls: Record<Operation, () => Call> = {
      noise: () => {
        const out = tensor();
        return () => gs.gumbel(shape, { dim, seed: seed++, out }).data;
      },
      softmax: () => {
        const z = tensor(input.logits);
        const out = tensor();
        return () => gs.softmax(z, { tau, dim, out }).data;
      },
      soft: () => {
        const z = tensor(input.logits);
        const out = tensor();
        return () => gs.gumbelSoftmax(z, { tau, dim, seed: seed++, out }).data;
      },
      hard: () => {
        const z = tensor(input.logits);
        const out = tensor();
        return () => gs.gumbelSoftmax(z, { tau, hard: true, dim, seed: seed++, out }).data;
      },
      hardBackward: () => {
        const z = tensor(input.logits);
        const c = tensor(input.cotangent);
        const out = tensor();
        const gradient = tensor();
        const keep = tensor();
        return () => {
          const y = gs.gumbelSoftmax(z, { tau, hard: true, dim, seed: seed++, out, keep });
          return y.backward(c, { out: gradient }).data;
        };
      },
      categorical: () => {
        const z = tensor(input.logits);
        const index = new Int32Array(rows * inner);
        return () => gs.categorical(z, { dim, seed: seed++, out: index }).data;
      },
    };
    return {
      call: calls[operation](),
      close: () => {
        for (const made of held) made.free?.();
      },
    };
  }

  if (gs.threads !== Number(threads)) throw new Error(`${gs.threads} threads of ${threads}: ${gs.threadsUnavailable}`);
  return {
    name: `gumbel-softmax${where === "resident" ? ", inside the module" : ""}${gs.threads > 1 ? `, ${gs.threads} threads` : ""}`,
    versions: { "gumbel-softmax": VERSION, node: process.versions.node, v8: process.versions.v8 },
    threads: gs.threads,
    prepare,
    memory: () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
  };
}

/** All memories that are made from now on: the library keeps its own to itself. */
function watchMemories(): WebAssembly.Memory[] {
  const made: WebAssembly.Memory[] = [];
  WebAssembly.Memory = class extends WebAssembly.Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      made.push(this);
    }
  };
  return made;
}
