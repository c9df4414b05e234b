// Reads the command line's arguments and checks them before any work starts. Every error names its option.
//
// The parser is Node's own parseArgs. Commander 14 was tried in its place. Of the 373 lines of arguments, options, values, help and
// main it takes 94 away; dist/cli.js grows from 56 to 186 kB; and messages say less: `softmax --hard` is "unknown option '--hard'",
// `--hard=yes` is "unknown option '--hard=yes'", a missing value does not say which kind. Citty 0.2 ignores unknown options.

import { parseArgs } from "node:util";
import { quote, UsageError } from "./errors.ts";
import type { Format } from "./formats.ts";
import { belongs, COMMANDS, type Command, OPTIONS, type OptionName, type Work } from "./options.ts";
import { FINITE, FORMAT, INTEGER, type Kind, LENGTHS, NAME, NON_NEGATIVE, POSITIVE, SEED, THREADS } from "./values.ts";

export interface Settings {
  command: Work;
  file: string | undefined;
  tau: number;
  hard: boolean;
  indices: boolean;
  log: boolean;
  loc: number;
  scale: number;
  shape: number[] | undefined;
  dim: number;
  seed: bigint | undefined;
  samples: number;
  /** undefined: standard output */
  out: string | undefined;
  format: Format | undefined;
  inputFormat: Format | undefined;
  threads: number | "auto";
}

/** The check of this machine. */
export interface Verification {
  command: "verify";
  threads: number | "auto";
}

/** The user's wish: work, the check, or a text. */
type Request = Settings | Verification | { show: "help"; command: Command | undefined } | { show: "version" };

export function readArguments(args: string[]): Request {
  const { given, positionals } = collect(args);
  const [name, file, extra] = positionals;
  const expected = `expected a command (${Object.keys(COMMANDS).join(", ")})`;
  if (given.has("version")) return { show: "version" };
  if (given.has("help") && (name === undefined || isCommand(name))) return { show: "help", command: name };
  if (name === undefined) throw new UsageError(`${expected}; see gumbel-softmax --help`);
  if (!isCommand(name)) throw new UsageError(`${expected}, got ${quote(name)}`);
  if (extra !== undefined) throw new UsageError(`expected one input, got ${quote(file!)} and ${quote(extra)}`);
  checkTogether(name, file, given);

  function read<T, D>(option: OptionName, kind: Kind<T>, fallback: D): T | D {
    const text = given.get(option);
    if (text === undefined) return fallback;
    const value = kind.read(text);
    if (value === undefined) throw new UsageError(`${label(option)}: expected ${kind.expected}, got ${quote(text)}`);
    return value;
  }
  const threads = read("threads", THREADS, 1);
  if (name === "verify") return { command: name, threads };
  const out = read("out", NAME, undefined);
  return {
    command: name,
    file,
    tau: read("tau", NON_NEGATIVE, 1),
    hard: given.has("hard"),
    indices: given.has("indices"),
    log: given.has("log"),
    loc: read("loc", FINITE, 0),
    scale: read("scale", NON_NEGATIVE, 1),
    shape: read("shape", LENGTHS, undefined),
    dim: read("dim", INTEGER, -1),
    seed: read("seed", SEED, undefined),
    samples: read("samples", POSITIVE, 1),
    out: out === "-" ? undefined : out,
    format: read("format", FORMAT, undefined),
    inputFormat: read("input-format", FORMAT, undefined),
    threads,
  };
}

function isCommand(name: string): name is Command {
  return Object.hasOwn(COMMANDS, name);
}

/** Every spelling of an option, for messages. */
function label(name: OptionName): string {
  const { short } = OPTIONS[name];
  return short === undefined ? `--${name}` : `-${short}/--${name}`;
}

// parseArgs finds the options and their values. This function decides which are allowed, and throws messages of one line.
function collect(args: string[]): { given: Map<OptionName, string>; positionals: string[] } {
  const options = Object.fromEntries(
    (Object.keys(OPTIONS) as OptionName[]).map((name) => {
      const { value, short } = OPTIONS[name];
      return [name, { type: value ? "string" : "boolean", ...(short && { short }) } as const];
    }),
  );
  const { tokens, positionals } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<OptionName, string>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    if (!Object.hasOwn(OPTIONS, token.name)) throw new UsageError(`${token.rawName}: unknown option`);
    const name = token.name as OptionName;
    const wanted = OPTIONS[name].value;
    if (given.has(name)) throw new UsageError(`${label(name)}: given twice`);
    if (wanted === undefined && token.value !== undefined) {
      throw new UsageError(`--${name}: expected no value, got ${quote(token.value)}`);
    }
    // "--out --hard" forgot the file; "--dim -1" did not forget the number.
    const forgotten = token.value === undefined || (!token.inlineValue && /^-[^\d.]/.test(token.value));
    if (wanted !== undefined && forgotten) throw new UsageError(`${label(name)}: expected ${wanted}, got nothing`);
    given.set(name, token.value ?? "");
  }
  return { given, positionals };
}

function checkTogether(command: Command, file: string | undefined, given: ReadonlyMap<OptionName, string>): void {
  for (const option of given.keys()) {
    if (!belongs(option, command)) throw new UsageError(`${label(option)}: not an option of ${command}`);
  }
  if (command === "verify" && file !== undefined) throw new UsageError(`verify: expected no input, got ${quote(file)}`);
  if (given.has("indices")) {
    // Class numbers depend on neither, so the option would be ignored.
    for (const option of ["hard", "tau"] as const) {
      if (given.has(option)) throw new UsageError(`--${option}: has no effect with --indices`);
    }
  }
  if (given.has("shape") && file !== undefined) throw new UsageError(`--shape: not with an input, got ${quote(file)}`);
  if (given.has("shape") && given.has("input-format")) throw new UsageError("--input-format: not with --shape");
}
