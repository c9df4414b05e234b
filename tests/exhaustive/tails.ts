// The far tail of the noise: with one logit far above the rest, the others win only by noise that a generator cut at 16.6
// (ln 2^24, a uniform of 24 bits) or biased by an epsilon cannot give.

import type { GumbelSoftmax } from "gumbel-softmax";

export interface Losses {
  readonly lost: number;
  readonly expected: number;
  /** How far lost is from expected, in standard deviations. */
  readonly z: number;
}

/** How many rows the last class loses that lies `gap` above all others, drawn `batch` rows a call. */
export function countLosses(gs: GumbelSoftmax, classes: number, gap: number, rows: number, batch: number): Losses {
  const logits = gs.empty([batch, classes]);
  logits.data.fill(0);
  for (let row = 0; row < batch; row++) logits.data[row * classes + classes - 1] = gap;
  let lost = 0;
  for (let rowOffset = 0; rowOffset < rows; rowOffset += batch) {
    const { data } = gs.categorical(logits, { seed: 2026n, rowOffset });
    for (const index of data) if (index !== classes - 1) lost++;
  }
  logits.free();
  const probability = 1 - 1 / (1 + (classes - 1) * Math.exp(-gap));
  const expected = rows * probability;
  return { lost, expected, z: (lost - expected) / Math.sqrt(expected * (1 - probability)) };
}
