// Places for the kernels to work on, sentinels around each, and the comparisons that name the first element that is off.

import { fillNoiseTable } from "../../assembly/noise/noise-table";

fillNoiseTable(); // as every host does first

const ARENA_BYTES: i32 = 1 << 21;
const ARENA = memory.data(ARENA_BYTES, 16);

/** Kernels may read up to 256 bytes behind an input. */
const GUARD: i32 = 64;

let top: usize = ARENA;

/** Forgets all places; the first line of a test. */
export function clear(): void {
  top = ARENA;
}

/** `n` elements of 4 bytes, sentinels like those around them, `skew` elements behind a multiple of 16 bytes. */
export function place(n: i32, skew: i32 = 0): usize {
  const at = top + (<usize>(GUARD + skew) << 2);
  const end = at + (<usize>(n + GUARD) << 2);
  assert(end <= ARENA + ARENA_BYTES, "memory: expected room in the arena");
  for (let i = top; i < end; i += 4) store<u32>(i, sentinel(i));
  top = (end + 15) & ~15;
  return at;
}

//  A NaN whose payload is its own address: it spoils a result that it is read into, and no arithmetic on sentinels gives the
//  one that stood where a kernel wrote too far.
function sentinel(at: usize): u32 {
  return 0x7fc00000 | (<u32>at >>> 2);
}

/** Nothing was written to element `i` since it was placed. */
export function untouched(at: usize, i: i32): bool {
  return bits(at, i) == sentinel(at + (<usize>i << 2));
}

/** Nothing was written outside the `n` elements. */
export function expectIntact(label: string, at: usize, n: i32): void {
  for (let i = 1; i <= GUARD; i++) {
    if (!untouched(at, -i)) expect<i32>(-i).toBe(0, label + ": written in front of the output");
    if (!untouched(at, n - 1 + i)) expect<i32>(i).toBe(0, label + ": written behind the output");
  }
}

/** The same bits in all `n` elements; for 8-byte values n counts halves. */
export function expectSame(label: string, got: usize, expected: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    if (bits(got, i) != bits(expected, i)) {
      expect<f32>(float(got, i)).toBe(float(expected, i), `${label}: the bits of element ${i}`);
      expect<u32>(bits(got, i)).toBe(bits(expected, i), `${label}: the bits of element ${i}`);
    }
  }
}

/** Equal, or within `bound` of an `exact` that is finite, or infinite where f32 has nothing larger; a NaN never is. */
export function expectNear(label: string, i: i32, got: f64, exact: f64, bound: f64): void {
  if (got == exact || (abs(got - exact) <= bound && isFinite(exact))) return;
  if (abs(got) == Infinity && got * exact > 0.0 && abs(exact) + bound > <f64>f32.MAX_VALUE) return;
  expect<f64>(got).toBe(exact, `${label}: element ${i} within ${bound}`);
}

@inline
export function float(at: usize, i: i32): f32 {
  return load<f32>(at + (<usize>i << 2));
}

@inline
export function setFloat(at: usize, i: i32, value: f32): void {
  store<f32>(at + (<usize>i << 2), value);
}

@inline
export function int(at: usize, i: i32): i32 {
  return load<i32>(at + (<usize>i << 2));
}

@inline
export function setInt(at: usize, i: i32, value: i32): void {
  store<i32>(at + (<usize>i << 2), value);
}

@inline
export function bits(at: usize, i: i32): u32 {
  return load<u32>(at + (<usize>i << 2));
}
