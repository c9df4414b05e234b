import { keySchedule } from "../../assembly/lanes/philox-table";
import { CHUNK, SCRATCH_BYTES } from "../../assembly/memory/scratch";
import { gumbelColumns, gumbelRows, stripClasses, stripGroups } from "../../assembly/noise/gumbel";
import { clear, expectIntact, expectNear, expectSame, float, place, setFloat } from "./memory";
import { gumbel, TAILS, word } from "./reference";
import { gumbel as fillGumbel } from "./tasks";
import { NOISE } from "./tolerance";

const SEED: u64 = 0xfedcba9876543210;
/** The rows of a fill cross 2^32. */
const ROW: u64 = 0xfffffffe;
/** The high half of a row number must not change inside one call of gumbelRows or gumbelColumns. */
const WITHIN: u64 = 0x4ffffff00;

function near(label: string, i: i32, got: f32, x: u32): void {
  const exact = gumbel(x);
  expectNear(label, i, <f64>got, exact, NOISE * max(1.0, abs(exact)));
}

/** The noise of every address against its scalar word; of rows that cross 2^32 `before` rows on. */
function expectAddresses(outer: i32, classes: i32, inner: i32, lead: i32, before: u64): void {
  clear();
  const n = outer * classes * inner;
  const row = 0x500000000 - before;
  const scratch = place(<i32>SCRATCH_BYTES >> 2);
  const out = place(n, 1);
  fillGumbel(out, scratch, outer, classes, inner, row, 5, lead, <i32>SEED, <i32>(SEED >> 32), 0, 0, 1);
  const label = `[${outer}, ${classes}, ${inner}], lead ${lead}, 2^32 after ${before}`;
  for (let i = 0; i < n; i++) {
    const r = (i / (classes * inner)) * inner + (i % inner);
    near(label, i, float(out, i), word(SEED, row + r, 20 + lead + (i / inner) % classes, 0));
  }
  expectIntact(label, out, n);
}

/** Noise of `rows` rows, class by class, out of gumbelRows one block at a time. */
function oneByOne(out: usize, rows: i32, classes: i32, firstClass: i32): void {
  const keys = place(<i32>SCRATCH_BYTES >> 2);
  const block = place(16);
  keySchedule(keys, <i32>SEED, <i32>(SEED >> 32), 0);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < classes; c++) {
      gumbelRows(block, keys, 1, 1, ROW + r, (firstClass + c) >> 2);
      setFloat(out, r * classes + c, float(block, (firstClass + c) & 3));
    }
  }
}

/** loc + scale*g over [outer, classes, inner] against the noise of each address. */
function expectFill(outer: i32, classes: i32, inner: i32, lead: i32, loc: f64, scale: f64): void {
  clear();
  const n = outer * classes * inner;
  const scratch = place(<i32>SCRATCH_BYTES >> 2);
  const out = place(n, 1);
  const noise = place(n);
  const expected = place(n);
  oneByOne(noise, outer * inner, classes, 20 + lead);
  for (let r = 0; r < outer * inner; r++) {
    for (let c = 0; c < classes; c++) {
      const at = ((r / inner) * classes + c) * inner + (r % inner);
      setFloat(expected, at, <f32>(loc + scale * <f64>float(noise, r * classes + c)));
    }
  }
  fillGumbel(out, scratch, outer, classes, inner, ROW, 5, lead, <i32>SEED, <i32>(SEED >> 32), 0, loc, scale);
  const label = `[${outer}, ${classes}, ${inner}], lead ${lead}`;
  expectSame(label, out, expected, n);
  expectIntact(label, out, n);
  expectIntact("scratch: " + label, scratch, <i32>SCRATCH_BYTES >> 2);
}

describe("gumbel", () => {
  test("rows and columns have the noise of their addresses", () => {
    for (let rows = 1; rows <= 9; rows++) {
      for (let blocks = 1; blocks <= 5; blocks++) {
        clear();
        const groups = (rows + 3) >> 2;
        const keys = place(<i32>SCRATCH_BYTES >> 2);
        const side = place((rows * blocks + 3) * 4);
        const columns = place(groups * blocks * 16);
        keySchedule(keys, <i32>SEED, <i32>(SEED >> 32), 0);
        gumbelRows(side, keys, rows, blocks, WITHIN, 3);
        gumbelColumns(columns, keys, groups, blocks * 4 - 1, WITHIN, 3);
        for (let r = 0; r < rows; r++) {
          for (let c = 0; c < blocks * 4 - 1; c++) {
            const g = side + (<usize>(r * blocks * 4 + c) << 2);
            near("row", r, load<f32>(g), word(SEED, WITHIN + r, 12 + c, 0));
            expectSame("column", columns + (<usize>((c * groups + (r >> 2)) * 4 + (r & 3)) << 2), g, 1);
          }
        }
        expectIntact("rows", side, (rows * blocks + 3) * 4);
        expectIntact("columns", columns, groups * blocks * 16);
      }
    }
  });

  test("rows of every length", () => {
    for (let i = 0; i < TAILS.length; i++) {
      for (let lead = 0; lead < 4; lead++) expectFill(3, TAILS[i], 1, lead, 0, 1);
    }
    expectFill(1, CHUNK, 1, 0, 0, 1);
    expectFill(2, CHUNK, 1, 1, 0, 1);
    expectFill(200, 3, 1, 2, 0, 1);
    expectFill(1, 2 * CHUNK + 3, 1, 3, 0, 1);
  });

  test("columns of every length and width", () => {
    for (let i = 0; i < TAILS.length; i++) {
      expectFill(1, TAILS[i], 5, i & 3, 0, 1);
      expectFill(2, 7, TAILS[i], i & 3, 0, 1);
      expectFill(1, TAILS[i], 2, 3, 0, 1);
    }
  });

  test("rows that cross 2^32 in one call", () => {
    for (let before: u64 = 1; before <= 9; before++) {
      expectAddresses(10, 3, 1, 1, before);
      expectAddresses(10, 40, 1, 3, before);
      expectAddresses(2, 9, 5, 2, before);
      expectAddresses(1, 5, 10, 0, before);
    }
    expectAddresses(3, 600, 1, 2, 1);
    expectAddresses(200, 3, 1, 0, 150);
    expectAddresses(1, 70, 150, 1, 77);
  });

  test("loc and scale, rounded once", () => {
    expectFill(2, 9, 1, 1, -3.25, 0.1);
    expectFill(2, 9, 6, 1, -3.25, 0.1);
    expectFill(2, 9, 1, 0, 5, 0);
    expectFill(1, 9, 3, 0, 1e30, -2);
  });

  test("a strip fits the chunk and always moves on", () => {
    for (let width = 1; width < 600; width++) {
      for (let classes = 1; classes < 100; classes++) {
        const groups = stripGroups(width, classes);
        const reach = stripClasses(groups);
        if (groups < 1 || reach < 4 || reach & 3 || groups * 4 * reach > CHUNK) {
          expect<i32>(groups).toBe(reach, `groups and classes of a strip, width ${width}, ${classes} classes`);
        }
      }
    }
    expect<i32>(stripGroups(1000, 4)).toBe(32);
    expect<i32>(stripClasses(32)).toBe(4);
  });
});
