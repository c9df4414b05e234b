// The largest of many values, in order: partial selection by a binary heap (Williams, "Algorithm 232: Heapsort", CACM 1964).
//
// The heap holds the k best so far with the worst of them at its root, which is the value to beat; most values are passed over
// by one comparison. n values take O(n + k log k log(n/k)) steps in random order, O(n log k) at worst, so k = n is a sort.

/** The k largest values of a row, each with its class; of equal values the lowest class comes first. */
export class Best {
  readonly values: Float32Array;
  readonly classes: Int32Array;
  /** Number of values, at most k; the rest of the row was -Infinity. */
  count = 0;
  /** A value has to be above it to get in. */
  #bar: number = Number.NEGATIVE_INFINITY;

  constructor(k: number) {
    this.values = new Float32Array(k);
    this.classes = new Int32Array(k);
  }

  /** Begins another row. */
  clear(): void {
    this.count = 0;
    this.#bar = Number.NEGATIVE_INFINITY;
  }

  /**
   * Takes in p = z + scale*g of `n` classes from `first` on, in ascending order from call to call; false as soon as one is NaN
   * or Infinity.
   */
  perturbed(
    z: Float32Array,
    zAt: number,
    g: Float32Array,
    gAt: number,
    scale: number,
    n: number,
    first: number,
  ): boolean {
    let bar = this.#bar;
    for (let i = 0, x = zAt, y = gAt; i < n; i++, x++, y++) {
      // Most of a row is passed over, four at a time in half the time. The bar is an f32: what does not exceed it before
      // rounding will not after it.
      while (
        i + 4 <= n &&
        z[x]! + scale * g[y]! <= bar &&
        z[x + 1]! + scale * g[y + 1]! <= bar &&
        z[x + 2]! + scale * g[y + 2]! <= bar &&
        z[x + 3]! + scale * g[y + 3]! <= bar
      ) {
        i += 4;
        x += 4;
        y += 4;
      }
      if (i === n) break;
      const p = Math.fround(z[x]! + scale * g[y]!);
      if (p <= bar) continue;
      if (!(p < Number.POSITIVE_INFINITY)) return false;
      this.#add(p, first + i);
      bar = this.#bar;
    }
    return true;
  }

  /** Takes in values as they are, none of them NaN. */
  plain(values: Float32Array): void {
    let bar = this.#bar;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value <= bar) continue;
      this.#add(value, i);
      bar = this.#bar;
    }
  }

  /** Brings them into order, after which nothing more can be taken in. */
  sort(): void {
    for (let end = this.count - 1; end > 0; end--) {
      const value = this.values[end]!;
      const cls = this.classes[end]!;
      this.#set(end, this.values[0]!, this.classes[0]!);
      this.#sink(value, cls, end);
    }
  }

  #add(value: number, cls: number): void {
    const k = this.values.length;
    if (this.count < k) this.#rise(value, cls, this.count++);
    else this.#sink(value, cls, k);
    if (this.count === k) this.#bar = this.values[0]!;
  }

  //  A new entry at the end of the heap, carried up past those that are better.
  #rise(value: number, cls: number, at: number): void {
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#worse(value, cls, parent)) break;
      this.#set(at, this.values[parent]!, this.classes[parent]!);
      at = parent;
    }
    this.#set(at, value, cls);
  }

  //  An entry in place of the root, carried down past those that are worse, in a heap of `size`.
  #sink(value: number, cls: number, size: number): void {
    const { values, classes } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#worse(values[child + 1]!, classes[child + 1]!, child)) child++;
      if (this.#worse(value, cls, child)) break;
      this.#set(at, values[child]!, classes[child]!);
      at = child;
    }
    this.#set(at, value, cls);
  }

  #worse(value: number, cls: number, at: number): boolean {
    const other = this.values[at]!;
    return value < other || (value === other && cls > this.classes[at]!);
  }

  #set(at: number, value: number, cls: number): void {
    this.values[at] = value;
    this.classes[at] = cls;
  }
}
