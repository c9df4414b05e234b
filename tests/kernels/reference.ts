// Words and noise in scalar arithmetic, and the sizes at which vector code has its tails.

export const TAILS: StaticArray<i32> = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 31, 33, 100, 1000];

/** Philox4x32-10 (Salmon et al., SC 2011) of the counter (class >> 2, row, stream), word class & 3. */
export function word(seed: u64, row: u64, cls: i32, stream: u32): u32 {
  let c0 = <u32>cls >>> 2;
  let c1 = <u32>row;
  let c2 = <u32>(row >> 32);
  let c3 = stream;
  let k0 = <u32>seed;
  let k1 = <u32>(seed >> 32);
  for (let round = 0; round < 10; round++) {
    const a = <u64>0xd2511f53 * <u64>c0;
    const b = <u64>0xcd9e8d57 * <u64>c2;
    c0 = <u32>(b >> 32) ^ c1 ^ k0;
    c1 = <u32>b;
    c2 = <u32>(a >> 32) ^ c3 ^ k1;
    c3 = <u32>a;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  const lane = cls & 3;
  return lane == 0 ? c0 : lane == 1 ? c1 : lane == 2 ? c2 : c3;
}

//  E = -ln(1 - v), v = (x + 1/2)/2^32, near both ends from what is small there.
function exponential(x: u32): f64 {
  if (x < 0x80000000) return -NativeMath.log1p(-(<f64>x + 0.5) / 4294967296.0);
  return -NativeMath.log((<f64>~x + 0.5) / 4294967296.0);
}

/** g = -ln E. */
export function gumbel(x: u32): f64 {
  return -NativeMath.log(exponential(x));
}
