// The index alone: its bounds, and that they leave the winner as it is.

import { keySchedule } from "../../assembly/lanes/philox-table";
import { PICKED, SCRATCH_BYTES } from "../../assembly/memory/scratch";
import { bound4 } from "../../assembly/noise/noise-bound";
import { noiseFromWords } from "../../assembly/noise/noise-table";
import { INDEX, PASS_ALL } from "../../src/kernels/abi";
import { bits, clear, float, int, place, setFloat, setInt, untouched } from "./memory";
import { INFINITY } from "./problem";
import { randomWord, seed } from "./random";
import { sample } from "./tasks";
import {
  BLOCK,
  exhaust,
  expectWinners,
  LANGUAGE,
  largest,
  NEAR_SCALE,
  NEAR_TIES,
  PLAIN,
  SCALES,
  SEED_HI,
  SEED_LO,
  STYLES,
  TIES_1E8,
  winner,
} from "./winners";

const SHORT: StaticArray<i32> = [17, 20, 31, 33, 64, 100, 127, 128, 129, 255, 256, 257, 508, 509, 510, 511, 512];
const LONG: StaticArray<i32> = [513, 514, 516, 700, 1023, 1024, 1025, 2049, 5000];

/** The bounds of four words: no less than their noise, and from 2^-24 to 1/2 not much more, or they would rule nothing out. */
function expectBounds(words: usize, at: usize): void {
  const x = v128.load(words);
  const bits4 = at + 32;
  v128.store(bits4, x);
  noiseFromWords(bits4, bits4 + 16, at + 64);
  const g = v128.load(bits4);
  const bound = bound4(x);
  const low = i32x4.gt_s(x, i32x4.splat(255));
  const close = v128.or(f32x4.le(f32x4.sub(bound, g), f32x4.splat(0.4)), v128.not(low));
  if (i32x4.all_true(v128.and(f32x4.ge(bound, g), close))) return;
  v128.store(at, bound);
  v128.store(at, g, 16);
  for (let i = 0; i < 4; i++) {
    const b = float(at, i);
    const exact = float(at, 4 + i);
    if (!(b >= exact)) expect<f32>(b).toBe(exact, `the bound of word ${bits(words, i)} is below its noise`);
    if (int(words, i) > 255 && !(b - exact <= 0.4)) expect<f32>(b).toBe(exact, `the bound of word ${bits(words, i)}`);
  }
}

