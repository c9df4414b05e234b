// The header of a .npy file, versions 1 to 3: magic, version, length, and a Python dictionary as text, padded with spaces.
// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import { DataError, quote } from "./errors.ts";
import type { Bytes } from "./input.ts";
import { product, UNKNOWN } from "./tensors.ts";

interface Header {
  /** As it stands there: "<f4", ">i8", …; "a structure" for one of several fields. */
  dtype: string;
  fortran: boolean;
  shape: number[];
}

const MAGIC = "\x93NUMPY";
// NumPy itself reads no header above 10,000 bytes unless told to; no array of numbers needs a longer one.
const LONGEST = 65536;
const ALIGNMENT = 64;

export async function readHeader(bytes: Bytes): Promise<Header> {
  const fail = (what: string): never => {
    throw new DataError(`${bytes.name}: ${what}`);
  };
  const start = Buffer.alloc(8);
  await bytes.fill(start);
  if (!start.toString("latin1").startsWith(MAGIC)) fail("not a .npy file");
  const version = start[6]!;
  if (version < 1 || version > 3) fail(`.npy version ${version} is not known`);
  const length = version === 1 ? (await take(bytes, 2)).readUInt16LE() : (await take(bytes, 4)).readUInt32LE();
  if (length > LONGEST) fail(`not a .npy file: a header of ${length} bytes`);
  const text = (await take(bytes, length)).toString(version === 3 ? "utf8" : "latin1");

  const dtype = /(['"])descr\1\s*:\s*(?:(['"])(.*?)\2|[[(])/.exec(text);
  const order = /(['"])fortran_order\1\s*:\s*(True|False)/.exec(text);
  const shape = /(['"])shape\1\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  if (dtype === null || order === null || shape === null) return fail(`not a .npy header: ${quote(text.trim())}`);
  const lengths = (shape[2]!.match(/\d+/g) ?? []).map(Number);
  if (!Number.isSafeInteger(product(lengths) * 8)) fail(`the shape (${lengths.join(", ")}) is too large`);
  return { dtype: dtype[3] ?? "a structure", fortran: order[2] === "True", shape: lengths };
}

/** Makes a version 1 header; `dtype` is a Python literal. An UNKNOWN length reserves room, so that the header with the real length is as long. */
export function makeHeader(dtype: string, shape: readonly number[], leading: number): Buffer {
  const dictionary = (unknown: number): string => {
    const lengths = shape.map((length) => (length === UNKNOWN ? unknown : length));
    const tuple = lengths.length === 1 ? `${lengths[0]},` : lengths.join(", ");
    return `{'descr': ${dtype}, 'fortran_order': False, 'shape': (${tuple}), }`;
  };
  const preamble = MAGIC.length + 4;
  const size = Math.ceil((preamble + dictionary(Number.MAX_SAFE_INTEGER).length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(size, " ", "latin1");
  header.write(`${MAGIC}\x01\x00`, "latin1");
  header.writeUInt16LE(size - preamble, preamble - 2);
  header.write(dictionary(leading), preamble, "latin1");
  header.write("\n", size - 1, "latin1");
  return header;
}

async function take(bytes: Bytes, count: number): Promise<Buffer> {
  const buffer = Buffer.alloc(count);
  const filled = await bytes.fill(buffer);
  if (filled < count) throw new DataError(`${bytes.name}: truncated in its header`);
  return buffer;
}
