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
  | "threads"
  | "help"
  | "version";

export const OPTIONS: Readonly<Record<OptionName, Option>> = {
  tau: { value: "T", of: ["sample", "softmax"], help: "temperature, 0 or above; 0 is one-hot (default 1)" },
  hard: { of: ["sample"], help: "one-hot samples: exactly 0 and 1" },
  indices: { of: ["sample"], help: "the sampled class numbers instead of samples" },
  log: { of: ["softmax"], help: "logarithms of the probabilities" },
  loc: { value: "X", of: ["noise"], help: "location (default 0)" },
  scale: { value: "X", of: ["noise"], help: "scale (default 1)" },
  shape: { value: "N,N,...", of: ["noise"], help: "the shape, instead of that of an input" },
  dim: { value: "N", of: WORK, help: "the axis of the classes; negative counts from the end (default -1)" },
  seed: { value: "N", of: ["sample", "noise"], help: "0 to 2^64 - 1 (default: random, told on standard error)" },
  samples: {
    value: "N",
    short: "n",
    of: ["sample", "noise"],
    help: "draws of the whole input (default 1); of several, draw i has the seed fold(seed, i)",
  },
  out: { value: "FILE", of: WORK, help: "where to write (default: standard output); replaced only when complete" },
  format: { value: "npy|csv|jsonl", of: WORK, help: "of the output (default: by --out's extension, else the input's)" },
  "input-format": {
    value: "npy|csv|jsonl",
    of: WORK,
    help: "of the input (default: by its extension, else its first bytes)",
  },
  threads: { value: "N|auto", help: "threads to work with (default 1)" },
  help: { short: "h", help: "this text" },
  version: { short: "V", help: "the version" },
};

export function belongs(name: OptionName, command: Command): boolean {
  return OPTIONS[name].of?.includes(command) ?? true;
}
