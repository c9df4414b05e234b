// The race: every case in rounds, in each of which every competitor has its turn; the order is rotated from round to round.

import { type Case, elements, label, TAU } from "./cases.ts";
import type { Child } from "./child.ts";
import type { Files } from "./files.ts";
import type { Raced, Timing } from "./result.ts";
import { type Summary, summary, thin } from "./statistics.ts";

export interface Plan {
  rounds: number;
  warmup: number;
  samples: number;
  ns: number;
}

/** A competitor that has used up so much of a case's time sits out the rounds that are left of it. */
const CASE_BUDGET_MS = 20_000;
/** Kept of each round. */
const SAMPLES_KEPT = 15;

/** The timing of one case by each of the children that can do it. */
export async function race(children: readonly Child[], work: Case, files: Files, plan: Plan): Promise<Raced> {
  const { operation, shape, logits } = work;
  const count = elements(shape);
  const turns = children.map((child) => ({
    child,
    spent: 0,
    nan: 0,
    infinite: 0,
    memory: 0,
    rounds: [] as number[][],
  }));
  const unsupported: Record<string, string> = {};
  const { rounds, ...measure } = plan;
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < turns.length; at++) {
      const turn = turns[(at + round) % turns.length]!;
      const { id } = turn.child;
      turn.rounds[round] = [];
      if (turn.spent > CASE_BUDGET_MS || unsupported[id] !== undefined) continue;
      const start = performance.now();
      const paths = { logits: files.logits(shape, logits), cotangent: files.cotangent(shape) };
      const answer = await turn.child
        .ask({ operation, ...shape, ...paths, tau: TAU, ...measure })
        .catch((error: Error) => ({ unsupported: error.message }));
      turn.spent += performance.now() - start;
      if (answer.unsupported !== undefined) {
        unsupported[id] = answer.unsupported;
        continue;
      }
      turn.nan += answer.nan;
      turn.infinite += answer.infinite;
      turn.memory = Math.max(turn.memory, answer.memory ?? 0);
      turn.rounds[round] = thin(answer.samples, SAMPLES_KEPT).map((ns) => round4(ns / count));
    }
  }
  const timings: Raced["timings"] = {};
  for (const { child, rounds, nan, infinite, memory } of turns) {
    if (unsupported[child.id] !== undefined) continue;
    const timing: Timing & { memory?: number } = { ...rounded(summary(rounds.flat())), rounds };
    if (nan > 0) timing.nan = nan;
    if (infinite > 0) timing.infinite = infinite;
    if (memory > 0) timing.memory = memory;
    timings[child.id] = timing;
  }
  return { operation, shape, logits, timings, unsupported };
}

/** One line of a case: the medians. */
export function line({ operation, shape, logits, timings, unsupported }: Raced): string {
  const what = `${operation} ${label(shape)}${logits === "language" ? " language" : ""}`.padEnd(33);
  const medians = Object.entries(timings).map(([id, { median, nan, infinite }]) => {
    return `${id} ${median.toPrecision(3)}${nan || infinite ? ` (${nan ?? 0} NaN, ${infinite ?? 0} infinite)` : ""}`;
  });
  const without = Object.entries(unsupported).map(([id, reason]) => `${id} - (${reason})`);
  return `${what} ${[...medians, ...without].join("  ")}`;
}

/** To four digits: more is noise. */
function round4(value: number): number {
  return Number(value.toPrecision(4));
}

export function rounded({ median, lower, upper }: Summary): Summary {
  return { median: round4(median), lower: round4(lower), upper: round4(upper) };
}