describe("winner", () => {
  test("bounds at both ends and at powers of two", () => {
    clear();
    const words = place(4);
    const at = place(32);
    for (let i: i32 = 0; i < 1000; i++) {
      v128.store(words, i32x4.add(i32x4(0, 0x7ffffe00, -1000, 0x3fffff00), i32x4.splat(i)));
      expectBounds(words, at);
    }
    for (let k = 0; k < 32; k++) {
      for (let i = -8; i <= 8; i++) {
        const power = (<i32>1 << k) + i;
        v128.store(words, i32x4(power, ~power, -power, power ^ (power >>> 1)));
        expectBounds(words, at);
      }
    }
  });

  test("bounds of a million words", () => {
    clear();
    seed(71);
    const words = place(4);
    const at = place(32);
    for (let i = 0; i < 250000; i++) {
      for (let lane = 0; lane < 4; lane++) setInt(words, lane, randomWord());
      expectBounds(words, at);
    }
  });

  test("one row of every style and scale, a chunk or less", () => {
    seed(72);
    for (let style = 0; style < STYLES; style++) {
      for (let s = 0; s < SCALES.length; s++) {
        for (let i = 0; i < SHORT.length; i++) expectWinners(1, SHORT[i], (i + s) & 3, SCALES[s], style, 0);
      }
    }
    for (let classes = 1; classes <= 40; classes++) expectWinners(1, classes, classes & 3, 1, PLAIN, 0);
  });

  test("one row of every style and scale, longer than a chunk, whole and in pieces", () => {
    seed(73);
    for (let style = 0; style < STYLES; style++) {
      for (let s = 0; s < SCALES.length; s++) {
        for (let i = 0; i < LONG.length; i++) {
          expectWinners(1, LONG[i], (i + s + style) & 3, SCALES[s], style, i & 1 ? 512 : 700);
        }
      }
    }
  });

  test("20000 classes", () => {
    seed(74);
    for (let style = 0; style < STYLES; style++) {
      expectWinners(1, 20000, style & 3, 1, style, 4096);
      expectWinners(1, 20000, 0, SCALES[style % SCALES.length], style, 516);
    }
  });

  test("many rows, some of them invalid, across 2^32", () => {
    seed(75);
    for (let style = 0; style < STYLES; style++) {
      expectWinners(40, 17 + style, style & 3, 1, style, 8);
      expectWinners(9, 100, style & 3, 0.5, style, 64);
      expectWinners(5, 510, style & 3, 3, style, 0);
      expectWinners(6, 600, style & 3, 1, style, 256);
    }
  });

  test("a class of a chunk that comes first is tied by noise alone with the winner of one that was done before", () => {
    seed(77);
    for (let i = 0; i < 20; i++) expectWinners(20, 1024, i & 3, NEAR_SCALE, NEAR_TIES, 512);
  });

  test("a lower class wins a tie though its bound is no more than the winning logit", () => {
    seed(78);
    for (let i = 0; i < 60; i++) expectWinners(20, 500, i & 3, 3, TIES_1E8, 0);
  });

  test("no noise is made for the classes of rows that have no winner", () => {
    clear();
    const rows = 4;
    const classes = 100;
    const logits = place(rows * classes);
    const max = place(rows);
    const index = place(rows);
    const scratch = place(<i32>SCRATCH_BYTES >> 2);
    for (let i = 0; i < rows * classes; i++) setFloat(logits, i, i < 2 * classes ? -INFINITY : INFINITY);
    sample(INDEX, PASS_ALL, 0, max, index, 0, logits, 0, scratch, rows, classes, 1, 0, 0, BLOCK, 0, SEED_LO, SEED_HI, 1, 0);
    for (let r = 0; r < rows; r++) expect<i32>(int(index, r)).toBe(-1);
    expect<bool>(untouched(scratch + PICKED, rows - 1)).toBe(false, "one class of each row is picked");
    expect<bool>(untouched(scratch + PICKED, rows)).toBe(true, "a class more is picked");
  });

  test("almost the largest noise there is wins where no other would", () => {
    clear();
    const row: u64 = 0x302c8a3a3; // its class 800 has the word 3, one in 2^30
    const classes = 1024;
    const rare = 800;
    const logits = place(classes);
    const max = place(1);
    const index = place(1);
    const scratch = place(<i32>SCRATCH_BYTES >> 2);
    const keys = place(<i32>SCRATCH_BYTES >> 2);
    const noise = place(classes + 32);
    keySchedule(keys, SEED_LO, SEED_HI, 0);
    for (let c = 0; c < classes; c++) setFloat(logits, c, -INFINITY);
    setFloat(logits, 0, 5);
    setFloat(logits, rare, 5);
    for (let s = 0; s < 3; s++) {
      exhaust(logits, noise, keys, classes, row, 0, SCALES[s]);
      const margin = <f32>SCALES[s] * (float(noise, rare) - float(noise, 0));
      for (let behind = 0; behind < 2; behind++) {
        setFloat(logits, rare, 5 - margin + (behind ? -0.01 : 0.01));
        sample(
          INDEX, PASS_ALL, 0, max, index, 0, logits, 0, scratch, 1, classes, 1, 0, row, BLOCK, 0, SEED_LO, SEED_HI, SCALES[s], 0,
        );
        exhaust(logits, noise, keys, classes, row, 0, SCALES[s]);
        expect<i32>(winner).toBe(behind ? 0 : rare);
        expect<i32>(int(index, 0)).toBe(winner);
        expect<f32>(float(max, 0)).toBe(largest);
      }
      setFloat(logits, rare, 5);
    }
  });

  test("a million draws of few near classes", () => {
    seed(76);
    for (let i = 0; i < 1000; i++) expectWinners(5, 200, i & 3, 1, i & 1 ? LANGUAGE : PLAIN, 0);
  });
});
