// The commands and their options, each described once: for reading, for checking and for --help.

export const COMMANDS = {
  sample: "Gumbel-Softmax samples of logits",
  softmax: "probabilities of logits, without noise",
  noise: "Gumbel noise of a shape",
  argmax: "the class of the largest logit",
  verify: "whether this machine gives the bits that every machine gives",
} as const;

export type Command = keyof typeof COMMANDS;

/** The commands that work on logits. */
export type Work = Exclude<Command, "verify">;

const WORK: readonly Work[] = ["sample", "softmax", "noise", "argmax"];

interface Option {
  /** Other names. */
  also?: readonly string[];
  /** Placeholder of the value in --help; none for a switch. */
  value?: string;
  short?: string;
  help: string;
  /** Commands that take it. Default: all. */
  of?: readonly Command[];
}

export type OptionName =
  | "tau"
  | "hard"
  | "indices"
  | "log"
  | "loc"
  | "scale"
  | "shape"
  | "dim"
  | "seed"
  | "samples"
  | "out"
  | "format"
  | "input-format"
  | "array"
  | "header"
  | "columns"
  | "delimiter"
  | "invalid"
  | "scores"
  | "row-offset"
  | "class-offset"
  | "threads"
  | "help"
  | "version";

export const OPTIONS: Readonly<Record<OptionName, Option>> = {
  tau: {
    value: "T",
    also: ["temperature", "temp"],
    of: ["sample", "softmax"],
    help: "temperature, 0 or above; 0 is one-hot (default 1); --temp is the same",
  },
  hard: { of: ["sample"], help: "one-hot samples: exactly 0 and 1" },
  indices: { of: ["sample"], help: "the sampled class numbers instead of samples" },
  scores: {
    of: ["sample"],
    help: "with --indices: the winning perturbed logits as well, by which slices of classes merge",
  },
  log: { of: ["softmax"], help: "logarithms of the probabilities" },
  loc: { value: "X", of: ["noise"], help: "location (default 0)" },
  scale: { value: "X", of: ["noise"], help: "scale (default 1)" },
  shape: { value: "N,N,...", of: ["noise"], help: "the shape, instead of that of an input" },
  dim: { value: "N", of: WORK, help: "the axis of the classes; negative counts from the end (default -1)" },
  seed: { value: "N", of: ["sample", "noise"], help: "0 to 2^64 - 1 (default: random, told on standard error)" },
  "row-offset": { value: "N", of: ["sample", "noise"], help: "number of the first row, 0 to 2^64 - 1 (default 0)" },
  "class-offset": { value: "N", of: ["sample", "noise"], help: "number of the first class, below 2^34 (default 0)" },
  samples: {
    value: "N",
    short: "n",
    of: ["sample", "noise"],
    help: "draws of the whole input (default 1); of several, draw i has the seed fold(seed, i)",
  },
  invalid: {
    value: "throw|mark",
    of: ["sample", "softmax", "argmax"],
    help: "a row that cannot be sampled: an error (default), or class -1 and zeros",
  },
  out: {
    value: "FILE",
    short: "o",
    of: WORK,
    help: "where to write (default: standard output); replaced only when complete",
  },
  format: {
    value: "npy|csv|jsonl|json",
    of: WORK,
    help: "of the output (default: by --out's extension, else the input's)",
  },
  "input-format": {
    value: "npy|npz|csv|jsonl|json",
    of: WORK,
    help: "of the input (default: by its extension, else its first bytes)",
  },
  array: { value: "NAME", of: WORK, help: "of a .npz: the array to read (default: the only one)" },
  header: {
    value: "yes|no|auto",
    of: WORK,
    help: "of a CSV: whether its first line is a header (default auto: by its fields); it goes to the output too",
  },
  columns: {
    value: "LIST",
    of: WORK,
    help: "of a CSV: the columns of the classes, like a,b or 2-5, by name or counted from 1 (default: all but an index)",
  },
  delimiter: { value: "C", of: WORK, help: "of CSV: a character, or tab (default: a comma; a tab for .tsv)" },
  threads: { value: "N|auto", help: "threads to work with (default 1)" },
  help: { short: "h", help: "this text" },
  version: { short: "V", help: "the version" },
};

/** An option by any of its long names. */
export function optionOf(name: string): OptionName | undefined {
  if (Object.hasOwn(OPTIONS, name)) return name as OptionName;
  return (Object.keys(OPTIONS) as OptionName[]).find((option) => OPTIONS[option].also?.includes(name));
}

export function belongs(name: OptionName, command: Command): boolean {
  return OPTIONS[name].of?.includes(command) ?? true;
}
