// The texts of --help.

import { CALLS } from "../verify/digest.ts";
import { belongs, COMMANDS, type Command, OPTIONS, type OptionName } from "./options.ts";

const EXAMPLES: Record<Command, string[]> = {
  sample: [
    "gumbel-softmax sample --tau 0.5 --seed 44 logits.npy --out samples.npy",
    "gumbel-softmax sample --hard -n 100 --seed 44 logits.csv > draws.csv",
    "echo '[2.0, 0.5, -1.0]' | gumbel-softmax sample --indices",
  ],
  softmax: [
    "gumbel-softmax softmax logits.npy --format csv | head",
    "gumbel-softmax softmax logits.csv.gz --columns a,b,c -o probabilities.csv",
    "gumbel-softmax softmax --log --tau 2 logits.jsonl --out log-probabilities.npy",
  ],
  noise: ["gumbel-softmax noise --shape 3,4 --seed 44", "gumbel-softmax noise --scale 0.5 logits.npy --out noise.npy"],
  argmax: [
    "gumbel-softmax argmax logits.csv",
    "gumbel-softmax argmax model.npz --array logits -o classes.json",
    "gumbel-softmax argmax --dim 0 logits.npy --format csv",
  ],
  verify: ["gumbel-softmax verify", "gumbel-softmax verify --threads auto"],
};

const FORMATS = `Formats:
  .npy    f2, f4, f8, i1 to i8, u1 to u8, bool of any rank; f4 is written, i4 for class numbers
  .npz    --array NAME of several; read only
  .csv    one row of numbers per line, .tsv with tabs; a header is found and kept; -inf masks a class
  .jsonl  one array of numbers per line, or {"logits": [...]}; "-inf" masks a class
  .json   one array of arrays
  Any of them with .gz is compressed.`;

/** The usage of a command, more about it, and the text after its options. */
const WORK = ["[OPTIONS] [FILE]", "Without FILE, or with -, standard input is read.", `${FORMATS}\n\n`];
const VERIFY = [
  "[OPTIONS]",
  `Digests the output of ${CALLS.length} fixed groups of calls.\nExit code 0: the same bits, 1: different bits.`,
  "",
];

export function help(command: Command | undefined): string {
  return command === undefined ? general() : special(command);
}

function general(): string {
  const commands = Object.entries(COMMANDS).map(([name, text]) => `  ${name.padEnd(9)}${text}`);
  const examples = Object.values(EXAMPLES).map(([first]) => `  ${first}`);
  return `Usage: gumbel-softmax COMMAND [OPTIONS] [FILE]

Samples logits from FILE, or from standard input, with Gumbel-Softmax.

Commands:
${commands.join("\n")}

gumbel-softmax COMMAND --help tells a command's options.

${FORMATS}

Examples:
${examples.join("\n")}
`;
}

function special(command: Command): string {
  const names = (Object.keys(OPTIONS) as OptionName[]).filter((name) => belongs(name, command));
  const labels = names.map((name) => {
    const { short, value } = OPTIONS[name];
    return `${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}`;
  });
  const width = Math.max(...labels.map((label) => label.length)) + 2;
  const options = names.map((name, index) => `  ${labels[index]!.padEnd(width)}${OPTIONS[name].help}`);
  const [usage, about, formats] = command === "verify" ? VERIFY : WORK;
  return `Usage: gumbel-softmax ${command} ${usage}

${command}: ${COMMANDS[command]}. ${about}

Options:
${options.join("\n")}

${formats}Examples:
${EXAMPLES[command].map((example) => `  ${example}`).join("\n")}
`;
}
