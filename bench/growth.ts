// Soft samples over ever more rows: nanoseconds per element, and bytes of the module's memory.

import { type Case, GROWTH } from "./cases.ts";
import { Child } from "./child.ts";
import { COMPETITORS, OURS } from "./competitors.ts";
import type { Files } from "./files.ts";
import { line, type Plan, race } from "./race.ts";
import type { Grown } from "./result.ts";

const GROWING = [OURS, "plain"];

/** In processes of their own, so that no earlier case has grown a memory. */
export async function growth(files: Files, plan: Plan, mostRows: number): Promise<Grown[]> {
  const started = await Promise.all(COMPETITORS.filter(({ id }) => GROWING.includes(id)).map(Child.start));
  const children = started.filter((child) => child instanceof Child);
  const cases = GROWTH.filter(({ rows }) => rows <= mostRows).map(
    (shape): Case => ({ operation: "soft", shape, logits: "flat" }),
  );
  const raced = await race(children, cases, files, plan);
  for (const child of children) await child.end();
  for (const each of raced) console.log(line(each));
  return raced.map(({ shape, timings }) => ({ shape, timings }));
}
