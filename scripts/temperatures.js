// Draws docs/images/temperatures.svg: three samples of one row of logits, each at three temperatures, from the built library.
// A column of the grid has one seed, hence one noise: only the temperature changes from row to row.
//
// Usage: node scripts/temperatures.js, after a build; with --check it writes nothing and fails if the picture is not the one drawn.
import { readFileSync, writeFileSync } from "node:fs";
import { loadSync } from "gumbel-softmax";

const PICTURE = new URL("../docs/images/temperatures.svg", import.meta.url);
const LOGITS = [1.6, 0.9, 0.4, 0, -0.6];
const SEEDS = [8, 19, 10];
const TAUS = [0.1, 1, 10];

const BAR = 22;
const GAP = 6;
const PANEL = { width: LOGITS.length * (BAR + GAP) - GAP, height: 64 };
const APART = { x: 46, y: 22 };
const LEFT = 84;
const TOP = 44;

const TITLE = "Three samples, each at three temperatures";

// Colours with enough contrast on white and on GitHub's dark grey; text follows the reader's scheme.
const STYLE = `<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.bar { fill: #0a7d5a }
.axis { stroke: #8c959f }
.softmax { stroke: #bc4c00; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .bar { fill: #3fb98f } .softmax { stroke: #f0883e } }
</style>`;

function draw() {
  const gs = loadSync();
  const probabilities = gs.softmax(LOGITS).data;
  const columns = SEEDS.map((_, column) => {
    const { x } = place(column, 0);
    return `<text class="title" x="${x + PANEL.width / 2}" y="${TOP - 16}" text-anchor="middle">sample ${column + 1}</text>`;
  });
  const rows = TAUS.flatMap((tau, row) => {
    const { y } = place(0, row);
    const label = `<text class="title" x="4" y="${y + PANEL.height / 2 + 4}">τ = ${tau}</text>`;
    return [label, ...SEEDS.map((seed, column) => panel(gs.gumbelSoftmax(LOGITS, { tau, seed }).data, column, row))];
  });
  const width = LEFT + SEEDS.length * (PANEL.width + APART.x) - APART.x + 2;
  const bottom = TOP + TAUS.length * (PANEL.height + APART.y) - APART.y;
  const legend =
    `<line class="softmax" x1="${LEFT}" x2="${LEFT + BAR}" y1="${bottom + 26}" y2="${bottom + 26}"/>` +
    `<text x="${LEFT + BAR + 8}" y="${bottom + 30}">softmax of the logits: how often each class wins</text>`;
  gs.close();
  const box = `width="${width}" height="${bottom + 40}" viewBox="0 0 ${width} ${bottom + 40}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${box}>\n<title>${TITLE}</title>\n${STYLE}\n${[...columns, ...rows, legend].join("\n")}\n</svg>\n`;

  function panel(sample, column, row) {
    const { x, y } = place(column, row);
    const base = y + PANEL.height;
    const bars = Array.from(sample, (value, i) => {
      const height = value * PANEL.height;
      return `<rect class="bar" x="${x + i * (BAR + GAP)}" y="${(base - height).toFixed(1)}" width="${BAR}" height="${height.toFixed(1)}"/>`;
    });
    const marks = Array.from(probabilities, (value, i) => {
      const at = (base - value * PANEL.height).toFixed(1);
      const left = x + i * (BAR + GAP);
      return `<line class="softmax" x1="${left}" x2="${left + BAR}" y1="${at}" y2="${at}"/>`;
    });
    const axis = `<line class="axis" x1="${x}" x2="${x + PANEL.width}" y1="${base}" y2="${base}"/>`;
    return [...bars, axis, ...marks].join("");
  }
}

function place(column, row) {
  return { x: LEFT + column * (PANEL.width + APART.x), y: TOP + row * (PANEL.height + APART.y) };
}

const picture = draw();
if (!process.argv.includes("--check")) writeFileSync(PICTURE, picture);
else if (readFileSync(PICTURE, "utf8") !== picture) {
  console.error("docs/images/temperatures.svg: expected what node scripts/temperatures.js draws, got another picture");
  process.exitCode = 1;
}
