// The input, a file or standard input, as bytes in order.

import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { about } from "./errors.ts";
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
      if (again && input.#size === undefined) await input.#keepCopy();
      return input;
    } catch (error) {
      throw about(name, error);
    }
  }

  /** The bytes from the start; a pipe gives them once. */
  read(): Bytes {
    return new Bytes(this.#stream(), this.name, this.#size);
  }

  close(): void {
    if (this.#copy !== undefined) remove(this.#copy);
  }

  #stream(): Readable {
    return this.#path === undefined ? process.stdin : createReadStream(this.#path, { highWaterMark: CHUNK });
  }

  async #keepCopy(): Promise<void> {
    this.#copy = temporaryIn(tmpdir());
    try {
      await pipeline(this.#stream(), createWriteStream(this.#copy, { flags: "wx", mode: 0o600 }));
      this.#path = this.#copy;
      this.#size = (await stat(this.#copy)).size;
    } catch (error) {
      remove(this.#copy);
      throw error;
    }
  }
}

/** Bytes in order, by the chunk or by the count. */
export class Bytes {
  readonly name: string;
  readonly size: number | undefined;
  #stream: Readable;
  #chunks: AsyncIterator<Buffer>;
  #rest: Buffer | undefined;
  #taken = 0;

  constructor(stream: Readable, name: string, size: number | undefined) {
    this.name = name;
    this.size = size;
    this.#stream = stream;
    this.#chunks = stream[Symbol.asyncIterator]();
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

  fraction(): number | undefined {
    return this.size === undefined ? undefined : this.#taken / Math.max(1, this.size);
  }

  /** Closes the file or pipe, so that unread bytes do not keep the process waiting. */
  close(): void {
    this.#stream.destroy();
  }
}
