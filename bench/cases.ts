// The work that is timed: six operations over shapes from a small call to a vocabulary, and the index alone over logits such
// as a language model gives.

/** In the order of the tables. */
export const OPERATIONS = ["noise", "softmax", "soft", "hard", "hardBackward", "categorical"] as const;
export type Operation = (typeof OPERATIONS)[number];

/** How the tables call an operation. */
export const TITLES: Readonly<Record<Operation, string>> = {
  noise: "noise",
  softmax: "softmax",
  soft: "soft sample",
  hard: "hard sample",
  hardBackward: "hard sample, then its gradient",
  categorical: "index alone",
};

export const TAU = 0.7;

/** C-order [rows, classes], or [rows, classes, inner] with the classes along dim 1. */
export interface Shape {
  readonly rows: number;
  readonly classes: number;
  readonly inner: number;
}

/** Logits as wide as a trained classifier's, or as peaked as a language model's. */
export type Logits = "flat" | "language";

export interface Case {
  readonly operation: Operation;
  readonly shape: Shape;
  readonly logits: Logits;
}

function of(rows: number, classes: number, inner = 1): Shape {
  return { rows, classes, inner };
}

export const SMALL: Shape = of(8, 4);
export const LARGE: readonly Shape[] = [of(32768, 32), of(65536, 10), of(4096, 1024), of(1, 128256)];
export const SHAPES: readonly Shape[] = [SMALL, of(256, 32), ...LARGE, of(64, 32, 1024)];
export const VOCABULARIES: readonly Shape[] = [of(1, 128256), of(32, 151936)];

/** The case of language-model logits follows at once on that of flat ones, with which it is compared. */
export const CASES: readonly Case[] = [
  ...OPERATIONS.slice(0, -1).flatMap((operation) =>
    SHAPES.map((shape): Case => ({ operation, shape, logits: "flat" })),
  ),
  ...SHAPES.filter((shape) => !VOCABULARIES.some((other) => label(other) === label(shape))).map(
    (shape): Case => ({ operation: "categorical", shape, logits: "flat" }),
  ),
  ...VOCABULARIES.flatMap((shape): Case[] => [
    { operation: "categorical", shape, logits: "flat" },
    { operation: "categorical", shape, logits: "language" },
  ]),
];

/** The shapes of the growth curve: 2^9 to 2^27 elements. */
export const GROWTH: readonly Shape[] = Array.from({ length: 19 }, (_, at) => of(2 ** (at + 4), 32));

export function label({ rows, classes, inner }: Shape): string {
  return inner === 1 ? `[${rows},${classes}]` : `[${rows},${classes},${inner}]`;
}

export function elements({ rows, classes, inner }: Shape): number {
  return rows * classes * inner;
}
