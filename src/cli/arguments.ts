// Reads the command line's arguments and checks them before any work starts. Every error names its option.
//
// The parser is Node's own parseArgs. Commander 14 was tried in its place. Of the 373 lines of arguments, options, values, help and
// main it takes 94 away; dist/cli.js grows from 56 to 186 kB; and messages say less: `softmax --hard` is "unknown option '--hard'",
// `--hard=yes` is "unknown option '--hard=yes'", a missing value does not say which kind. Citty 0.2 ignores unknown options.

import { parseArgs } from "node:util";
import { quote, UsageError } from "./errors.ts";
import {
  type Format,
  type InputFormat,
  isUnknownInput,
  isUnknownOutput,
  KNOWN_INPUTS,
  KNOWN_OUTPUTS,
  readName,
} from "./names.ts";
import { belongs, COMMANDS, type Command, OPTIONS, type OptionName, optionOf, type Work } from "./options.ts";
import * as kind from "./values.ts";

export interface Settings {
  command: Work;
  /** undefined: standard input */
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
  rowOffset: bigint;
  classOffset: number;
  scores: boolean;
  invalid: "throw" | "mark";
  out: string | undefined;
  format: Format | undefined;
  inputFormat: InputFormat | undefined;
  /** Of a .npz. */
  array: string | undefined;
  /** Of CSV, as are the next two. */
  header: "yes" | "no" | "auto" | undefined;
  columns: string | undefined;
  delimiter: string | undefined;
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

  function take<T, D>(option: OptionName, { expected, read }: kind.Kind<T>, fallback: D): T | D {
    const text = given.get(option);
    if (text === undefined) return fallback;
    const value = read(text);
    if (value === undefined) throw new UsageError(`${label(option)}: expected ${expected}, got ${quote(text)}`);
    return value;
  }
  const threads = take("threads", kind.THREADS, 1);
  if (name === "verify") return { command: name, threads };
  const outName = take("out", kind.NAME, undefined);
  const out = outName === "-" ? undefined : outName;
  const settings: Settings = {
    command: name,
    file: file === "-" ? undefined : file,
    tau: take("tau", kind.NON_NEGATIVE, 1),
    hard: given.has("hard"),
    indices: given.has("indices"),
    log: given.has("log"),
    loc: take("loc", kind.FINITE, 0),
    scale: take("scale", kind.NON_NEGATIVE, 1),
    shape: take("shape", kind.LENGTHS, undefined),
    dim: take("dim", kind.INTEGER, -1),
    seed: take("seed", kind.SEED, undefined),
    samples: take("samples", kind.POSITIVE, 1),
    rowOffset: take("row-offset", kind.SEED, 0n),
    classOffset: take("class-offset", kind.CLASS_OFFSET, 0),
    scores: given.has("scores"),
    invalid: take("invalid", kind.INVALID, "throw"),
    out,
    format: take("format", kind.FORMAT, undefined),
    inputFormat: take("input-format", kind.INPUT_FORMAT, undefined),
    array: take("array", kind.NAME, undefined),
    header: take("header", kind.HEADER, undefined),
    columns: take("columns", kind.COLUMNS, undefined),
    delimiter: take("delimiter", kind.DELIMITER, undefined),
    threads,
  };
  checkNames(settings);
  return settings;
}

/** The formats are known, or found by bytes that have no name: nothing is read or written as what its name does not say. */
function checkNames({ file, out, format, inputFormat }: Settings): void {
  const read = file === undefined || inputFormat !== undefined ? undefined : readName(file);
  if (read !== undefined && isUnknownInput(read)) {
    throw new UsageError(
      `${file}: expected one of ${KNOWN_INPUTS}, or any with .gz, got ${quote(read.extension)}; --input-format tells another's`,
    );
  }
  const written = out === undefined || format !== undefined ? undefined : readName(out);
  if (written !== undefined && isUnknownOutput(written)) {
    throw new UsageError(
      `-o/--out: expected one of ${KNOWN_OUTPUTS}, or any with .gz, got ${quote(written.extension)}; --format tells another's`,
    );
  }
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
    (Object.keys(OPTIONS) as OptionName[]).flatMap((name) => {
      const { value, short, also = [] } = OPTIONS[name];
      const type = value ? ("string" as const) : ("boolean" as const);
      return [[name, { type, ...(short && { short }) }] as const, ...also.map((other) => [other, { type }] as const)];
    }),
  );
  const { tokens, positionals } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<OptionName, string>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const name = optionOf(token.name);
    if (name === undefined) throw new UsageError(`${token.rawName}: unknown option`);
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
  if (given.has("scores") && !given.has("indices")) throw new UsageError("--scores: only with --indices");
  if (given.has("shape") && file !== undefined) throw new UsageError(`--shape: not with an input, got ${quote(file)}`);
  for (const option of ["input-format", "array", "header", "columns"] as const) {
    if (given.has("shape") && given.has(option)) throw new UsageError(`--${option}: not with --shape`);
  }
}
