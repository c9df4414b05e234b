// NumPy's .npz: a zip archive of .npy files, of which one is read.

import { DataError, quote, UsageError } from "./errors.ts";
import { Bytes } from "./input.ts";
import { openEntry, readEntries } from "./zip.ts";

const EXTENSION = ".npy";

/** The bytes of the array `wanted`, with or without ".npy"; without a wish, of the only one. */
export async function openArray(path: string, name: string, wanted: string | undefined): Promise<Bytes> {
  const arrays = (await readEntries(path, name)).filter((entry) => entry.name.endsWith(EXTENSION));
  if (arrays.length === 0) throw new DataError(`${name}: expected arrays in .npy form, got none`);
  const found =
    wanted === undefined ? arrays : arrays.filter((entry) => [wanted, `${wanted}${EXTENSION}`].includes(entry.name));
  const [entry, another] = found;
  if (entry === undefined || (another !== undefined && wanted === undefined)) {
    const names = arrays.slice(0, 10).map((entry) => quote(entry.name.slice(0, -EXTENSION.length)));
    const choice = `${names.join(", ")}${arrays.length > 10 ? ", …" : ""}`;
    const got = wanted === undefined ? "nothing" : quote(wanted);
    throw new UsageError(`--array: expected one of ${choice}, got ${got}; ${name} has ${arrays.length} of them`);
  }
  if (another !== undefined)
    throw new DataError(`${name}: damaged zip: ${found.length} entries have the name ${quote(entry.name)}`);
  // The name of an entry may be hostile as well.
  const label = `${name}/${quote(entry.name).slice(1, -1)}`;
  return new Bytes(await openEntry(path, label, entry), label, entry.size);
}
