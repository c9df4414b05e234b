// The plots, as SVG written by hand: legible on light ground and on dark.

import { elements, LARGE, label } from "../cases.ts";
import { OURS } from "../competitors.ts";
import type { Result } from "../result.ts";
import { digits, raced } from "./view.ts";

const STYLE = `<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.ours { fill: #0a7d5a; stroke: #0a7d5a }
.theirs { fill: #8c959f; stroke: #8c959f }
.line { fill: none; stroke-width: 2 }
.grid { stroke: #8c959f; stroke-opacity: .35 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .ours { fill: #3fb98f; stroke: #3fb98f } }
</style>`;

const BAR = 18;
const PANEL = 490;
const NAMES = 270;
const VALUES = 50;

/** A panel for each large shape: a bar for each competitor, the fastest first. */
export function bars(result: Result): string {
  const cases = LARGE.flatMap((shape) => raced(result, "soft", shape) ?? []);
  const rows = Math.max(0, ...cases.map(({ timings }) => Object.keys(timings).length));
  const height = 40 + rows * BAR;
  const panels = cases.map(({ shape, timings }, at) => {
    const sorted = Object.entries(timings).sort(([, a], [, b]) => a.median - b.median);
    const most = Math.max(...sorted.map(([, { median }]) => median));
    const lines = sorted.map(([id, { median }], row) => {
      const y = 30 + row * BAR;
      const width = ((PANEL - NAMES - VALUES) * median) / most;
      const name = result.competitors.find((one) => one.id === id)?.name ?? id;
      const whose = result.competitors.find((one) => one.id === id)?.versions["gumbel-softmax"] ? "ours" : "theirs";
      return (
        `<text x="${NAMES - 6}" y="${y + 12}" text-anchor="end">${escaped(name)}</text>` +
        `<rect class="${whose}" x="${NAMES}" y="${y + 2}" width="${width.toFixed(1)}" height="${BAR - 6}"/>` +
        `<text x="${(NAMES + width + 5).toFixed(1)}" y="${y + 12}">${digits(median)}</text>`
      );
    });
    const [x, y] = [(at % 2) * PANEL, Math.floor(at / 2) * height];
    const title = `<text class="title" x="${NAMES}" y="20" text-anchor="middle">soft sample ${label(shape)}, ns per element</text>`;
    return `<g transform="translate(${x} ${y})">${title}\n${lines.join("\n")}</g>`;
  });
  return svg(2 * PANEL, Math.ceil(cases.length / 2) * height, panels);
}

const WIDTH = 640;
const HEIGHT = 320;
const MARGIN = { left: 50, right: 150, top: 30, bottom: 40 };

/** Nanoseconds per element over the number of elements, a power of two at each point. */
export function curves(result: Result): string {
  const { growth } = result;
  const ids = Object.keys(growth[0]?.timings ?? {});
  const exponents = growth.map(({ shape }) => Math.log2(elements(shape)));
  const [first, last] = [Math.min(...exponents), Math.max(...exponents)];
  const most = Math.max(...growth.flatMap(({ timings }) => Object.values(timings).map(({ median }) => median)));
  const step = [1, 2, 5, 10, 20, 50, 100].find((step) => most / step <= 6) ?? 200;
  const top = Math.ceil(most / step) * step;
  const x = (exponent: number): number =>
    MARGIN.left + ((WIDTH - MARGIN.left - MARGIN.right) * (exponent - first)) / Math.max(1, last - first);
  const y = (ns: number): number => HEIGHT - MARGIN.bottom - ((HEIGHT - MARGIN.top - MARGIN.bottom) * ns) / top;

  const parts = [`<text class="title" x="${MARGIN.left}" y="18">soft sample of [R,32], ns per element</text>`];
  for (let ns = 0; ns <= top; ns += step) {
    const at = y(ns).toFixed(1);
    parts.push(`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}"/>`);
    parts.push(`<text x="${MARGIN.left - 6}" y="${(y(ns) + 4).toFixed(1)}" text-anchor="end">${ns}</text>`);
  }
  for (const exponent of exponents.filter((exponent) => exponent % 3 === 0)) {
    const at = `x="${x(exponent).toFixed(1)}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="middle"`;
    parts.push(`<text ${at}>2<tspan dy="-5" font-size="9">${exponent}</tspan></text>`);
  }
  parts.push(`<text x="${x((first + last) / 2).toFixed(1)}" y="${HEIGHT - 4}" text-anchor="middle">elements</text>`);
  for (const id of ids) {
    const points = growth.flatMap(({ shape, timings }) => {
      const found = timings[id];
      return found ? [`${x(Math.log2(elements(shape))).toFixed(1)},${y(found.median).toFixed(1)}`] : [];
    });
    const end = growth.at(-1)!.timings[id]?.median ?? 0;
    const name = result.competitors.find((one) => one.id === id)?.name ?? id;
    parts.push(
      `<polyline class="line ${id === OURS ? "ours" : "theirs"}" style="fill: none" points="${points.join(" ")}"/>`,
    );
    parts.push(`<text x="${WIDTH - MARGIN.right + 8}" y="${(y(end) + 4).toFixed(1)}">${escaped(name)}</text>`);
  }
  return svg(WIDTH, HEIGHT, parts);
}

function svg(width: number, height: number, parts: readonly string[]): string {
  const box = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${box}>\n${STYLE}\n${parts.join("\n")}\n</svg>\n`;
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}
