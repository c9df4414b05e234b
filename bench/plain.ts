// The same operations as a careful plain-TypeScript loop would do them: one pass per stage over typed arrays that are made
// once, Math.random and Math.log, the noise kept for the gradient.

import { type Operations, TAU } from "./cases.ts";

export function plain(logits: Float32Array, cotangent: Float32Array, rows: number, classes: number): Operations {
  const noise = new Float32Array(rows * classes);
  const p = new Float32Array(rows * classes);
  const y = new Float32Array(rows * classes);
  const dz = new Float32Array(rows * classes);
  const index = new Int32Array(rows);

  const draw = (): Float32Array => {
    for (let i = 0; i < noise.length; i++) noise[i] = -Math.log(-Math.log(Math.random()));
    return noise;
  };
  const perturb = (): void => {
    draw();
    for (let i = 0; i < p.length; i++) p[i] = logits[i]! + noise[i]!;
  };
  const winners = (z: Float32Array): Int32Array => {
    for (let r = 0, at = 0; r < rows; r++, at += classes) {
      let best = 0;
      for (let c = 1; c < classes; c++) if (z[at + c]! > z[at + best]!) best = c;
      index[r] = best;
    }
    return index;
  };
  const soften = (z: Float32Array): Float32Array => {
    winners(z);
    for (let r = 0, at = 0; r < rows; r++, at += classes) {
      const m = z[at + index[r]!]!;
      let sum = 0;
      for (let c = at; c < at + classes; c++) {
        const e = Math.exp((z[c]! - m) / TAU);
        y[c] = e;
        sum += e;
      }
      for (let c = at; c < at + classes; c++) y[c] = y[c]! / sum;
    }
    return y;
  };
  const harden = (): Float32Array => {
    perturb();
    winners(p);
    y.fill(0);
    for (let r = 0; r < rows; r++) y[r * classes + index[r]!] = 1;
    return y;
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
      harden();
      soften(p);
      for (let r = 0, at = 0; r < rows; r++, at += classes) {
        let dot = 0;
        for (let c = at; c < at + classes; c++) dot += cotangent[c]! * y[c]!;
        for (let c = at; c < at + classes; c++) dz[c] = (y[c]! * (cotangent[c]! - dot)) / TAU;
      }
      return dz;
    },
    categorical: () => {
      perturb();
      return winners(p);
    },
  };
}
