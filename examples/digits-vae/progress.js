// How far the training is, on standard error: a bar that moves on a terminal, elsewhere a line now and then.

import process from "node:process";

const WIDTH = 30;
const LINES = 10; // in all, where there is no terminal

/** A function to call after each of `total` steps, with a few words on it. */
export function progress(total) {
  const { stderr } = process;
  let done = 0;
  return (words) => {
    done++;
    const share = done / total;
    if (stderr.isTTY) {
      const full = Math.round(WIDTH * share);
      const bar = "█".repeat(full) + "░".repeat(WIDTH - full);
      stderr.write(`\r\x1b[2K${bar} ${words}${done === total ? "\n" : ""}`);
    } else if (Math.floor(share * LINES) > Math.floor(((done - 1) / total) * LINES)) {
      stderr.write(`${String(Math.round(100 * share)).padStart(3)} % ${words}\n`);
    }
  };
}
