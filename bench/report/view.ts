// Ways into a result, and how numbers are written.

import { label, type Operation, type Shape } from "../cases.ts";
import type { Raced, Result, Timing } from "../result.ts";
import type { Summary } from "../statistics.ts";

export function raced(
  result: Result,
  operation: Operation,
  shape: Shape,
  logits: Raced["logits"] = "flat",
): Raced | undefined {
  return result.race.find(
    (one) => one.operation === operation && label(one.shape) === label(shape) && one.logits === logits,
  );
}

/** Three digits, without an exponent. */
export function digits(value: number): string {
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
}

/** The median, marked where the last results had values that are no numbers. */
export function timing(one: Timing | undefined): string {
  if (one === undefined) return "–";
  return `${digits(one.median)}${one.nan || one.infinite ? " †" : ""}`;
}

export function spread({ median, lower, upper }: Summary): string {
  return `${digits(median)} (${digits(lower)}–${digits(upper)})`;
}

/** How the shape and the logits of a case are called. */
export function work({ shape, logits }: Pick<Raced, "shape" | "logits">): string {
  return `${label(shape)}${shape.inner > 1 ? ", dim 1" : ""}${logits === "language" ? ", language model" : ""}`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Where, on what and how it was measured. */
export function about({ machine, settings, competitors }: Result): string {
  const { cpu, cores, memory, os, arch } = machine;
  const node = competitors.find(({ versions }) => versions.node !== undefined)?.versions.node ?? "";
  return (
    `${cpu}, ${cores} cores, ${memory}, ${os} ${arch}, Node ${node}; tau = ${settings.tau}; ` +
    `medians of ${settings.rounds} rounds, in each of which every competitor has its turn`
  );
}
