// f32 numbers as decimal text, between typed arrays and ASCII bytes, without strings between them.
//
// Why not toPrecision and Number: writing would take 14 times as long, reading 3 to 5 times (uniform numbers, Node 20), and a large CSV
// spends most of its time here.
//
// Writing: the fewest significant digits that read back as the same f32, laid out as JavaScript lays out numbers. A decimal of
//          up to 6 digits comes back unchanged from a normal f32, so 6 are tried first, then 7 to 9; trailing zeros are dropped.
// Reading: the same f32 as Math.fround(Number(text)).
// Method:  both scale by one power of ten in f64 and trust the result only if it rounds to the same f32 at both ends of an
//          error interval of relative 2^-48; the true error is below 2^-49 (19 digits read, a power of ten, a product).

const LOW = 1 - 2 ** -48;
const HIGH = 1 + 2 ** -48;
const SMALLEST_NORMAL = 2 ** -126;

// 10^k for k from -64 to 64 at index k + 64: f32 reaches from 1.4e-45 to 3.4e38, with 9 digits more for the scaling.
const MOST = 64;
const POWERS: Float64Array = Float64Array.from({ length: 2 * MOST + 1 }, (_, index) => Number(`1e${index - MOST}`));
const power = (k: number): number => POWERS[k + MOST]!;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

const [PLUS, MINUS, POINT, ZERO, E] = [0x2b, 0x2d, 0x2e, 0x30, 0x65] as const;

/** The most bytes that writeFloat and writeInteger write. */
export const LONGEST = 32;

/** Writes a finite f32 at `at` and returns the position behind it. */
export function writeFloat(value: number, bytes: Uint8Array, at: number): number {
  if (value < 0 || Object.is(value, -0)) {
    bytes[at++] = MINUS;
    value = -value;
  }
  if (value < 1e6 && value === Math.floor(value)) return writeInteger(value, bytes, at);

  // floor(log10(value)): guessed from the binary exponent, then corrected, since the guess can be off (and is, for subnormals).
  float[0] = value;
  let exponent = Math.floor(((bits[0]! >>> 23) - 127) * 0.30103);
  while (value < power(exponent)) exponent--;
  while (value >= power(exponent + 1)) exponent++;

  // value = digits * 10^-scale, digits a whole number of `length` digits
  let length = value < SMALLEST_NORMAL ? 1 : 6;
  let scale = 0;
  let digits = 0;
  for (; ; length++) {
    scale = length - 1 - exponent;
    digits = Math.floor(value * power(scale) + 0.5);
    const back = digits * power(-scale);
    if (length === 9 || (Math.fround(back * LOW) === value && Math.fround(back * HIGH) === value)) break;
  }
  if (digits === power(length)) length++;
  while (digits % 10 === 0) {
    digits /= 10;
    scale--;
    length--;
  }
  return layOut(digits, length, length - scale, bytes, at);
}

/** Writes a whole number below 2^31 in magnitude. */
export function writeInteger(value: number, bytes: Uint8Array, at: number): number {
  if (value < 0) {
    bytes[at++] = MINUS;
    value = -value;
  }
  let end = at + 1;
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) end++;
  writeDigits(value, bytes, end, end - at);
  return end;
}

// 0.digits * 10^point: plain from 1e-6 to below 1e21, otherwise with an exponent.
function layOut(digits: number, length: number, point: number, bytes: Uint8Array, at: number): number {
  if (point > 21 || point <= -6) {
    const mantissa = length > 1 ? layOut(digits, length, 1, bytes, at) : writeInteger(digits, bytes, at);
    bytes[mantissa] = E;
    bytes[mantissa + 1] = point > 21 ? PLUS : MINUS;
    return writeInteger(Math.abs(point - 1), bytes, mantissa + 2);
  }
  if (point >= length) {
    writeDigits(digits, bytes, at + length, length);
    bytes.fill(ZERO, at + length, at + point);
    return at + point;
  }
  if (point > 0) {
    const rest = writeDigits(digits, bytes, at + length + 1, length - point);
    bytes[at + point] = POINT;
    writeDigits(rest, bytes, at + point, point);
    return at + length + 1;
  }
  bytes[at] = ZERO;
  bytes[at + 1] = POINT;
  for (let i = at + 2; i < at + 2 - point; i++) bytes[i] = ZERO;
  writeDigits(digits, bytes, at + 2 - point + length, length);
  return at + 2 - point + length;
}

// The last `count` digits, ending before `end`; returns the digits not written.
function writeDigits(digits: number, bytes: Uint8Array, end: number, count: number): number {
  for (let i = end - 1; i >= end - count; i--) {
    const tenth = (digits / 10) | 0;
    bytes[i] = ZERO + digits - 10 * tenth;
    digits = tenth;
  }
  return digits;
}

/** Reads the number that fills bytes [start, end) into out[index]; false if there is none. */
export function readFloat(bytes: Uint8Array, start: number, end: number, out: Float32Array, index: number): boolean {
  let at = start;
  const sign = bytes[at] === MINUS ? -1 : 1;
  if (bytes[at] === MINUS || bytes[at] === PLUS) at++;
  let mantissa = 0;
  let digits = 0;
  let point = -1;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (isDigit(byte)) {
      mantissa = mantissa * 10 + byte - ZERO;
      digits++;
    } else if (byte === POINT && point < 0) {
      point = at + 1;
    } else {
      break;
    }
  }
  let scale = point < 0 ? 0 : point - at;
  if (at < end && (bytes[at]! | 0x20) === E) {
    const minus = bytes[++at] === MINUS;
    if (minus || bytes[at] === PLUS) at++;
    if (at >= end) return false;
    let exponent = 0;
    for (; at < end && isDigit(bytes[at]!); at++) exponent = exponent * 10 + bytes[at]! - ZERO;
    scale += minus ? -exponent : exponent;
  }
  if (at < end || digits === 0) return readWord(bytes, start, end, out, index);
  if (digits <= 19 && scale >= -MOST && scale <= MOST) {
    const value = sign * mantissa * power(scale);
    const rounded = Math.fround(value * LOW);
    out[index] = rounded;
    if (rounded === Math.fround(value * HIGH)) return true;
  }
  out[index] = Number(ascii(bytes, start, end));
  return true;
}

// nan, inf and infinity, in any case and with any sign
function readWord(bytes: Uint8Array, start: number, end: number, out: Float32Array, index: number): boolean {
  if (end - start > 9) return false;
  const match = /^([+-]?)(?:(inf|infinity)|nan)$/i.exec(ascii(bytes, start, end));
  if (match === null) return false;
  out[index] = match[2] === undefined ? Number.NaN : match[1] === "-" ? -Infinity : Infinity;
  return true;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}
