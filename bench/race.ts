// The race: cases in rounds, in each of which every competitor has its turn; the order is rotated from round to round.

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

/** What a competitor has shown in one case. */
interface Turn {
  readonly child: Child;
  spent: number;
  nan: number;
  infinite: number;
  memory: number;
  unsupported?: string;
  readonly rounds: number[][];
}

/**
 * The timing of each case by those of the children that can do it. Cases that are compared with each other belong into one
 * race: each has its turn in every round, because a machine is not as fast at the end of a race as at its beginning.
 */
export async function race(
  children: readonly Child[],
  cases: readonly Case[],
  files: Files,
  plan: Plan,
): Promise<Raced[]> {
  const turns = cases.map(() =>
    children.map((child): Turn => ({ child, spent: 0, nan: 0, infinite: 0, memory: 0, rounds: [] })),
  );
  for (let round = 0; round < plan.rounds; round++) {
    for (const [n, work] of cases.entries()) {
      for (let at = 0; at < children.length; at++) {
        const turn = turns[n]![(at + round) % children.length]!;
        turn.rounds[round] = await take(turn, work, files, plan);
      }
    }
  }
  return cases.map((work, n) => raced(work, turns[n]!));
}

/** A round of one competitor: its samples, none if it does not take part. */
async function take(turn: Turn, work: Case, files: Files, { warmup, samples, ns }: Plan): Promise<number[]> {
  if (turn.spent > CASE_BUDGET_MS || turn.unsupported !== undefined) return [];
  const { operation, shape, logits } = work;
  const paths = { logits: files.logits(shape, logits), cotangent: files.cotangent(shape) };
  const start = performance.now();
  const answer = await turn.child
    .ask({ operation, ...shape, ...paths, tau: TAU, warmup, samples, ns })
    .catch((error: Error) => ({ unsupported: error.message }));
  turn.spent += performance.now() - start;
  if (answer.unsupported !== undefined) {
    turn.unsupported = answer.unsupported;
    return [];
  }
  turn.nan += answer.nan;
  turn.infinite += answer.infinite;
  // That of the first round: later ones find it as the largest of the cases before them has left it.
  turn.memory ||= answer.memory ?? 0;
  return thin(answer.samples, SAMPLES_KEPT).map((time) => round4(time / elements(shape)));
}

function raced(work: Case, turns: readonly Turn[]): Raced {
  const timings: Raced["timings"] = {};
  const unsupported: Raced["unsupported"] = {};
  for (const { child, rounds, nan, infinite, memory, unsupported: reason } of turns) {
    if (reason !== undefined) unsupported[child.id] = reason;
    // One that ended in a later round has the rounds before it.
    if (rounds.every((samples) => samples.length === 0)) continue;
    const timing: Timing & { memory?: number } = { ...rounded(summary(rounds.flat())), rounds };
    if (nan > 0) timing.nan = nan;
    if (infinite > 0) timing.infinite = infinite;
    if (memory > 0) timing.memory = memory;
    timings[child.id] = timing;
  }
  return { ...work, timings, unsupported };
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
