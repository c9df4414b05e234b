// Two plots as SVG text: curves over epochs, and rows of digits.

import { DOTS, PIXELS } from "./data.js";

const SIDE = 8;
const TICKS = 6;
const CUT = 1.6;
const DASHES = 'stroke-dasharray="5 4"';
const FONT = 'font-family="system-ui, sans-serif" font-size="13"';

/**
 * Losses are cut off above CUT times the lowest, so that the curves can be told apart at their ends.
 *
 * @param curves [{ label, colour, solid, dashed }], the last two with one value for each epoch
 */
export function plotCurves(curves, { title, yLabel, solidLabel, dashedLabel }) {
  const [width, height, left, right, above, below] = [760, 460, 64, 16, 44, 52];
  const epochs = curves[0].solid.length;
  const values = curves.flatMap(({ solid, dashed }) => [...solid, ...dashed]);
  const lowest = Math.min(...values);
  const top = CUT * lowest;
  const yStep = niceStep((top - lowest) / TICKS);
  const [low, high] = [Math.floor(lowest / yStep) * yStep, Math.ceil(top / yStep) * yStep];
  const xStep = niceStep(epochs / TICKS);
  const x = (epoch) => left + ((width - left - right) * epoch) / epochs;
  const y = (value) => above + ((height - above - below) * (high - value)) / (high - low);

  const grid = steps(low, high, yStep).map(
    (value) =>
      `<path d="M${left} ${fixed(y(value))}H${width - right}" stroke="#ddd"/>` +
      text(left - 8, y(value) + 4, value, 'text-anchor="end"'),
  );
  const ticks = steps(0, epochs, xStep).map(
    (epoch) =>
      `<path d="M${fixed(x(epoch))} ${height - below}v5" stroke="#333"/>` +
      text(x(epoch), height - below + 20, epoch, 'text-anchor="middle"'),
  );
  const axes = `<path d="M${left} ${above}V${height - below}H${width - right}" fill="none" stroke="#333"/>`;
  const names = [
    text(left, 24, title, 'font-size="16" font-weight="600"'),
    text((left + width - right) / 2, height - 12, "epoch", 'text-anchor="middle"'),
    text(0, 0, yLabel, `text-anchor="middle" transform="translate(18 ${(above + height - below) / 2}) rotate(-90)"`),
  ];
  const line = (series, colour, style) => {
    const points = series.flatMap((value, i) => (value <= top ? [`${fixed(x(i + 1))} ${fixed(y(value))}`] : []));
    if (points.length === 0) return "";
    return `<path d="M${points.join("L")}" fill="none" stroke="${colour}" stroke-width="1.8" ${style}/>`;
  };
  const lines = curves.flatMap(({ colour, solid, dashed }) => [
    line(dashed, colour, `${DASHES} stroke-opacity="0.6"`),
    line(solid, colour, ""),
    `<circle cx="${fixed(x(epochs))}" cy="${fixed(y(solid[epochs - 1]))}" r="3.5" fill="${colour}"/>`,
  ]);
  const key = [
    ...curves.map(({ label, colour }) => ({ label, colour, style: 'stroke-width="3"' })),
    { label: solidLabel, colour: "#333", style: 'stroke-width="1.8"' },
    { label: dashedLabel, colour: "#333", style: `stroke-width="1.8" ${DASHES}` },
  ];
  const legend = key.map(({ label, colour, style }, i) => {
    const [at, down] = [width - right - 250, above + 18 + 20 * i];
    return `<path d="M${at} ${down - 4}h28" stroke="${colour}" ${style}/>${text(at + 38, down, label)}`;
  });
  return svg(width, height, title, [...grid, ...ticks, axes, ...names, ...lines, ...legend]);
}

/** @param rows [{ label, pixels }], as many digits in each */
export function plotDigits(rows, { title }) {
  const [left, above, cell, gap] = [190, 44, 6, 10];
  const tile = SIDE * cell + gap;
  const digits = rows[0].pixels.length / PIXELS;
  const labels = rows.map(({ label }, r) => text(16, above + r * tile + (SIDE * cell) / 2 + 5, label));
  const inks = Array.from({ length: DOTS + 1 }, () => ""); // the cells of each grey, one path for all
  rows.forEach(({ pixels }, r) => {
    pixels.forEach((count, i) => {
      const [digit, row, column] = [Math.floor(i / PIXELS), Math.floor((i % PIXELS) / SIDE), i % SIDE];
      const at = `${left + digit * tile + column * cell} ${above + r * tile + row * cell}`;
      inks[Math.round(count)] += `M${at}h${cell}v${cell}h-${cell}z`;
    });
  });
  const paths = inks.map((path, level) => {
    const grey = Math.round(245 * (1 - level / DOTS));
    return `<path fill="rgb(${grey},${grey},${grey})" d="${path}"/>`;
  });
  const [width, height] = [left + digits * tile + 6, above + rows.length * tile + 6];
  const heading = text(16, 24, title, 'font-size="16" font-weight="600"');
  return svg(width, height, title, [heading, ...labels, `<g shape-rendering="crispEdges">${paths.join("\n")}</g>`]);
}

function svg(width, height, title, parts) {
  const box = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" ${box} ${FONT} fill="#333">`,
    `<title>${escaped(title)}</title>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...parts,
    "</svg>",
  ];
  return `${lines.join("\n")}\n`;
}

function text(x, y, words, style = "") {
  return `<text x="${fixed(x)}" y="${fixed(y)}" ${style}>${escaped(String(words))}</text>`;
}

function escaped(words) {
  return words.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}

/** 1, 2 or 5 times a power of ten from 1 on, the first that is not below `least`. */
function niceStep(least) {
  let power = 1;
  while (5 * power < least) power *= 10;
  return [power, 2 * power, 5 * power].find((step) => step >= least);
}

function steps(from, to, step) {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

function fixed(value) {
  return value.toFixed(1);
}
