// The work that is timed: six operations over shapes from a small call to a vocabulary.

/** Rows and classes. */
export const SHAPES: readonly (readonly [number, number])[] = [
  [8, 4],
  [256, 32],
  [32768, 32],
  [65536, 10],
  [4096, 1024],
  [1, 128256],
];

export const TAU = 0.7;

/** One competitor's way to do each operation on one input; what it returns keeps the work from being optimised away. */
export interface Operations {
  noise(): Float32Array;
  softmax(): Float32Array;
  soft(): Float32Array;
  hard(): Float32Array;
  hardBackward(): Float32Array;
  categorical(): Int32Array;
}

export type Operation = keyof Operations;

export const OPERATIONS: readonly Operation[] = ["noise", "softmax", "soft", "hard", "hardBackward", "categorical"];

/** Seeded inputs: logits about as wide as a trained classifier's, and a cotangent. */
export function inputs(count: number): { logits: Float32Array; cotangent: Float32Array } {
  let state = 44;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    logits: Float32Array.from({ length: count }, () => 8 * uniform() - 4),
    cotangent: Float32Array.from({ length: count }, () => 2 * uniform() - 1),
  };
}
