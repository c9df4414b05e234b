// Decodes the inlined kernels; scripts/text.js encodes them and says how and why.

const BASE = 86;

/**
 * The bytes of the kernels. They are built for shared memory; for a plain one, the flags of the imported memory's limits change
 * from 3, shared with a maximum, to 1, a maximum (WebAssembly threads, binary format of limits).
 */
export function decode(text: string, shared: boolean): Uint8Array<ArrayBuffer> {
  let at = 0;
  const digit = () => {
    const code = text.charCodeAt(at++);
    return code - (code < 92 ? 35 : 36);
  };
  const bytes: number[] = [];
  while (at < text.length) {
    const first = digit();
    bytes.push(first < BASE ? first : (first - BASE + 1) * BASE + digit());
  }
  const name = "memory";
  const flags = String.fromCharCode(...bytes.slice(0, 1024)).indexOf(`${name}\x02`) + name.length + 1;
  if (!shared) bytes[flags] = 1;
  return Uint8Array.from(bytes);
}
