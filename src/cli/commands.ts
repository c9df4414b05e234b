// Takes batches from the input through the library to the output, once per draw.

import { fold, Generator, type GumbelSoftmax, load } from "gumbel-softmax";
import type { Settings } from "./arguments.ts";
import { DataError, UsageError } from "./errors.ts";
import { type Format, formatOfBytes, formatOfName, openReader, openWriter } from "./formats.ts";
import { type Bytes, Input } from "./input.ts";
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
      const bytes = input?.read();
      try {
        const { reader, format, dim } = await open(settings, bytes);
        writer ??= await begin(settings, reader, format, dim, seed);
        const key = { seed: samples === 1 ? seed : fold(seed, draw), rowOffset: 0 };
        let items = 0;
        for await (const batch of reader.batches(dim)) {
          await writer.write(computeRows(library, settings, batch, dim, key, bytes?.name ?? "--shape"));
          items += batch.shape[0]!;
          key.rowOffset += product(batch.shape) / batch.shape.at(dim)!;
          const fraction = reader.fraction();
          progress?.update(rows + key.rowOffset, fraction === undefined ? undefined : (draw + fraction) / samples);
        }
        rows += key.rowOffset;
        const shape = reader.shape.map((length) => (length === UNKNOWN ? items : length));
        first ??= shape;
        if (String(first) !== String(shape)) throw new DataError(`${bytes?.name}: changed while it was read`);
      } finally {
        bytes?.close();
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
  format: Format;
  /** Negative. */
  dim: number;
}

async function open(settings: Settings, bytes: Bytes | undefined): Promise<Opened> {
  if (bytes === undefined) {
    const shape = settings.shape!;
    if (shape.at(settings.dim) === 0) throw new UsageError("--shape: expected at least one class, got 0");
    return { reader: shapeReader(shape), format: "csv", dim: axisFromEnd(settings.dim, shape, "--shape") };
  }
  const format = settings.inputFormat ?? formatOfName(settings.file) ?? (await formatOfBytes(bytes));
  const reader = await openReader(bytes, format);
  const dim = axisFromEnd(settings.dim, reader.shape, bytes.name);
  // With the classes across the lines, no row is complete before the last line is read.
  const acrossLines = reader.shape.at(dim) === UNKNOWN;
  return { reader: acrossLines ? await gather(reader, dim) : reader, format, dim };
}

async function begin(settings: Settings, reader: Reader, input: Format, dim: number, seed: bigint): Promise<Writer> {
  const { command, out } = settings;
  const format = settings.format ?? formatOfName(out) ?? input;
  if (format === "npy" && out === undefined && process.stdout.isTTY) {
    throw new UsageError("--out: .npy is not for a terminal: give --out FILE, or --format csv");
  }
  const random = command === "sample" || command === "noise";
  if (random && settings.seed === undefined) tell(`seed: ${seed}`);
  const indices = command === "argmax" || settings.indices;
  const shape = indices ? reader.shape.toSpliced(dim, 1) : reader.shape;
  return openWriter(out, format, { indices, shape, draws: settings.samples });
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
