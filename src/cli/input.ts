// The input, a file or standard input, as bytes in order. What gzip has compressed is decompressed on the way.

import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { about, aboutTemporary, DataError } from "./errors.ts";
import { remove, temporaryIn } from "./temporary.ts";

const CHUNK = 1 << 18;

export class Input {
  readonly name: string;
  /** In bytes; undefined for a pipe. */
  #size: number | undefined;
  /** undefined: standard input */
  #path: string | undefined;
  #copy: string | undefined;

  private constructor(name: string, path: string | undefined, size: number | undefined) {
    this.name = name;
    this.#path = path;
    this.#size = size;
  }

  /** `again`: the input will be read more than once, so a pipe is first copied to a temporary file. */
  static async open(file: string | undefined, again: boolean): Promise<Input> {
    const path = file === "-" ? undefined : file;
    const name = path ?? "standard input";
    try {
      const found = path === undefined ? undefined : await stat(path);
      const input = new Input(name, path, found?.isFile() ? found.size : undefined);
      if (again && input.#size === undefined) await input.#keepCopy(input.#bytes());
      return input;
    } catch (error) {
      throw about(name, error);
    }
  }

  /** The bytes from the start, decompressed; a pipe gives them once. */
  async read(): Promise<Bytes> {
    const bytes = this.#bytes();
    try {
      const [first, second] = (await bytes.peek(2)) ?? [];
      if (first === 0x1f && second === 0x8b) return decompressed(bytes);
      if (/\.gz$/i.test(this.#path ?? "")) throw new DataError(`${this.name}: not a .gz file`);
      return bytes;
    } catch (error) {
      bytes.close();
      throw error;
    }
  }

  /** The path of a file that can be read anywhere, with the content of `bytes`, which are closed: for a pipe, a temporary copy. */
  async seekable(bytes: Bytes): Promise<string> {
    const whole = this.#path !== undefined && this.#size !== undefined && bytes.size === this.#size;
    if (!whole) await this.#keepCopy(bytes);
    bytes.close();
    return this.#path!;
  }

  close(): void {
    if (this.#copy !== undefined) remove(this.#copy);
  }

  #bytes(): Bytes {
    const stream = this.#path === undefined ? process.stdin : createReadStream(this.#path, { highWaterMark: CHUNK });
    return new Bytes(stream, this.name, this.#size);
  }

  async #keepCopy(source: Bytes): Promise<void> {
    const path = temporaryIn(tmpdir());
    this.#copy = path;
    let size = 0;
    try {
      const file = await open(path, "wx", 0o600).catch((error) => Promise.reject(aboutTemporary(error)));
      try {
        for (let chunk = await source.chunk(); chunk !== undefined; chunk = await source.chunk()) {
          await file.writeFile(chunk).catch((error) => Promise.reject(aboutTemporary(error)));
          size += chunk.length;
        }
      } finally {
        await file.close();
      }
    } catch (error) {
      remove(path);
      throw error;
    }
    this.#path = path;
    this.#size = size;
  }
}

/** Bytes in order, by the chunk or by the count. */
export class Bytes {
  readonly name: string;
  /** Undefined if it is not known before the end. */
  readonly size: number | undefined;
  #stream: Readable;
  #chunks: AsyncIterator<Buffer>;
  #source: Bytes | undefined;
  #rest: Buffer | undefined;
  #taken = 0;

  /** `source`: the compressed bytes that these are made of. */
  constructor(stream: Readable, name: string, size: number | undefined, source?: Bytes) {
    this.name = name;
    this.size = size;
    this.#stream = stream;
    this.#chunks = stream[Symbol.asyncIterator]();
    this.#source = source;
  }

  /** Gives at least so many of the next bytes, or all that are left, without taking them; undefined at the end. */
  async peek(least = 1): Promise<Buffer | undefined> {
    try {
      while (this.#rest === undefined || this.#rest.length < least) {
        const { done, value } = await this.#chunks.next();
        if (done) break;
        this.#rest = this.#rest === undefined ? value : Buffer.concat([this.#rest, value]);
      }
    } catch (error) {
      throw about(this.name, error);
    }
    return this.#rest;
  }

  /** The next chunk; undefined at the end. */
  async chunk(): Promise<Buffer | undefined> {
    const chunk = await this.peek();
    this.#rest = undefined;
    this.#taken += chunk?.length ?? 0;
    return chunk;
  }

  /** Fills `target` as far as there are bytes, and returns their number. */
  async fill(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const chunk = await this.peek();
      if (chunk === undefined) break;
      const count = Math.min(chunk.length, target.length - filled);
      target.set(chunk.subarray(0, count), filled);
      filled += count;
      this.#taken += count;
      this.#rest = count < chunk.length ? chunk.subarray(count) : undefined;
    }
    return filled;
  }

  /** Number of bytes taken. */
  get taken(): number {
    return this.#taken;
  }

  fraction(): number | undefined {
    if (this.#source !== undefined) return this.#source.fraction();
    return this.size === undefined ? undefined : this.#taken / Math.max(1, this.size);
  }

  /** Closes the file or pipe, so that unread bytes do not keep the process waiting. */
  close(): void {
    this.#stream.destroy();
    this.#source?.close();
  }
}

function decompressed(bytes: Bytes): Bytes {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let chunk = await bytes.chunk(); chunk !== undefined; chunk = await bytes.chunk()) yield chunk;
  }
  const gunzip = createGunzip({ chunkSize: CHUNK });
  // An error destroys gunzip, whose reader then has it.
  pipeline(Readable.from(chunks(), { highWaterMark: 1 }), gunzip, () => {});
  return new Bytes(gunzip, bytes.name, undefined, bytes);
}
