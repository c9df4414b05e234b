// Zip archives, as far as NumPy's .npz needs them: one entry of a file, stored or deflated, as a stream of bytes.
// Source: PKWARE's APPNOTE 6.3.10: the central directory (4.3.12), its end (4.3.16), and both in the form of zip64 (4.3.14, 4.5.3).
//
// Sizes and places come from the central directory. Local headers are only asked for their own length: writers of streams, and NumPy
// with its zip64 fields, leave their sizes open. Everything that the archive says is checked against the file before it is used;
// nothing is allocated for a size that it claims, but the directory, which has a limit.

import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { createInflateRaw } from "node:zlib";
import { about, DataError } from "./errors.ts";

export interface Entry {
  name: string;
  /** 0: stored, 8: deflated */
  method: number;
  encrypted: boolean;
  crc: number;
  compressed: number;
  size: number;
  /** Place of its local header. */
  at: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const END64 = 0x06064b50;
const END64_BYTES = 56;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_BYTES = 20;
const DIRECTORY = 0x02014b50;
const DIRECTORY_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const [OPEN_16, OPEN_32] = [0xffff, 0xffffffff] as const;
/** Of the comment behind the end, by its field of 16 bits. */
const LONGEST_COMMENT = 65535;
/** 16 MiB: some 200,000 arrays. */
const LARGEST_DIRECTORY = 2 ** 24;
const CHUNK = 1 << 18;

/** The entries of the archive at `path`; `name` is its name in messages. */
export async function readEntries(path: string, name: string): Promise<Entry[]> {
  return withFile(path, name, async (file, size) => {
    const { at, length, count } = await findDirectory(file, size);
    if (length > LARGEST_DIRECTORY) throw damaged(`a directory of ${length} bytes`);
    if (at + length > size) throw damaged("its directory lies outside the file");
    const directory = await take(file, at, length);
    const entries: Entry[] = [];
    for (let next = 0; entries.length < count; ) {
      if (next + DIRECTORY_BYTES > length || directory.readUInt32LE(next) !== DIRECTORY) {
        throw damaged(`expected ${count} entries in its directory, got ${entries.length}`);
      }
      const end =
        next + DIRECTORY_BYTES + [28, 30, 32].reduce((sum, place) => sum + directory.readUInt16LE(next + place), 0);
      if (end > length) throw damaged("an entry reaches beyond its directory");
      entries.push(entryOf(directory.subarray(next, end)));
      next = end;
    }
    return entries;
  });
}

/** The bytes of an entry. Their number and their checksum are checked at their end. */
export async function openEntry(path: string, name: string, entry: Entry): Promise<Readable> {
  const { method, compressed } = entry;
  if (entry.encrypted) throw new DataError(`${name}: is encrypted`);
  if (method !== 0 && method !== 8) {
    throw new DataError(`${name}: expected an entry that is stored or deflated, got compression method ${method}`);
  }
  if (method === 0 && compressed !== entry.size)
    throw new DataError(`${name}: damaged zip: a stored entry of two sizes`);
  const start = await withFile(path, name, async (file, size) => {
    const local = await take(file, entry.at, LOCAL_BYTES);
    if (local.readUInt32LE(0) !== LOCAL) throw damaged("no entry where its directory says");
    const start = entry.at + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (start + compressed > size) throw damaged("an entry reaches beyond the file");
    return start;
  });
  return Readable.from(checked(path, start, name, entry), { highWaterMark: 1 });
}

/** The stream opens when it is first read, so that one that is never read leaves nothing open. */
async function* checked(path: string, start: number, name: string, entry: Entry): AsyncGenerator<Buffer> {
  let size = 0;
  let crc = 0;
  for await (const chunk of chunksOf(path, start, entry)) {
    size += chunk.length;
    if (size > entry.size) break;
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (size !== entry.size) {
    throw new DataError(`${name}: damaged zip: expected ${entry.size} bytes, got ${size > entry.size ? "more" : size}`);
  }
  if (crc !== entry.crc) throw new DataError(`${name}: damaged zip: its checksum is not that of its bytes`);
}

function chunksOf(path: string, start: number, { method, compressed }: Entry): AsyncIterable<Buffer> | Buffer[] {
  if (compressed === 0) return [];
  const raw = createReadStream(path, { start, end: start + compressed - 1, highWaterMark: CHUNK });
  if (method === 0) return raw;
  const inflate = createInflateRaw({ chunkSize: CHUNK });
  // An error destroys inflate, whose reader then has it.
  pipeline(raw, inflate, () => {});
  return inflate;
}

async function findDirectory(file: FileHandle, size: number): Promise<{ at: number; length: number; count: number }> {
  const tail = await take(
    file,
    Math.max(0, size - END_BYTES - LONGEST_COMMENT),
    Math.min(size, END_BYTES + LONGEST_COMMENT),
  );
  let place = tail.length - END_BYTES;
  // The comment might hold the signature as well: the true end is followed by just its comment.
  while (
    place >= 0 &&
    !(tail.readUInt32LE(place) === END && place + END_BYTES + tail.readUInt16LE(place + 20) === tail.length)
  ) {
    place--;
  }
  if (place < 0) throw damaged("its directory is missing, as in a file that was cut off");
  if (tail.readUInt16LE(place + 4) !== 0 && tail.readUInt16LE(place + 4) !== OPEN_16)
    throw damaged("one part of several");
  const found = {
    count: tail.readUInt16LE(place + 10),
    length: tail.readUInt32LE(place + 12),
    at: tail.readUInt32LE(place + 16),
  };
  if (found.count !== OPEN_16 && found.length !== OPEN_32 && found.at !== OPEN_32) return found;
  const locator = place - LOCATOR64_BYTES;
  if (locator < 0 || tail.readUInt32LE(locator) !== LOCATOR64) return found;
  const end = await take(file, big(tail, locator + 8), END64_BYTES);
  if (end.readUInt32LE(0) !== END64) throw damaged("its zip64 directory is missing");
  return { count: big(end, 32), length: big(end, 40), at: big(end, 48) };
}

function entryOf(record: Buffer): Entry {
  const nameEnd = DIRECTORY_BYTES + record.readUInt16LE(28);
  const entry: Entry = {
    name: record.toString("utf8", DIRECTORY_BYTES, nameEnd),
    method: record.readUInt16LE(10),
    encrypted: (record.readUInt16LE(8) & 1) === 1,
    crc: record.readUInt32LE(16),
    compressed: record.readUInt32LE(20),
    size: record.readUInt32LE(24),
    at: record.readUInt32LE(42),
  };
  // The zip64 field has those of the three, in this order, that the record leaves open.
  const open = (["size", "compressed", "at"] as const).filter((field) => entry[field] === OPEN_32);
  if (open.length === 0) return entry;
  const extra = record.subarray(nameEnd, nameEnd + record.readUInt16LE(30));
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const values = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    if (values.length < 8 * open.length) break;
    for (const [index, field] of open.entries()) entry[field] = big(values, 8 * index);
    break;
  }
  return entry;
}

/** A field of 64 bits. No file is as long as 2^53 bytes. */
function big(buffer: Buffer, at: number): number {
  const value = Number(buffer.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value)) throw damaged(`a size of ${value} bytes`);
  return value;
}

async function take(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = length === 0 ? { bytesRead: 0 } : await file.read(buffer, 0, length, at);
  if (bytesRead < length) throw damaged("it ends too early");
  return buffer;
}

async function withFile<T>(
  path: string,
  name: string,
  use: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    return await use(file, (await file.stat()).size);
  } catch (error) {
    throw about(name, error);
  } finally {
    await file?.close();
  }
}

function damaged(reason: string): Error {
  return new Error(`damaged zip: ${reason}`); // `about` puts the file's name in front
}

const CRC: Int32Array = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The checksum of more bytes. zlib.crc32 came with Node 22.2, and is not there in 20. */
function crc32(bytes: Uint8Array, before: number): number {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = CRC[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
