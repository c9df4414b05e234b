// What was to be reached: each is a ratio of two times of the same work in the same round, by its median over the rounds.

import {
  CASES,
  elements,
  GROWTH,
  LARGE,
  label,
  type Operation,
  SHAPES,
  type Shape,
  SMALL,
  VOCABULARIES,
} from "../cases.ts";
import { OURS } from "../competitors.ts";
import type { Result } from "../result.ts";
import { ratio, type Summary } from "../statistics.ts";
import { raced } from "./view.ts";

/** How often the time of `to` fits into that of `of`. */
interface Target {
  readonly what: string;
  readonly operation: Operation;
  readonly of: string;
  readonly to: string;
  readonly shapes: readonly Shape[];
  /** At least, or at most, this much; at some shapes another figure. */
  readonly least?: number;
  readonly most?: number;
  readonly except?: Readonly<Record<string, number>>;
}

export interface Reached {
  readonly target: Target;
  /** By the label of the shape; nothing where one of the two was not there. */
  readonly ratios: Readonly<Record<string, Summary>>;
  readonly met: Readonly<Record<string, boolean>>;
}

const VOCABULARY = "[1,128256]";
const THREE = LARGE.slice(0, 3);

function faster(
  operation: Operation,
  rival: string,
  what: string,
  least: number,
  shapes: readonly Shape[] = LARGE,
  except: Target["except"] = {},
): Target {
  return { what: `against ${what}`, operation, of: rival, to: OURS, shapes, least, except };
}

/** What the kernels may take of the time of the same arithmetic in C. Few classes pay for rows that are no whole vectors. */
const FEW = { "[32768,32]": 1.4, "[65536,10]": 1.4 };
const AGAINST_C: Partial<Record<Operation, { most: number; except?: Readonly<Record<string, number>> }>> = {
  soft: { most: 1.25, except: FEW },
  softmax: { most: 1.25, except: FEW },
  hard: { most: 1.15 },
  categorical: { most: 1.15 },
};

const SAMPLES: readonly Operation[] = ["soft", "hard", "hardBackward"];

const TARGETS: readonly Target[] = [
  ...SAMPLES.map((operation) => faster(operation, "torch-eager", "PyTorch eager", 5)),
  faster("soft", "torch-compile", "torch.compile", 2.5),
  faster("soft", "torch-by-hand", "PyTorch eager by hand", 1, LARGE, { [VOCABULARY]: 1 / 1.1 }),
  faster("soft", "jax", "JAX under jit", 1.7, THREE),
  faster("soft", "onnx-node", "onnxruntime native", 2),
  faster("soft", "tensorflow", "TensorFlow.js wasm", 5),
  faster("soft", "onnx-web", "onnxruntime-web", 4),
  faster("soft", "jax-js", "jax-js", 7),
  ...Object.entries(AGAINST_C).map(
    ([operation, { most, except }]): Target => ({
      what: "time against that of C with 128-bit vectors",
      operation: operation as Operation,
      of: OURS,
      to: "limit",
      shapes: LARGE,
      most,
      ...(except && { except }),
    }),
  ),
  faster("softmax", "tensorflow", "TensorFlow.js wasm", 1, SHAPES),
  faster("softmax", "onnx-web", "onnxruntime-web", 1, SHAPES),
  ...["tensorflow", "torch-eager"].map((rival) =>
    faster(
      "categorical",
      rival,
      rival === "tensorflow" ? "TensorFlow.js multinomial" : "torch.multinomial",
      1,
      SHAPES,
      {
        [VOCABULARY]: 1 / 1.3,
      },
    ),
  ),
  ...(["noise", "softmax", "soft", "hard", "hardBackward", "categorical"] as const).map((operation) =>
    faster(operation, "plain", "plain TypeScript, a small call", 1, [SMALL]),
  ),
  {
    what: "2 threads against 1",
    operation: "soft",
    of: OURS,
    to: "threads-2",
    shapes: LARGE.filter(({ classes }) => classes === 1024 || classes === 32),
    least: 1.8,
  },
  ...(["noise", "softmax", "soft", "hard", "hardBackward", "categorical"] as const).map(
    (operation): Target => ({
      what: "the caller's arrays against tensors inside the module",
      operation,
      of: OURS,
      to: "resident",
      shapes: LARGE,
      most: 1.15,
    }),
  ),
];

export function reached(result: Result): Reached[] {
  return TARGETS.map((target) => {
    const ratios: Record<string, Summary> = {};
    const met: Record<string, boolean> = {};
    for (const shape of target.shapes) {
      const timings = raced(result, target.operation, shape)?.timings ?? {};
      const { [target.of]: of, [target.to]: to } = timings;
      const found = of && to && ratio(of.rounds, to.rounds);
      if (found === undefined) continue;
      const at = label(shape);
      ratios[at] = found;
      const { least = 0, most = Number.POSITIVE_INFINITY } = target;
      met[at] = found.median >= (target.except?.[at] ?? least) && found.median <= most;
    }
    return { target, ratios, met };
  });
}

/** A target that is no ratio of two competitors on one work. */
export interface Other {
  what: string;
  needed: string;
  measured: Summary;
  met: boolean;
}

const SMALL_CALL_NS = 1500;
const LANGUAGE_SHARE = 0.25;
const GROWTH_WITHIN = 1.25;
const GROWTH_FROM = 2 ** 12;

export function others(result: Result): Other[] {
  const found: Other[] = [];
  for (const shape of VOCABULARIES) {
    const [flat, language] = (["flat", "language"] as const).map((logits) => {
      return raced(result, "categorical", shape, logits)?.timings[OURS];
    });
    const measured = flat && language && ratio(language.rounds, flat.rounds);
    if (measured === undefined) continue;
    const what = `index alone ${label(shape)}, language-model logits: time against that of flat ones`;
    found.push({ what, needed: `at most ${LANGUAGE_SHARE}`, measured, met: measured.median <= LANGUAGE_SHARE });
  }
  for (const { operation } of CASES.filter(({ shape, logits }) => shape === SMALL && logits === "flat")) {
    const small = raced(result, operation, SMALL)?.timings[OURS];
    if (small === undefined || operation === "hardBackward") continue;
    const scale = elements(SMALL);
    const { median, lower, upper } = small;
    const measured = { median: median * scale, lower: lower * scale, upper: upper * scale };
    const what = `${operation} ${label(SMALL)}: nanoseconds a call`;
    found.push({ what, needed: `under ${SMALL_CALL_NS}`, measured, met: measured.median < SMALL_CALL_NS });
  }
  const grown = result.growth.filter(({ shape, timings }) => elements(shape) >= GROWTH_FROM && timings[OURS]);
  if (grown.length === GROWTH.filter((shape) => elements(shape) >= GROWTH_FROM).length) {
    const range = (values: number[]): number => Math.max(...values) / Math.min(...values);
    const exact = (value: number): Summary => ({ median: value, lower: value, upper: value });
    const time = range(grown.map(({ timings }) => timings[OURS]!.median));
    const memory = range(grown.map(({ timings }) => timings[OURS]!.memory ?? 0));
    const from = "2^12 to 2^27 elements";
    found.push({
      what: `growth: largest against smallest time per element, ${from}`,
      needed: `at most ${GROWTH_WITHIN}`,
      measured: exact(time),
      met: time <= GROWTH_WITHIN,
    });
    found.push({
      what: `growth: largest against smallest memory of the module, ${from}`,
      needed: "1",
      measured: exact(memory),
      met: memory === 1,
    });
  }
  return found;
}
