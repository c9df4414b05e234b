// Soft samples over ever more rows: nanoseconds per element, and bytes of the module's memory.

import { GROWTH } from "./cases.ts";
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
  const grown: Grown[] = [];
  for (const shape of GROWTH.filter(({ rows }) => rows <= mostRows)) {
    const raced = await race(children, { operation: "soft", shape, logits: "flat" }, files, plan);
    console.log(line(raced));
    grown.push({ shape, timings: raced.timings });
  }
  for (const child of children) await child.end();
  return grown;
}
