// The inlined kernels, which scripts/text.js has written as text.

const FREQUENT = 86;

/**
 * The bytes of the kernels. They are built for shared memory; for a plain one, the flags of the imported memory's limits change
 * from 3, shared with a maximum, to 1, a maximum (WebAssembly threads, binary format of limits).
 */
export function decode(text: string, shared: boolean): Uint8Array<ArrayBuffer> {
  let at = 0;
  const next = () => {
    const code = text.charCodeAt(at++);
    return code - (code > 92 ? 36 : 35);
  };
  const frequent = Array.from({ length: FREQUENT }, () => next() * 90 + next());
  const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !frequent.includes(byte));
  const bytes: number[] = [];
  while (at < text.length) {
    const value = next();
    bytes.push(value < FREQUENT ? frequent[value]! : others[(value - FREQUENT) * FREQUENT + next()]!);
  }
  const name = "memory";
  const flags = String.fromCharCode(...bytes.slice(0, 1024)).indexOf(`${name}\x02`) + name.length + 1;
  if (!shared) bytes[flags] = 1;
  return Uint8Array.from(bytes);
}
