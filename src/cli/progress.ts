// One line on a terminal's standard error while long work goes on: rows done, rows per second, and, if the end is known, their share and
// the time that is left.

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
    const known = fraction !== undefined && fraction > 0 ? Math.min(1, fraction) : undefined;
    const left = known === undefined ? "" : `, ETA ${clock(((now - this.#started) * (1 - known)) / known / 1000)}`;
    this.#stream.write(`\r${known === undefined ? "" : `${bar(known)} `}${done}${left}\x1b[K`);
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

/** "0:06", "12:30" or "1:00:00" */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const parts = hours > 0 ? [String(hours), String(minutes).padStart(2, "0")] : [String(minutes)];
  return [...parts, String(whole % 60).padStart(2, "0")].join(":");
}
