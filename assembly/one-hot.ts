// One-hot rows: exactly 0 and 1. A class of -1 gives a row of zeros.

import { storeLanes } from "./lanes";

/** A row of zeros, `n` values side by side, nothing behind them touched. */
export function zeroRow(out: usize, n: i32): void {
  const zero = i32x4.splat(0);
  for (; n > 0; n -= 4, out += 16) storeLanes(out, zero, n);
}

/** one-hot(index) for `n` classes side by side. */
export function oneHotRow(out: usize, n: i32, index: i32): void {
  assert(index >= -1 && index < n, "index: expected -1 or a class");
  zeroRow(out, n);
  if (index >= 0) store<f32>(out + (<usize>index << 2), 1);
}

/** one-hot for four neighbouring rows, one to a lane, classes `from` to `from + n - 1`, `lineBytes` apart. */
export function oneHotColumn(out: usize, index: usize, n: i32, lineBytes: usize, from: i32, lanes: i32): void {
  const winner = v128.load(index);
  const one = f32x4.splat(1);
  for (let c = from; c < from + n; c++, out += lineBytes) {
    storeLanes(out, v128.and(i32x4.eq(winner, i32x4.splat(c)), one), lanes);
  }
}
