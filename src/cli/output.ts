// The output. Standard output, a device or a pipe get results as they come; a file has a temporary name until it is complete.

import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, open, realpath, rename, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import type { Writable } from "node:stream";
import { about, ClosedPipe, DataError } from "./errors.ts";
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
  try {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) throw new DataError(`${path}: is a directory`);
    if (found !== undefined && !found.isFile()) {
      // Renaming a file over a device or a pipe would destroy it.
      const output = new StreamOutput(createWriteStream(path), path);
      return rewritable ? FileOutput.before(output) : output;
    }
    return await FileOutput.become(found === undefined ? path : await realpath(path), found?.mode);
  } catch (error) {
    throw about(path, error);
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
  #name: string;
  #deliver: (path: string) => Promise<void>;

  private constructor(handle: FileHandle, path: string, name: string, deliver: (path: string) => Promise<void>) {
    this.#handle = handle;
    this.#path = path;
    this.#name = name;
    this.#deliver = deliver;
  }

  /** A file beside `path` that takes its place when it is whole. */
  static async become(path: string, mode = 0o666): Promise<FileOutput> {
    const beside = temporaryIn(dirname(path));
    return new FileOutput(await create(beside, mode), beside, path, async () => {
      await rename(beside, path);
      keep(beside);
    });
  }

  /** A file whose bytes go to a stream when it is whole. */
  static async before(output: Output): Promise<FileOutput> {
    const path = temporaryIn(tmpdir());
    return new FileOutput(await create(path, 0o600), path, path, async () => {
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) await output.write(chunk);
      await output.commit();
      remove(path);
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#writeAt(bytes, this.#size);
    this.#size += bytes.length;
  }

  rewrite(bytes: Uint8Array): Promise<void> {
    return this.#writeAt(bytes, 0);
  }

  async commit(): Promise<void> {
    await this.#handle.close();
    try {
      await this.#deliver(this.#path);
    } catch (error) {
      throw about(this.#name, error);
    }
  }

  async discard(): Promise<void> {
    await this.#handle.close();
    remove(this.#path);
  }

  async #writeAt(bytes: Uint8Array, position: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += (await this.#handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
      }
    } catch (error) {
      throw about(this.#name, error);
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
