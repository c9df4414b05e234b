// One call of the driver: logits [outer, classes, inner] with cotangents, where they stand in the noise, and what comes out.

import { gumbelRows } from "../../assembly/gumbel";
import { sample } from "../../assembly/gumbel-softmax";
import { keySchedule, SCHEDULE_BYTES } from "../../assembly/philox";
import { SCRATCH_BYTES } from "../../assembly/scratch";
import { clear, expectIntact, float, place, setFloat } from "./memory";
import { fill, randomWord } from "./random";

export const INFINITY: f32 = reinterpret<f32>(0x7f800000);

const SEED_LO: i32 = 0x89abcdef;
const SEED_HI: i32 = 0x01234567;
const BLOCK: i32 = 6;
/** The rows of every problem cross 2^32. */
const ROW: u64 = 0xfffffffe;

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
    this.sums = place(((inner + 3) >> 2) * 16);
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

  /** The driver on classes `from` to `from + count - 1`, all of them or of one slab in pieces. */
  run(kind: i32, pass: i32, from: i32, count: i32): i32 {
    const at = <usize>(from * this.inner) << 2;
    return sample(
      kind, pass, this.out + at, this.max, this.index, this.sums, this.logits + at, this.cotangent + at, this.scratch,
      this.outer, count, this.inner, from, ROW, BLOCK + (from >> 2), this.lead, SEED_LO, SEED_HI, this.scale, this.tau,
    );
  }

  /** One row by itself, packed: classes side by side whatever the layout. */
  runRow(kind: i32, row: i32, out: usize, max: usize, index: usize): i32 {
    const z = place(this.classes);
    const c = place(this.classes);
    this.gather(z, this.logits, row);
    this.gather(c, this.cotangent, row);
    return sample(
      kind, 0, out, max, index, 0, z, c, this.scratch,
      1, this.classes, 1, 0, ROW + row, BLOCK, this.lead, SEED_LO, SEED_HI, this.scale, this.tau,
    );
  }

  /** A row's values side by side. */
  gather(to: usize, from: usize, row: i32): void {
    for (let c = 0; c < this.classes; c++) setFloat(to, c, float(from, this.position(row, c)));
  }

  /** Perturbed logits of a row, side by side. */
  perturb(to: usize, row: i32): void {
    const blocks = (this.lead + this.classes + 3) >> 2;
    const keys = place(<i32>SCHEDULE_BYTES >> 2);
    const noise = place((blocks + 3) * 4);
    keySchedule(keys, SEED_LO, SEED_HI);
    gumbelRows(noise, keys, 1, blocks, ROW + row, BLOCK);
    for (let c = 0; c < this.classes; c++) {
      const z = <f64>float(this.logits, this.position(row, c));
      setFloat(to, c, <f32>(z + this.scale * <f64>float(noise, this.lead + c)));
    }
  }

  expectIntact(label: string): void {
    expectIntact(label + ": out", this.out, this.n);
    expectIntact(label + ": max", this.max, this.rows);
    expectIntact(label + ": index", this.index, this.rows);
    expectIntact(label + ": sums", this.sums, ((this.inner + 3) >> 2) * 16);
    expectIntact(label + ": scratch", this.scratch, <i32>SCRATCH_BYTES >> 2);
  }

  name(kind: i32): string {
    return `kind ${kind}, [${this.outer}, ${this.classes}, ${this.inner}], lead ${this.lead}, tau ${this.tau}`;
  }
}
