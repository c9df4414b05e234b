// The bytes of a .wasm as text, for the entry that has the kernels inlined; src/kernels/inlined.ts decodes it.
//
// The digits 0 to 87 are the characters from "#" to "{" without the backslash, which a string would double. A byte below 86 is one
// digit. Another byte is two: 85 + byte / 86, and byte % 86.
//
// Bytes stay whole characters, so that a compressor sees the patterns of the bytes, which base64 cuts across. The minified entry
// with its decoder, in kB:
//
//               gzip   brotli
// this          25.2   22.4
// hexadecimal   26.2   22.7
// base64        27.9   24.9

const BASE = 86;

function digit(value) {
  const code = value + 35;
  return String.fromCharCode(code < 92 ? code : code + 1);
}

export function encode(bytes) {
  return Array.from(bytes, (byte) =>
    byte < BASE ? digit(byte) : digit(BASE - 1 + Math.floor(byte / BASE)) + digit(byte % BASE),
  ).join("");
}
