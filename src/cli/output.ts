// The output. Standard output, a device or a pipe get results as they come; a file has a temporary name until it is complete. A name
// that ends in .gz gets compressed bytes.

import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, open, realpath, rename, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import type { Writable } from "node:stream";
import { createGzip, type Gzip } from "node:zlib";
import { about, aboutTemporary, ClosedPipe, DataError } from "./errors.ts";
import { isGzip } from "./names.ts";
import { keep, remove, temporaryIn } from "./temporary.ts";

export interface Output {
  write(bytes: Uint8Array): Promise<void>;
  /** Replaces the first bytes; only if the output was opened as rewritable. */
  rewrite(bytes: Uint8Array): Promise<void>;
  commit(): Promise<void>;
  /** Gives up and leaves no file behind. */
  discard(): Promise<void>;
}

/** Opens an output. `rewritable`: the first bytes are replaced at the end, so a stream is held in a temporary file until then. */
export async function openOutput(path: string | undefined, rewritable: boolean): Promise<Output> {
  if (path === undefined) {
    const output = new StreamOutput(process.stdout, "standard output");
    return rewritable ? FileOutput.before(output) : output;
  }
  const zipped = isGzip(path);
  try {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) throw new DataError(`${path}: is a directory`);
    // Renaming a file over a device or a pipe would destroy it.
    const streamed = found !== undefined && !found.isFile();
    const plain = streamed
      ? new StreamOutput(createWriteStream(path), path)
      : await FileOutput.become(found === undefined ? path : await realpath(path), found?.mode);
    const output = zipped ? new GzipOutput(plain) : plain;
    return rewritable && (streamed || zipped) ? await FileOutput.before(output) : output;
  } catch (error) {
    throw about(path, error);
  }
}

/** Compresses on the way to another output. */
class GzipOutput implements Output {
  #output: Output;
  #gzip: Gzip = createGzip();
  /** Settles when all compressed bytes are written, or one could not be. */
  #delivered: Promise<void>;

  constructor(output: Output) {
    this.#output = output;
    this.#delivered = this.#deliver();
    this.#delivered.catch(() => {});
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#gzip.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      await this.#delivered; // has the reason, if it is the output
      throw error;
    }
  }

  rewrite(): Promise<void> {
    throw new Error("compressed bytes cannot be rewritten");
  }

  async commit(): Promise<void> {
    this.#gzip.end();
    await this.#delivered;
    await this.#output.commit();
  }

  async discard(): Promise<void> {
    this.#gzip.destroy();
    await this.#delivered.catch(() => {});
    await this.#output.discard();
  }

  async #deliver(): Promise<void> {
    for await (const chunk of this.#gzip) await this.#output.write(chunk);
  }
}

class StreamOutput implements Output {
  #stream: Writable;
  #name: string;

  constructor(stream: Writable, name: string) {
    this.#stream = stream;
    this.#name = name;
    // The callback of a write reports the error; without a listener the event would end the process with a stack trace.
    stream.on("error", () => {});
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(bytes, (error) => (error ? reject(this.#explain(error)) : resolve()));
    });
  }

  rewrite(): Promise<void> {
    throw new Error(`${this.#name}: cannot be rewritten`);
  }

  commit(): Promise<void> {
    if (this.#stream === process.stdout) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#stream.once("error", (error) => reject(this.#explain(error)));
      this.#stream.end(resolve);
    });
  }

  async discard(): Promise<void> {
    if (this.#stream !== process.stdout) this.#stream.destroy();
  }

  #explain(error: Error): Error {
    return (error as NodeJS.ErrnoException).code === "EPIPE" ? new ClosedPipe() : about(this.#name, error);
  }
}

class FileOutput implements Output {
  #handle: FileHandle;
  #path: string;
  #size = 0;
  #explain: (error: unknown) => Error;
  /** The path whose place the file takes, or the output that gets its bytes. */
  #destination: Output | string;

  private constructor(
    handle: FileHandle,
    path: string,
    explain: (error: unknown) => Error,
    destination: Output | string,
  ) {
    this.#handle = handle;
    this.#path = path;
    this.#explain = explain;
    this.#destination = destination;
  }

  /** A file beside `path` that takes its place when it is whole. */
  static async become(path: string, mode = 0o666): Promise<FileOutput> {
    const beside = temporaryIn(dirname(path));
    return new FileOutput(await create(beside, mode), beside, (error) => about(path, error), path);
  }

  /** A temporary file whose bytes go to another output when it is whole. */
  static async before(output: Output): Promise<FileOutput> {
    const path = temporaryIn(tmpdir());
    try {
      return new FileOutput(await create(path, 0o600), path, aboutTemporary, output);
    } catch (error) {
      await output.discard();
      throw aboutTemporary(error);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#writeAt(bytes, this.#size);
    this.#size += bytes.length;
  }

  rewrite(bytes: Uint8Array): Promise<void> {
    return this.#writeAt(bytes, 0);
  }

  async commit(): Promise<void> {
    try {
      await this.#handle.close();
      if (typeof this.#destination === "string") {
        await rename(this.#path, this.#destination);
        keep(this.#path);
        return;
      }
      for await (const chunk of createReadStream(this.#path, { highWaterMark: 1 << 18 })) {
        await this.#destination.write(chunk);
      }
      await this.#destination.commit();
      remove(this.#path);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async discard(): Promise<void> {
    await this.#handle.close();
    remove(this.#path);
    if (typeof this.#destination !== "string") await this.#destination.discard();
  }

  async #writeAt(bytes: Uint8Array, position: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += (await this.#handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
      }
    } catch (error) {
      throw this.#explain(error);
    }
  }
}

async function create(path: string, mode: number): Promise<FileHandle> {
  try {
    return await open(path, "wx", mode);
  } catch (error) {
    remove(path);
    throw error;
  }
}
