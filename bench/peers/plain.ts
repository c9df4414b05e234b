// The operations as a careful plain-TypeScript loop does them: one pass per stage over typed arrays that are made once,
// Math.random and Math.log, the noise kept for the gradient.

import type { Operation } from "../cases.ts";
import type { Call, Input, Peer, Work } from "./peer.ts";

export async function open(): Promise<Peer> {
  return {
    name: "plain TypeScript",
    versions: { node: process.versions.node, v8: process.versions.v8 },
    threads: 1,
    prepare: (operation, input): Work => ({ call: calls(input)[operation] }),
  };
}

function calls(input: Input): Record<Operation, Call> {
  const { rows, classes, inner, tau, logits } = input;
  const count = rows * classes * inner;
  const lines = rows * inner;
  const noise = new Float32Array(count);
  const p = new Float32Array(count);
  const y = new Float32Array(count);
  const hot = new Float32Array(count);
  const dz = new Float32Array(count);
  const index = new Int32Array(lines);
  const span = classes * inner;
  let cotangent: Float32Array | undefined;

  const draw = (): Float32Array => {
    for (let i = 0; i < count; i++) noise[i] = -Math.log(-Math.log(Math.random()));
    return noise;
  };
  const perturb = (): void => {
    draw();
    for (let i = 0; i < count; i++) p[i] = logits[i]! + noise[i]!;
  };
  /** Where the classes of a line begin; they are `inner` apart. */
  const start = (line: number): number =>
    inner === 1 ? line * span : Math.floor(line / inner) * span + (line % inner);

  const winners = (z: Float32Array): Int32Array => {
    for (let line = 0; line < lines; line++) {
      const first = start(line);
      let best = first;
      for (let at = first + inner; at < first + span; at += inner) if (z[at]! > z[best]!) best = at;
      index[line] = (best - first) / inner;
    }
    return index;
  };
  const soften = (z: Float32Array): Float32Array => {
    for (let line = 0; line < lines; line++) {
      const first = start(line);
      const end = first + span;
      let max = z[first]!;
      for (let at = first; at < end; at += inner) if (z[at]! > max) max = z[at]!;
      let sum = 0;
      for (let at = first; at < end; at += inner) {
        const e = Math.exp((z[at]! - max) / tau);
        y[at] = e;
        sum += e;
      }
      const scale = 1 / sum;
      for (let at = first; at < end; at += inner) y[at] = y[at]! * scale;
    }
    return y;
  };
  const harden = (): Float32Array => {
    perturb();
    winners(p);
    hot.fill(0);
    for (let line = 0; line < lines; line++) hot[start(line) + index[line]! * inner] = 1;
    return hot;
  };

  return {
    noise: draw,
    softmax: () => soften(logits),
    soft: () => {
      perturb();
      return soften(p);
    },
    hard: harden,
    hardBackward: () => {
      cotangent ??= input.cotangent;
      harden();
      soften(p);
      for (let line = 0; line < lines; line++) {
        const first = start(line);
        const end = first + span;
        let dot = 0;
        for (let at = first; at < end; at += inner) dot += cotangent[at]! * y[at]!;
        for (let at = first; at < end; at += inner) dz[at] = (y[at]! * (cotangent[at]! - dot)) / tau;
      }
      return dz;
    },
    categorical: () => {
      perturb();
      return winners(p);
    },
  };
}
