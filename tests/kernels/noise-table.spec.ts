import { fillNoiseTable, noiseFromWords } from "../../assembly/noise/noise-table";
import { clear, expectIntact, expectNear, expectSame, float, place, setInt } from "./memory";
import { randomWord, seed } from "./random";
import { gumbel } from "./reference";
import { NOISE } from "./tolerance";

const N: i32 = 1024;

function expectNoise(words: usize, got: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const x = load<u32>(words + (<usize>i << 2));
    const exact = gumbel(x);
    expectNear(`word ${x}`, i, <f64>float(got, i), exact, NOISE * max(1.0, abs(exact)));
  }
}

describe("noise table", () => {
  test("the ends of the words", () => {
    clear();
    const at = place(8);
    const places = place(8);
    const words = place(4);
    v128.store(words, i32x4(0, 0x7fffffff, 0x80000000, -1));
    v128.store(at, v128.load(words));
    noiseFromWords(at, at + 16, places);
    expectNoise(words, at, 4);
    expectNear("largest", 0, <f64>float(at, 0), 33.0 * NativeMath.LN2, 1e-5);
    expectNear("smallest", 3, <f64>float(at, 3), -3.1299, 1e-4);
    expectIntact("a pair", at, 8);
    expectIntact("places", places, 8);
  });

  test("both sides of every piece, and of the seam", () => {
    clear();
    const words = place(8);
    const at = place(8);
    const places = place(8);
    // A piece is a sixteenth of an octave of x + 1/2, or of the complement.
    for (let k = 0; k <= 31; k++) {
      for (let piece = 0; piece < 16; piece++) {
        const edge = <i32>min<u64>(((<u64>1 << k) * (16 + piece)) >> 4, 0x80000000);
        for (let i = -4; i < 4; i++) {
          setInt(words, i + 4, piece & 1 ? edge + i : ~(edge + i));
        }
        v128.store(at, v128.load(words));
        v128.store(at, v128.load(words, 16), 16);
        noiseFromWords(at, at + 32, places);
        expectNoise(words, at, 8);
      }
    }
  });

  test("random words, whole pairs of vectors up to the end", () => {
    clear();
    seed(7);
    const words = place(N);
    const at = place(N);
    const again = place(N);
    const places = place(N);
    for (let i = 0; i < N; i++) setInt(words, i, randomWord());
    memory.copy(at, words, <usize>N << 2);
    noiseFromWords(at, at + 4000, places);
    expectNoise(words, at, 1000);
    expectSame("behind the end", at + 4000, words + 4000, 24);
    memory.copy(again, words, <usize>N << 2);
    noiseFromWords(again, again + 3984, places);
    expectSame("the other half of a pair", again, at, 1000);
    expectSame("behind a pair", again + 4000, words + 4000, 24);
    expectIntact("places", places, N);
  });

  test("filled again it is the same", () => {
    clear();
    seed(8);
    const at = place(N);
    const again = place(N);
    const places = place(N);
    for (let i = 0; i < N; i++) setInt(at, i, randomWord());
    memory.copy(again, at, <usize>N << 2);
    noiseFromWords(at, at + (<usize>N << 2), places);
    fillNoiseTable();
    noiseFromWords(again, again + (<usize>N << 2), places);
    expectSame("noise", again, at, N);
  });
});
