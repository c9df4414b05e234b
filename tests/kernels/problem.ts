// One call of the driver: logits [outer, classes, inner] with cotangents, where they stand in the noise, and what comes out.

import { keySchedule, MOST_BLOCKS } from "../../assembly/lanes/philox-table";
import { DOTS, SCRATCH_BYTES } from "../../assembly/memory/scratch";
import { gumbelRows } from "../../assembly/noise/gumbel";
import { PASS_ALL, SOFT } from "../../src/kernels/abi";
import { bits, clear, expectIntact, float, place, setFloat } from "./memory";
import { fill, randomWord } from "./random";
import { sample } from "./tasks";

export const INFINITY: f32 = reinterpret<f32>(0x7f800000);

export const SEED: u64 = 0x0123456789abcdef;
export const BLOCK: i32 = 6;
/** Of one row in pieces: its sum, f64, and, DOTS bytes on, its <c, y>, f64, and its largest |c|. */
export const SUMS: i32 = (<i32>DOTS + 16) >> 2;
/** The rows of every problem cross 2^32. */
export const ROW: u64 = 0xfffffffe;

export class Problem {
  n: i32;
  rows: i32;
  logits: usize;
  cotangent: usize;
  out: usize;
  max: usize;
  index: usize;
  sums: usize;
  scratch: usize;
  /** Number of the first row. */
  row: u64 = ROW;
  hash: u32;

  /** The first of a test: it takes all places. A class in twenty is masked, never the last of a row. */
  constructor(
    public outer: i32,
    public classes: i32,
    public inner: i32,
    public lead: i32,
    public scale: f64,
    public tau: f64,
  ) {
    clear();
    this.rows = outer * inner;
    this.n = this.rows * classes;
    this.logits = place(this.n, 1);
    this.cotangent = place(this.n, 2);
    this.out = place(this.n, 3);
    this.max = place(this.rows);
    this.index = place(this.rows);
    this.sums = place(SUMS);
    this.scratch = place(<i32>SCRATCH_BYTES >> 2);
    fill(this.logits, this.n, -5, 5);
    fill(this.cotangent, this.n, -1, 1);
    for (let row = 0; row < this.rows; row++) {
      for (let c = 0; c < classes - 1; c++) {
        if (randomWord() % 20 == 0) setFloat(this.logits, this.position(row, c), -INFINITY);
      }
    }
  }

  /** Where class c of a row lies. */
  position(row: i32, c: i32): i32 {
    return ((row / this.inner) * this.classes + c) * this.inner + (row % this.inner);
  }

  /** The driver on classes `from` to `from + count - 1`, all of them or of one row in pieces. */
  run(kind: i32, pass: i32, from: i32, count: i32): i32 {
    const at = <usize>from << 2;
    return sample(
      kind, pass, this.out + at, this.max, this.index, this.sums, this.logits + at, this.cotangent + at, this.scratch,
      this.outer, count, this.inner, from, this.row, BLOCK + (from >> 2), this.lead, <i32>SEED, <i32>(SEED >> 32), this.scale, this.tau,
    );
  }

  /** The soft sample in place of the logits, as the gradient of a sample that was kept wants it. */
  soften(): void {
    this.run(SOFT, PASS_ALL, 0, this.classes);
    memory.copy(this.logits, this.out, <usize>this.n << 2);
  }

  /** One row by itself, packed: classes side by side whatever the layout. */
  runRow(kind: i32, row: i32, out: usize, max: usize, index: usize): i32 {
    const z = place(this.classes);
    const c = place(this.classes);
    this.gather(z, this.logits, row);
    this.gather(c, this.cotangent, row);
    return sample(
      kind, 0, out, max, index, 0, z, c, this.scratch,
      1, this.classes, 1, 0, this.row + row, BLOCK, this.lead, <i32>SEED, <i32>(SEED >> 32), this.scale, this.tau,
    );
  }

  /** A row's values side by side. */
  gather(to: usize, from: usize, row: i32): void {
    for (let c = 0; c < this.classes; c++) setFloat(to, c, float(from, this.position(row, c)));
  }

  /** Perturbed logits of a row, side by side. */
  perturb(to: usize, row: i32): void {
    const blocks = (this.lead + this.classes + 3) >> 2;
    const keys = place(<i32>SCRATCH_BYTES >> 2);
    const noise = place((blocks + 3) * 4);
    keySchedule(keys, <i32>SEED, <i32>(SEED >> 32), 0);
    for (let b = 0; b < blocks; b += MOST_BLOCKS) {
      gumbelRows(noise + (<usize>b << 4), keys, 1, min(MOST_BLOCKS, blocks - b), this.row + row, BLOCK + b);
    }
    for (let c = 0; c < this.classes; c++) {
      const z = <f64>float(this.logits, this.position(row, c));
      setFloat(to, c, <f32>(z + this.scale * <f64>float(noise, this.lead + c)));
    }
  }

  //  Of all logits and cotangents, Fowler, Noll and Vo's.
  hashInputs(): u32 {
    let hash: u32 = 0x811c9dc5;
    for (let i = 0; i < this.n; i++) hash = ((hash ^ bits(this.logits, i)) * 0x01000193) ^ bits(this.cotangent, i);
    return hash;
  }

  /** Remembers the inputs as they are now. */
  keepInputs(): void {
    this.hash = this.hashInputs();
  }

  /** The inputs are what they were. */
  expectKept(label: string): void {
    expect<u32>(this.hashInputs()).toBe(this.hash, label + ": the inputs");
  }

  /** Nothing was written around the inputs, the outputs and the scratch. */
  expectIntact(label: string): void {
    expectIntact(label + ": logits", this.logits, this.n);
    expectIntact(label + ": cotangent", this.cotangent, this.n);
    expectIntact(label + ": out", this.out, this.n);
    expectIntact(label + ": max", this.max, this.rows);
    expectIntact(label + ": index", this.index, this.rows);
    expectIntact(label + ": sums", this.sums, SUMS);
    expectIntact(label + ": scratch", this.scratch, <i32>SCRATCH_BYTES >> 2);
  }

  name(kind: i32): string {
    return `kind ${kind}, [${this.outer}, ${this.classes}, ${this.inner}], lead ${this.lead}, tau ${this.tau}`;
  }
}
