// The bytes of a .wasm as text that a compressor makes as small as the bytes: base64 would cut them across.
//
// 90 characters stand for 0 to 89. The first 86 pairs of the text name the 86 most frequent bytes, high digit first; each of these
// is then one character, 0 to 85. Of the other bytes, in their own order, number n is the pair 86 + n / 86, n % 86.

const FREQUENT = 86;
//  The characters of minified JavaScript, the most frequent first. The most frequent bytes take them in this order: where the
//  text and the code around it share a block of the compressor, they share its code.
const CHARACTERS = "et,rno()is=a.lufh:c;dmg0ypbw&#?v1+A[]>E*`2$SMxk<-3INT4FOR/B6LWjVP_U5CGDXYH8JKQZq79^%'@";
const BYTES = 256;

//  From "#" to "}" without the backslash, which a string would double.
function character(value) {
  return String.fromCharCode(value + 35 + (value > 56 ? 1 : 0));
}

export function encode(bytes) {
  const counts = new Array(BYTES).fill(0);
  for (const byte of bytes) counts[byte]++;
  const order = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
  const frequent = Array.from({ length: FREQUENT }, (_, n) => order[CHARACTERS.indexOf(character(n))]);
  const others = order.slice(FREQUENT).sort((a, b) => a - b);
  const pair = (n, base) => character(Math.floor(n / base)) + character(n % base);
  const code = new Map();
  for (const [n, byte] of frequent.entries()) code.set(byte, character(n));
  for (const [n, byte] of others.entries()) code.set(byte, pair(n + FREQUENT * FREQUENT, FREQUENT));
  return frequent.map((byte) => pair(byte, 90)).join("") + Array.from(bytes, (byte) => code.get(byte)).join("");
}
