// Takes batches from the input through the library to the output, once per draw.

import { fold, Generator, type GumbelSoftmax, load } from "gumbel-softmax";
import type { Settings } from "./arguments.ts";
import { DataError, UsageError } from "./errors.ts";
import { formatOfBytes, openReader, openWriter } from "./formats.ts";
import { type Bytes, Input } from "./input.ts";
import { type InputFormat, readName } from "./names.ts";
import { openArray } from "./npz.ts";
import { computeRows } from "./operations.ts";
import { Progress } from "./progress.ts";
import { axisFromEnd, gather, product, type Reader, shapeReader, UNKNOWN, type Writer } from "./tensors.ts";

export async function run(settings: Settings): Promise<void> {
  const { samples } = settings;
  const input = settings.shape ? undefined : await openInput(settings);
  const library = await openLibrary(settings.threads);
  const progress = openProgress(settings);
  const seed = settings.seed ?? new Generator().next();
  let writer: Writer | undefined;
  let first: number[] | undefined;
  let rows = 0;
  try {
    for (let draw = 0; draw < samples; draw++) {
      const { reader, format, dim, name, close } = await open(settings, input);
      try {
        writer ??= await begin(settings, reader, format, dim, seed);
        const drawSeed = samples === 1 ? seed : fold(seed, draw);
        let items = 0;
        let row = 0;
        for await (const batch of reader.batches(dim)) {
          const key = {
            seed: drawSeed,
            rowOffset: settings.rowOffset + BigInt(row),
            classOffset: settings.classOffset,
          };
          await writer.write(computeRows(library, settings, batch, dim, key, { name, row }));
          items += batch.shape[0]!;
          row += product(batch.shape) / batch.shape.at(dim)!;
          const fraction = reader.fraction();
          progress?.update(rows + row, fraction === undefined ? undefined : (draw + fraction) / samples);
        }
        rows += row;
        const shape = reader.shape.map((length) => (length === UNKNOWN ? items : length));
        first ??= shape;
        if (String(first) !== String(shape)) throw new DataError(`${name}: changed while it was read`);
        await writer.endDraw();
      } finally {
        close();
      }
    }
    await writer?.end(first![0]!);
    writer = undefined;
  } finally {
    progress?.clear();
    await writer?.discard();
    input?.close();
    library.close();
  }
}

/** Opens an instance with these threads; if there are fewer, tells so on standard error. */
export async function openLibrary(threads: number | "auto"): Promise<GumbelSoftmax> {
  const library = await load({ threads });
  if (library.threadsUnavailable) tell(`--threads: working with ${library.threads}: ${library.threadsUnavailable}`);
  return library;
}

async function openInput({ command, file, samples }: Settings): Promise<Input> {
  if (file === undefined && process.stdin.isTTY) {
    const shape = command === "noise" ? "give --shape, " : "";
    throw new UsageError(`no input: ${shape}name a FILE, or pipe numbers to standard input`);
  }
  return Input.open(file, samples > 1);
}

function openProgress({ out }: Settings): Progress | undefined {
  // If rows and progress went to one terminal, the progress line would stand between the rows.
  const apart = out !== undefined || !process.stdout.isTTY;
  return process.stderr.isTTY && apart && process.env.TERM !== "dumb" ? new Progress(process.stderr) : undefined;
}

interface Opened {
  reader: Reader;
  format: InputFormat;
  /** Negative. */
  dim: number;
  /** For messages. */
  name: string;
  close(): void;
}

async function open(settings: Settings, input: Input | undefined): Promise<Opened> {
  if (input === undefined) {
    const shape = settings.shape!;
    if (shape.at(settings.dim) === 0) throw new UsageError("--shape: expected at least one class, got 0");
    const dim = axisFromEnd(settings.dim, shape, "--shape");
    return { reader: shapeReader(shape), format: "csv", dim, name: "--shape", close: () => {} };
  }
  const opened: Bytes[] = [await input.read()];
  const close = (): void => {
    for (const bytes of opened) bytes.close();
  };
  try {
    const named = settings.file === undefined ? undefined : readName(settings.file);
    const format = settings.inputFormat ?? named?.format ?? (await formatOfBytes(opened[0]!));
    checkOptionsOf(format, settings);
    if (format === "npz") opened.push(await openArray(await input.seekable(opened[0]!), input.name, settings.array));
    const bytes = opened.at(-1)!;
    const { header = "auto", columns, delimiter = isTabbed(settings.file) ? "\t" : "," } = settings;
    const reader = await openReader(bytes, format === "npz" ? "npy" : format, { header, columns, delimiter });
    const dim = axisFromEnd(settings.dim, reader.shape, bytes.name);
    // With the classes across the lines, no row is complete before the last line is read.
    const acrossLines = reader.shape.at(dim) === UNKNOWN;
    return { reader: acrossLines ? await gather(reader, dim) : reader, format, dim, name: bytes.name, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Options that another format has no use for would be ignored. */
function checkOptionsOf(format: InputFormat, { array, header, columns }: Settings): void {
  if (array !== undefined && format !== "npz") throw new UsageError(`--array: only for .npz, got .${format}`);
  for (const [name, value] of Object.entries({ header, columns })) {
    if (value !== undefined && format !== "csv") throw new UsageError(`--${name}: only for CSV, got .${format}`);
  }
}

function isTabbed(path: string | undefined): boolean {
  return path !== undefined && readName(path).extension === ".tsv";
}

async function begin(
  settings: Settings,
  reader: Reader,
  input: InputFormat,
  dim: number,
  seed: bigint,
): Promise<Writer> {
  const { command, out, scores } = settings;
  const named = out === undefined ? undefined : readName(out).format;
  const format = settings.format ?? (named === "npz" ? undefined : named) ?? (input === "npz" ? "npy" : input);
  if (format === "npy" && out === undefined && process.stdout.isTTY) {
    throw new UsageError("--out: .npy is not for a terminal: give --out FILE, or --format csv");
  }
  if (settings.delimiter !== undefined && format !== "csv" && input !== "csv") {
    throw new UsageError(`--delimiter: only for CSV, got .${input} and .${format}`);
  }
  const random = command === "sample" || command === "noise";
  if (random && settings.seed === undefined) tell(`seed: ${seed}`);
  const indices = command === "argmax" || settings.indices;
  const shape = indices ? reader.shape.toSpliced(dim, 1) : reader.shape;
  const { csv } = reader;
  // A header that came in goes out, or a reader that expects one would take the first row for it.
  const names = scores ? ["index", "score"] : ["index"];
  return openWriter(out, format, {
    values: scores ? "pairs" : indices ? "indices" : "floats",
    shape,
    draws: settings.samples,
    delimiter: settings.delimiter ?? (named === "csv" ? (isTabbed(out) ? "\t" : ",") : (csv?.delimiter ?? ",")),
    header: csv?.header && (indices ? names : csv.header),
  });
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
