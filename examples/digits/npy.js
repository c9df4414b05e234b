// NumPy's .npy format, version 1.0, for float32 arrays in C order; anything else is an error, never a guess.
// Layout: "\x93NUMPY", version (2 bytes), header length (u16), header (a Python dict as text), data.
// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

const MAGIC = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
const PREFIX_BYTES = MAGIC.length + 2;
const ALIGN_BYTES = 64; // the data starts on a multiple of this

export function parseNpy(bytes) {
  if (bytes.length < PREFIX_BYTES || !MAGIC.equals(bytes.subarray(0, MAGIC.length))) {
    throw new TypeError("npy: expected a .npy file of version 1.0");
  }
  const start = PREFIX_BYTES + bytes.readUInt16LE(MAGIC.length);
  const header = bytes.toString("latin1", PREFIX_BYTES, start);
  const match = /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(([\d, ]*)\), \}\s*$/.exec(header);
  if (!match) throw new TypeError(`npy: expected float32 in C order, got ${header.trim()}`);
  const shape = match[1]
    .split(",")
    .filter((size) => size.trim() !== "")
    .map(Number);
  const length = shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== start + 4 * length) {
    throw new RangeError(`npy: expected ${4 * length} bytes of data for shape [${shape}], got ${bytes.length - start}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, 4 * length);
  return { data: Float32Array.from({ length }, (_, i) => view.getFloat32(4 * i, true)), shape };
}

export function formatNpy({ data, shape }) {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", "); // a Python tuple of one keeps its comma
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`;
  const start = Math.ceil((PREFIX_BYTES + header.length + 1) / ALIGN_BYTES) * ALIGN_BYTES;
  const bytes = Buffer.alloc(start + 4 * data.length, " ");
  MAGIC.copy(bytes);
  bytes.writeUInt16LE(start - PREFIX_BYTES, MAGIC.length);
  bytes.write(`${header.padEnd(start - PREFIX_BYTES - 1)}\n`, PREFIX_BYTES, "latin1");
  data.forEach((value, i) => {
    bytes.writeFloatLE(value, start + 4 * i);
  });
  return bytes;
}
