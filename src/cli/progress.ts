// One line on a terminal's standard error while long work goes on: rows done, their share if the end is known, rows per second.

const BEFORE = 500;
const BETWEEN = 100;
const WIDTH = 24;

export class Progress {
  #stream: { write(text: string): unknown };
  #now: () => number;
  #started: number;
  #next: number;
  #shown = false;

  /** Nothing is shown in the first half second. `now` in milliseconds. */
  constructor(stream: { write(text: string): unknown }, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
    this.#started = now();
    this.#next = this.#started + BEFORE;
  }

  update(rows: number, fraction: number | undefined): void {
    const now = this.#now();
    if (now < this.#next) return;
    this.#next = now + BETWEEN;
    this.#shown = true;
    const rate = Math.round((rows / (now - this.#started)) * 1000);
    const done = `${rows.toLocaleString("en")} rows, ${rate.toLocaleString("en")} rows/s`;
    this.#stream.write(`\r${fraction === undefined ? "" : `${bar(Math.min(1, fraction))} `}${done}\x1b[K`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#shown) this.#stream.write("\r\x1b[K");
    this.#shown = false;
  }
}

function bar(fraction: number): string {
  const full = Math.round(fraction * WIDTH);
  const percent = `${Math.floor(fraction * 100)}%`.padStart(4);
  return `[${"#".repeat(full)}${"-".repeat(WIDTH - full)}]${percent}`;
}
