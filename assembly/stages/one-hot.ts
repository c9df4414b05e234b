// One-hot rows: exactly 0 and 1. A class of -1 gives a row of zeros.

import { one4, storeLanes, zeros } from "../lanes/lanes";

/** Writes `n` zeros side by side and nothing behind them. */
export function zeroRow(out: usize, n: i32): void {
  const zero = zeros();
  for (; n > 0; n -= 4, out += 16) storeLanes(out, zero, n);
}

/** Writes a one-hot row of `n` classes side by side. */
export function oneHotRow(out: usize, n: i32, index: i32): void {
  assert(index >= -1 && index < n, "index: expected -1 or a class");
  zeroRow(out, n);
  if (index >= 0) store<f32>(out + (<usize>index << 2), 1);
}

/** Writes one-hot rows for `rows` neighbouring rows, whose `n` classes lie `lineBytes` apart. */
export function oneHotLines(out: usize, index: usize, n: i32, lineBytes: usize, rows: i32): void {
  const one = one4();
  for (let c = 0; c < n; c++, out += lineBytes) {
    const wanted = i32x4.splat(c);
    for (let r = 0; r < rows; r += 4) {
      const at = <usize>r << 2;
      storeLanes(out + at, v128.and(i32x4.eq(v128.load(index + at), wanted), one), rows - r);
    }
  }
}
