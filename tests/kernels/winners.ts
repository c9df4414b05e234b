// One call for the index alone against all the noise: the same class and the same bits of its perturbed logit.

import { keySchedule, MOST_BLOCKS } from "../../assembly/lanes/philox-table";
import { SCRATCH_BYTES } from "../../assembly/memory/scratch";
import { gumbelRows } from "../../assembly/noise/gumbel";
import { INDEX, PASS_ALL, PASS_MAX } from "../../src/kernels/abi";
import { bits, clear, expectIntact, float, int, place, setFloat } from "./memory";
import { INFINITY } from "./problem";
import { randomWord, uniform } from "./random";
import { sample } from "./tasks";

export const SEED_LO: i32 = 0x600df00d;
export const SEED_HI: i32 = 0x0badcafe;
export const BLOCK: i32 = 9;

//  What the logits are like.
export const PLAIN: i32 = 0;
const MASKED: i32 = 1;
export const LANGUAGE: i32 = 2;
const STAIRS_UP: i32 = 3;
const STAIRS_DOWN: i32 = 4;
export const TIES_1E8: i32 = 5;
const TIES_1E30: i32 = 6;
const HUGE: i32 = 7;
const LOWEST: i32 = 8;
const ZEROS: i32 = 9;
const SMALL: i32 = 10;
export const STYLES: i32 = 11;
/** All alike but one in a later chunk, which is the next larger number. */
export const NEAR_TIES: i32 = 11;

/** With it the noise lifts a logit of NEAR_TIES by a step at most, and that only where it is above 8.1. */
export const NEAR_SCALE: f64 = (1.4 * 7.555786372591432e22) / 22.875; // 2^76 a step

export const SCALES: StaticArray<f64> = [1, 0.5, 3, 1e29, 1e-30, 1e-44, 5e-46];

function logitOf(style: i32, c: i32, classes: i32): f32 {
  const x = randomWord();
  if (style == MASKED) return x & 3 ? -INFINITY : <f32>uniform(-2, 2);
  if (style == LANGUAGE) return x % 50 == 0 ? <f32>uniform(-3, 12) : <f32>uniform(-25, -5);
  if (style == STAIRS_UP) return <f32>c * 0.5;
  if (style == STAIRS_DOWN) return <f32>(classes - c) * 0.5;
  if (style == TIES_1E8) return x % 5 ? 1e8 : reinterpret<f32>(0x4cbebc20 + (x >>> 31));
  if (style == TIES_1E30) return x % 9 ? 1e30 : <f32>9e29;
  if (style == HUGE) return reinterpret<f32>(0x7f7fffff - ((x >>> 8) & 3));
  if (style == LOWEST) return reinterpret<f32>(0xff7fffff - ((x >>> 8) & 1));
  if (style == ZEROS) return x & 1 ? 0 : -0.0;
  if (style == SMALL) return reinterpret<f32>((x >>> 8) & 3);
  if (style == NEAR_TIES) return reinterpret<f32>(0x7149f2c9 + <u32>(c == (classes >> 1) + (classes >> 2)));
  return <f32>uniform(-5, 5);
}

/** The maximum of a row, or Infinity where one of its classes is NaN or Infinity, and its first class or -1. */
export let largest: f32 = 0;
export let winner: i32 = -1;

/** By all the noise of one row, in scalar arithmetic. */
export function exhaust(logits: usize, noise: usize, keys: usize, classes: i32, row: u64, lead: i32, scale: f64): void {
  const blocks = (lead + classes + 3) >> 2;
  for (let b = 0; b < blocks; b += MOST_BLOCKS) {
    gumbelRows(noise + (<usize>b << 4), keys, 1, min(MOST_BLOCKS, blocks - b), row, BLOCK + b);
  }
  largest = -INFINITY;
  winner = -1;
  for (let c = 0; c < classes; c++) {
    const p = <f32>(<f64>float(logits, c) + scale * <f64>float(noise, lead + c));
    if (!(p < INFINITY)) {
      largest = INFINITY;
      winner = -1;
      return;
    }
    if (p > largest) {
      largest = p;
      winner = c;
    }
  }
}

/**
 * Rows of one style in one call and, if `step` is not 0, one after another in pieces. Of more than two rows the second is
 * masked, the third has a NaN and the fourth an Infinity.
 */
export function expectWinners(rows: i32, classes: i32, lead: i32, scale: f64, style: i32, step: i32): void {
  clear();
  const n = rows * classes;
  const row: u64 = 0x300000000 - <u64>(rows >> 1); // in the middle of the call the high half changes
  const logits = place(n, 1);
  const max = place(rows, 2);
  const index = place(rows, 3);
  const scratch = place(<i32>SCRATCH_BYTES >> 2);
  const keys = place(<i32>SCRATCH_BYTES >> 2);
  const noise = place(classes + 32);
  keySchedule(keys, SEED_LO, SEED_HI, 0);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < classes; c++) setFloat(logits, r * classes + c, logitOf(style, c, classes));
  }
  if (rows > 2) {
    for (let c = 0; c < classes; c++) setFloat(logits, classes + c, -INFINITY);
    setFloat(logits, 2 * classes + <i32>(randomWord() % classes), NaN);
    if (rows > 3) setFloat(logits, 3 * classes + <i32>(randomWord() % classes), INFINITY);
  }
  const ways = step ? 2 : 1;
  for (let way = 0; way < ways; way++) {
    if (way == 0) {
      sample(
        INDEX, PASS_ALL, 0, max, index, 0, logits, 0, scratch, rows, classes, 1, 0, row, BLOCK, lead, SEED_LO, SEED_HI, scale, 0,
      );
    }
    for (let r = 0; r < rows; r++) {
      const z = logits + (<usize>(r * classes) << 2);
      const state = <usize>r << 2;
      for (let from = 0; way == 1 && from < classes; from += step) {
        sample(
          INDEX, PASS_MAX, 0, max + state, index + state, 0, z + (<usize>from << 2), 0, scratch, 1, min(step, classes - from), 1,
          from, row + r, BLOCK + (from >> 2), lead, SEED_LO, SEED_HI, scale, 0,
        );
      }
      exhaust(z, noise, keys, classes, row + r, lead, scale);
      if (int(index, r) == winner && bits(max, r) == reinterpret<u32>(largest)) continue;
      if (largest == 0 && float(max, r) == 0 && int(index, r) == winner) continue; // either zero is the maximum of both
      const label = `row ${r} of ${rows}, ${classes} classes, lead ${lead}, scale ${scale}, style ${style}, step ${way * step}`;
      expect<i32>(int(index, r)).toBe(winner, label);
      expect<f32>(float(max, r)).toBe(largest, label);
      expect<u32>(bits(max, r)).toBe(reinterpret<u32>(largest), label);
    }
    expectIntact("max", max, rows);
    expectIntact("index", index, rows);
    expectIntact("scratch", scratch, <i32>SCRATCH_BYTES >> 2);
  }
}
